"""The playbook over past days: what it would have done, beside what is known today, and nothing sent."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select

from outreach.campaigns.agreements.payment_policies import HowTheyPay, put
from outreach.campaigns.planning.replaying import Contact, Replay, difference, document, replay
from outreach.intake.importing import import_file
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock
from outreach.ledger.commitments import Hold
from outreach.ledger.firings import Firing
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.ledger.touches import Touch
from outreach.rules.pay_runs import PayRuns
from outreach.rules.policy import PolicyError
from tests.campaigns.book import POLICY, Book, at
from tests.campaigns.test_golden import SAMPLE

DUE = date(2026, 11, 3)
FIRST, LAST = date(2026, 11, 2), date(2026, 11, 30)
PAID = date(2026, 11, 24)


@pytest.fixture
def past(book: Book) -> Book:
    """One invoice that was 21 days late, known by a file of today."""
    book.imported(date(2026, 12, 20))
    book.account("A")
    book.invoice("A", "I1", DUE, 1000, invoiced_on=date(2026, 10, 4))
    paid(book, "I1", 1000, PAID)
    return book


def paid(book: Book, number: str, amount: int, on: date) -> None:
    with book.ledger.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        invoice.open_minor -= amount * 100
        row = Application(invoice_id=invoice.id, amount_minor=amount * 100, kind="payment", dated_on=on)
        row.recorded_at = at(date(2026, 12, 20))
        session.add(row)


def told(found: Replay) -> list[tuple[str, str, str, int]]:
    return [(f"{one.day:%m-%d}", one.channel, one.step, one.came) for one in found.contacts]


def test_who_would_have_been_contacted_when_and_what_came_of_it(past: Book) -> None:
    found = replay(past.ledger, FIRST, LAST)
    assert told(found) == [
        ("11-09", "call", "followup_5", 0),  # the 8th is a Sunday
        ("11-09", "email", "followup_5", 0),
        ("11-16", "email", "statement", 100_000),  # the 15th is a Sunday
        ("11-18", "call", "followup_15", 100_000),
        ("11-18", "email", "followup_15", 100_000),
    ]
    assert found.fired == {"followup_5": 1, "statement": 1, "followup_15": 1}
    assert found.contacts[3].reasons == ["I1 is 15 days past due, 1,000.00 USD"]


def test_three_days_lie_between_a_statement_that_duns_and_the_next_letter(past: Book) -> None:
    past.invoice("A", "I2", date(2026, 11, 11), 1000, invoiced_on=date(2026, 10, 12))
    letters = [(f"{one.day:%m-%d}", one.step) for one in replay(past.ledger, FIRST, LAST).contacts[2:]]
    assert ("11-16", "statement") in letters, "with the followup_5 of I2"
    assert [on for on, step in letters if step == "followup_15"][:2] == ["11-18", "11-19"], "call, letter"


def test_a_call_of_the_past_comes_before_the_cut_off_of_their_pay_run(past: Book) -> None:
    with past.ledger.writing() as session:
        how = HowTheyPay(runs=PayRuns.parse("thu"))
        put(session, "A", how, by="ana", now=at(date(2026, 12, 20)))
    call = replay(past.ledger, FIRST, LAST).contacts[3]
    assert call.reasons == [
        "I1 is 15 days past due, 1,000.00 USD",
        "pay run Thursday, cut-off Wednesday noon",
    ]


def test_nothing_is_written_where_it_reads(past: Book) -> None:
    before = past.rows()
    replay(past.ledger, FIRST, LAST)
    assert past.rows() == before
    with past.ledger.reading() as session:
        assert session.scalar(select(func.count()).select_from(Touch)) == 0
        assert session.scalar(select(func.count()).select_from(Firing)) == 0


def test_a_changed_playbook_beside_the_one_in_force(past: Book) -> None:
    changed = replay(past.ledger, FIRST, LAST, document=POLICY + "[cadence]\nfollowup_5 = 8\n")
    found = difference(replay(past.ledger, FIRST, LAST), changed)
    assert found["both"] == 3
    assert {one["date"] for one in found["only_in_force"]} == {"2026-11-09"}
    assert {one["date"] for one in found["only_changed"]} == {"2026-11-12"}  # the 11th is a holiday


def test_a_policy_that_cannot_be_read_is_refused_before_anything_is_copied(past: Book) -> None:
    with pytest.raises(PolicyError):
        replay(past.ledger, FIRST, LAST, document="[organization]\nname = 'M'\n")


def test_holds_hold_on_the_days_on_which_they_held(past: Book) -> None:
    past.hold("I1", "dispute", date(2026, 11, 5), until=None)
    past.change(Hold, Hold.kind == "dispute", ended_on=date(2026, 11, 12))
    assert [one[:2] for one in told(replay(past.ledger, FIRST, LAST))] == [
        ("11-12", "call"),
        ("11-12", "email"),
        ("11-16", "email"),
        ("11-18", "call"),
        ("11-18", "email"),
    ]


def test_a_hold_of_the_whole_account_begins_on_its_day(past: Book) -> None:
    past.change(Account, Account.number == "A", insolvent_on=date(2026, 11, 10))
    assert {one[0] for one in told(replay(past.ledger, FIRST, LAST))} == {"11-09"}


def test_what_bounced_is_asked_for_anew(past: Book) -> None:
    """Paid in time, bounced on the 20th: a new cycle at its true days past due."""
    with past.ledger.writing() as session:
        session.execute(delete(Application))
    paid(past, "I1", 1000, date(2026, 11, 2))
    paid(past, "I1", -1000, date(2026, 11, 20))
    found = replay(past.ledger, FIRST, LAST)
    assert [(f"{one.day:%m-%d}", one.step) for one in found.contacts if one.channel == "call"] == [
        ("11-20", "followup_15")
    ]


def test_what_bounced_after_its_last_step_climbs_again(past: Book) -> None:
    """Paid on the 19th, after `followup_15`; bounced on the 23rd: the step fires for the new cycle."""
    with past.ledger.writing() as session:
        session.execute(delete(Application))
    paid(past, "I1", 1000, date(2026, 11, 19))
    paid(past, "I1", -1000, date(2026, 11, 23))
    found = replay(past.ledger, FIRST, LAST)
    assert [(f"{one.day:%m-%d}", one.step) for one in found.contacts if one.channel == "call"] == [
        ("11-09", "followup_5"),
        ("11-18", "followup_15"),
        ("11-23", "followup_15"),
    ]


def test_a_month_of_the_ibm_sample(ledger: Ledger) -> None:
    """Each contact of a month: its invoice was open then, past due by five days or more, and not disputed."""
    if not SAMPLE.exists():
        pytest.skip("the IBM sample is not at ../shared/data")
    book = Book(ledger)
    last = date(2013, 6, 30)
    import_file(ledger, SAMPLE, clock=WallClock(), actor="test", as_of=last)
    for number in [one.number for one in _accounts(ledger)]:
        book.contact(number, name="Desk", email=f"ap@{number.lower()}.example")
    found = replay(ledger, date(2013, 6, 3), date(2013, 6, 28))
    assert found.contacts
    assert {one.channel for one in found.contacts} == {"email"}  # nobody has a number, and no rep
    for one in found.contacts:
        assert _late(ledger, one), one
    shown = document(found)
    assert sum(day["letters"] for day in shown["days"]) == len(found.contacts)
    assert sum(found.fired.values()) >= len({one.account for one in found.contacts})


def _accounts(ledger: Ledger) -> list[Account]:
    with ledger.reading() as session:
        return list(session.scalars(select(Account)))


def _late(ledger: Ledger, one: Contact) -> bool:
    """Whether something of the account was open and five days past due, by plain loops."""
    with ledger.reading() as session:
        account = session.scalars(select(Account).where(Account.number == one.account)).one()
        for invoice in session.scalars(select(Invoice).where(Invoice.account_id == account.id)):
            rows = session.scalars(select(Application).where(Application.invoice_id == invoice.id)).all()
            left = invoice.gross_minor - sum(row.amount_minor for row in rows if row.dated_on <= one.day)
            known = invoice.invoiced_on <= one.day
            if known and left > 0 and (one.step == "statement" or invoice.due_on <= one.day - timedelta(5)):
                return True
    return False
