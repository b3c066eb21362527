"""The notices of a suspension case as they leave: its days, its invoices, never without it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from outreach.campaigns.suspension import daily, deciding
from outreach.campaigns.suspension.deciding import House
from outreach.ledger.commitments import Hold
from outreach.ledger.destinations import Contact
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.suspensions import SuspensionCase
from outreach.ledger.touches import Touch
from outreach.mail.previewing import EXAMPLE, preview
from outreach.rules.suspension import Event
from tests.mail.post_office import HARBOR, RIDGE, PostOffice
from tests.web.cast import TODAY


def house(office: PostOffice) -> House:
    return House(office.ledger, office.folder / "files", office.clock)


def case_of(office: PostOffice, account_id: int) -> SuspensionCase:
    [case] = office.rows(SuspensionCase, SuspensionCase.account_id == account_id)
    assert isinstance(case, SuspensionCase)
    return case


@pytest.fixture
def approved(office: PostOffice) -> int:
    """The case of Ridgeway, approved today."""
    daily.run(office.ledger, now=office.clock.now())
    case = case_of(office, RIDGE)
    for event, by in ((Event.RECOMMENDED, "ana"), (Event.APPROVED, "sam")):
        deciding.decide(house(office), case.id, event, by=by, reason="no answer")
    return case.id


def fire(office: PostOffice, account_id: int, step: str, case_id: int) -> None:
    """The account's firing and the touch that carries it are of this notice."""
    office.plan(account_id)
    firing = update(Firing).where(Firing.account_id == account_id)
    with office.ledger.writing() as session:
        session.execute(firing.values(step=step, subject=str(case_id), cycle=str(case_id), invoice_id=None))


def test_a_notice_leaves_with_its_case_and_its_delivery_starts_the_clock(
    office: PostOffice, approved: int
) -> None:
    fire(office, RIDGE, "suspension_notice_1", approved)
    assert office.send().sent == 1
    [letter] = office.rows(Letter)
    assert (letter.step, letter.covers) == (
        "suspension_notice_1",
        {str(RIDGE): ["INV-0900", "INV-0950", "INV-0980", "CM-77"]},
    )
    assert letter.subject == "Notice before suspension of service: 15,000.00 USD to be paid"
    office.settle_down()
    daily.hear(office.ledger, now=office.clock.now())
    case = case_of(office, RIDGE)
    assert (case.state, case.day0, case.deadline_on) == ("noticed", TODAY, date(2026, 12, 7))


def test_a_bounce_starts_no_clock(office: PostOffice, approved: int) -> None:
    office.answers(RIDGE, "bounced")
    fire(office, RIDGE, "suspension_notice_1", approved)
    office.send()
    office.settle_down()
    daily.hear(office.ledger, now=office.clock.now())
    assert (case_of(office, RIDGE).state, case_of(office, RIDGE).day0) == ("approved", None)


@pytest.mark.parametrize("step", ["suspension_notice_1", "suspension_notice_2", "suspension_notice_final"])
@pytest.mark.parametrize("state", ["candidate", "recommended", "due", "suspended", "withdrawn"])
def test_no_notice_leaves_without_an_approved_case(
    office: PostOffice, approved: int, step: str, state: str
) -> None:
    with office.ledger.writing() as session:
        session.execute(update(SuspensionCase).values(state=state))
    fire(office, RIDGE, step, approved)
    office.send()
    assert office.rows(Letter) == []
    assert {one.state for one in office.rows(Touch, Touch.channel == "email")} == {"skipped"}


def test_a_notice_goes_by_itself(office: PostOffice, approved: int) -> None:
    """Another account with the same address has its own letter another day, which does not speak of it."""
    fire(office, RIDGE, "suspension_notice_1", approved)
    office.plan(HARBOR)
    with office.ledger.writing() as session:
        ridge = session.scalars(select(Contact).where(Contact.account_id == RIDGE)).one()
        session.execute(update(Contact).where(Contact.account_id == HARBOR).values(email_id=ridge.email_id))
        session.execute(
            update(Touch)
            .where(Touch.account_id == HARBOR, Touch.channel == "email")
            .values(destination_id=ridge.email_id)
        )
    office.send()
    [letter] = office.rows(Letter)
    assert set(letter.covers) == {str(RIDGE)}


def test_a_promise_does_not_lessen_what_a_notice_asks(office: PostOffice, approved: int) -> None:
    with office.ledger.writing() as session:
        for invoice in session.scalars(select(Invoice).where(Invoice.account_id == RIDGE)):
            if invoice.open_minor > 0:
                until = TODAY + timedelta(7)
                held = {"account_id": RIDGE, "invoice_id": invoice.id, "since": TODAY, "until": until}
                session.add(Hold(kind="promise", **held))
    fire(office, RIDGE, "suspension_notice_1", approved)
    office.send()
    [letter] = office.rows(Letter)
    assert "15,000.00 USD" in letter.subject


def test_the_preview_shows_the_real_case(office: PostOffice, approved: int) -> None:
    with office.ledger.reading() as session:
        number = session.get_one(Account, RIDGE).number
        assert not preview(session, "suspension_notice_1", number, TODAY).startswith(EXAMPLE)
        assert preview(session, "suspension_notice_2", number, TODAY).startswith(EXAMPLE)
    days = {"day0": date(2026, 12, 11), "second_on": date(2026, 12, 18)}
    days |= {"warning_on": date(2026, 12, 23), "deadline_on": date(2026, 12, 28)}
    with office.ledger.writing() as session:
        session.execute(update(SuspensionCase).values(state="noticed", **days))
    with office.ledger.reading() as session:
        shown = preview(session, "suspension_notice_2", number, date(2026, 12, 18))
    assert not shown.startswith(EXAMPLE)
    assert "28 December 2026" in " ".join(shown.split())
    assert "INV-1003" not in shown
