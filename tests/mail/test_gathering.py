"""The facts of a letter, each from the rows that make it so."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.campaigns.planning import settling
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Hold, Promise
from outreach.ledger.destinations import Contact
from outreach.ledger.imports import Import
from outreach.ledger.policies import in_force
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.mail.facts import Facts, Promised, Said
from outreach.mail.gathering import gather
from outreach.mail.letter_templates import LetterError
from outreach.mail.previewing import EXAMPLE, imagine, preview
from outreach.rules.steps import STEPS
from tests.web.cast import NOW, TODAY, seed

HARBOR, STANNE, RIDGE, LAKE, EAST = 1, 2, 3, 4, 6


@pytest.fixture
def cast(ledger: Ledger) -> Ledger:
    with ledger.writing() as session:
        seed(session)
    return ledger


def facts(session: Session, number: str, step: str, on: date = TODAY) -> Facts:
    return gather(session, [imagine(session, step, number, in_force(session).policy, on)], on)[0]


def call(
    account_id: int, disposition: str | None, *, days_ago: int, outcome: str = "answered_human"
) -> CallAttempt:
    at = NOW - timedelta(days_ago)
    return CallAttempt(
        id=f"{account_id}{days_ago:014}",
        account_id=account_id,
        contact_id=account_id,
        destination_id=1,
        rep_id=1,
        day=TODAY - timedelta(days_ago),
        step="followup_5",
        state="ended",
        outcome=outcome,
        disposition=disposition,
        provider="twilio",
        requested_at=at,
        moved_at=at,
    )


def test_one_account(cast: Ledger) -> None:
    with cast.reading() as session:
        letter = facts(session, "HARBOR", "followup_5")
    assert (letter.customer, letter.contact, letter.address) == (
        "Harbor Clinic",
        "Maria Ortiz",
        "ap@harbor.example",
    )
    assert [(line.number, line.days, line.asked_minor) for line in letter.lines] == [("INV-1001", 6, 120_000)]
    assert letter.signer
    assert letter.signer.name == "Ana Lopez"


def test_a_statement_lists_everything_and_a_reminder_what_is_past_due(cast: Ledger) -> None:
    with cast.reading() as session:
        assert [line.number for line in facts(session, "STANNE", "followup_15").lines] == ["INV-1004"]
        assert {line.number for line in facts(session, "STANNE", "statement").lines} == {
            "INV-1004",
            "INV-1019",
        }


def test_credits_that_lessen_what_is_asked_are_listed(cast: Ledger) -> None:
    with cast.reading() as session:
        letter = facts(session, "RIDGE", "overdue_31")
    assert "CM-77" in {line.number for line in letter.lines}
    [sums] = letter.asked
    assert sums.asked_minor == 100 * (4000 + 2500 + 8750 + 610 - 250)


def test_a_live_promise_is_thanked_for_and_not_asked(cast: Ledger) -> None:
    with cast.reading() as session:
        letter = facts(session, "STANNE", "followup_15")
    assert letter.promised == (Promised(60_000, "USD", date(2026, 11, 25)),)
    assert [sums.asked_minor for sums in letter.asked] == [60_000]
    assert letter.broken == ()


@pytest.mark.parametrize(
    ("paid", "broken"),
    [
        (0, (Promised(60_000, "USD", date(2026, 11, 25), 0),)),
        (40_000, (Promised(60_000, "USD", date(2026, 11, 25), 40_000),)),
        (59_500, ()),  # within one percent
        (60_000, ()),
    ],
)
def test_a_broken_promise_is_named_with_what_has_come_of_it(
    cast: Ledger, paid: int, broken: tuple[Promised, ...]
) -> None:
    with cast.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == "INV-1004")).one()
        invoice.open_minor -= paid
        if paid:
            on = date(2026, 11, 24)
            session.add(
                Application(
                    invoice_id=invoice.id, amount_minor=paid, kind="payment", dated_on=on, recorded_at=NOW
                )
            )
    judge(cast)
    with cast.reading() as session:
        letter = facts(session, "STANNE", "followup_15", date(2026, 11, 28))
        friendly = facts(session, "STANNE", "followup_5", date(2026, 11, 28))
    assert (letter.broken, letter.promised) == (broken, ())
    assert friendly.broken == ()


def test_a_promise_about_invoices_that_are_paid_is_past(cast: Ledger) -> None:
    with cast.writing() as session:
        session.execute(update(Invoice).where(Invoice.number == "INV-1004").values(open_minor=0))
    judge(cast)
    with cast.reading() as session:
        assert facts(session, "STANNE", "followup_15", date(2026, 11, 28)).broken == ()


def judge(cast: Ledger) -> None:
    """The grace day is over, and the ledger knows."""
    after = datetime(2026, 11, 28, 15, tzinfo=UTC)
    told = {"file_name": "-", "sha256": "-", "form": "history", "actor": "test", "state": "applied"}
    with cast.writing() as session:
        session.add(Import(source="ledger", as_of=date(2026, 11, 28), started_at=after, **told))
    settling.settle(cast, after)


def test_what_they_said_is_quoted_and_what_a_rep_noted_is_not(cast: Ledger) -> None:
    with cast.writing() as session:
        session.add_all(
            [call(RIDGE, "documents_requested", days_ago=9), call(RIDGE, "left_message", days_ago=3)]
        )
    with cast.reading() as session:
        assert facts(session, "RIDGE", "overdue_31").said == Said(
            TODAY - timedelta(9), "Dev Patel", "asked us for copies of documents."
        )
        assert facts(session, "RIDGE", "statement").said is None


def test_a_promise_is_the_last_thing_said_and_its_note_is_never_quoted(cast: Ledger) -> None:
    with cast.writing() as session:
        said = call(STANNE, "promise_to_pay", days_ago=5)
        session.add_all([said, call(STANNE, "documents_requested", days_ago=9)])
        session.flush()
        session.execute(update(Promise).values(attempt_id=said.id, words="rude again, but Wednesday"))
    with cast.reading() as session:
        found = facts(session, "STANNE", "followup_15")
    assert found.said is None
    assert found.promised
    assert "rude" not in repr(found)


def test_a_confirmation_speaks_of_its_own_day(cast: Ledger) -> None:
    with cast.writing() as session:
        session.add(call(RIDGE, "documents_requested", days_ago=1))
    with cast.reading() as session:
        assert facts(session, "RIDGE", "confirmation").said is None
    with cast.writing() as session:
        session.add(call(RIDGE, "paid_already", days_ago=0))
    with cast.reading() as session:
        said = facts(session, "RIDGE", "confirmation").said
    assert said == Said(TODAY, "Dev Patel", "told us that payment had been made.")


def test_a_confirmation_reproaches_nobody_with_a_broken_promise(cast: Ledger) -> None:
    with cast.writing() as session:
        past = TODAY - timedelta(9)
        grace = TODAY - timedelta(7)
        session.execute(update(Promise).values(state="broken", promised_on=past, due_on=past, grace_on=grace))
    with cast.reading() as session:
        assert facts(session, "STANNE", "followup_15").broken
        assert facts(session, "STANNE", "confirmation").broken == ()


@pytest.mark.parametrize(("days_ago", "told"), [(0, True), (1, False)])
def test_a_voicemail_of_today_is_mentioned(cast: Ledger, days_ago: int, told: bool) -> None:
    with cast.writing() as session:
        session.add(call(HARBOR, None, days_ago=days_ago, outcome="voicemail_left"))
    with cast.reading() as session:
        assert facts(session, "HARBOR", "followup_5").voicemail is told


def test_a_section_for_each_child_but_not_for_one_that_is_barred(cast: Ledger) -> None:
    with cast.writing() as session:
        session.execute(update(Account).where(Account.id.in_([LAKE, EAST])).values(parent_id=HARBOR))
        session.execute(update(Account).where(Account.id == EAST).values(insolvent_on=TODAY))
    with cast.reading() as session:
        letter = facts(session, "HARBOR", "followup_5")
    assert [one.name for one in letter.sections] == ["Harbor Clinic", "Lakeside Fitness"]


def test_a_hold_that_has_ended_or_not_begun_holds_nothing(cast: Ledger) -> None:
    with cast.writing() as session:
        session.execute(update(Hold).where(Hold.kind == "dispute").values(until=TODAY - timedelta(1)))
    with cast.reading() as session:
        assert [sums.asked_minor for sums in facts(session, "NORTH", "followup_15").asked] == [540_000]


# The preview


def test_a_preview(cast: Ledger) -> None:
    with cast.reading() as session:
        shown = preview(session, "final_overdue", "EAST", TODAY)
    head = "To: Jo Kim <ap@east.example>\nSubject: Final invoice INV-0999 is past due: 12,400.00 USD\n\n--"
    assert shown.startswith(head)


@pytest.mark.parametrize(
    ("step", "number", "why"),
    [
        ("followup_5", "NOBODY", "there is no account NOBODY"),
        ("followup_6", "HARBOR", "there is no step followup_6"),
        ("callback", "HARBOR", "there is no letter for the step callback"),
    ],
)
def test_a_preview_of_nothing(cast: Ledger, step: str, number: str, why: str) -> None:
    with cast.reading() as session, pytest.raises(LetterError, match=why):
        preview(session, step, number, TODAY)


def test_a_preview_where_nothing_is_owed(cast: Ledger) -> None:
    with cast.writing() as session:
        session.execute(update(Invoice).values(open_minor=0))
    with cast.reading() as session:
        with pytest.raises(LetterError, match="nothing is past due"):
            preview(session, "followup_5", "HARBOR", TODAY)
        assert "Statement of account" in preview(session, "statement", "HARBOR", TODAY)


def test_a_preview_without_an_address(cast: Ledger) -> None:
    with cast.writing() as session:
        session.execute(update(Contact).values(email_id=None))
    with cast.reading() as session:
        assert preview(session, "followup_5", "HARBOR", TODAY).startswith("To: (there is no address)")


@pytest.mark.parametrize("step", [name for name, step in STEPS.items() if step.email])
def test_every_step_can_be_looked_at(cast: Ledger, step: str) -> None:
    """What the ledger does not hold (a promise, a plan, a case) is made up, and said to be."""
    with cast.writing() as session:
        final = session.scalars(select(Invoice).where(Invoice.number == "INV-0999")).one()
        final.due_on = TODAY + timedelta(days=7 if step.startswith("pre_due") else -40)
    with cast.reading() as session:
        shown = preview(session, step, "EAST", TODAY)
    made_up = step.startswith("suspension") or step in (
        *("promise_check", "broken_promise", "instalment_check"),
        "answer",
    )
    assert shown.startswith(EXAMPLE) == made_up
    assert "Subject: " in shown


def test_a_notice_lists_its_own_invoices_only(cast: Ledger) -> None:
    with cast.writing() as session:
        session.execute(update(Invoice).where(Invoice.number == "INV-0990").values(kind="standard"))
    with cast.reading() as session:
        found = facts(session, "LAKE", "suspension_notice_1")
    assert [line.number for line in found.lines] == ["INV-0990"]
    assert [(sums.past_due_minor, sums.asked_minor) for sums in found.sums] == [(450_00, 450_00)]
