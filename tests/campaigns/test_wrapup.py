"""A call saved by its rep: what the disposition writes down, ends and plans, in one transaction."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from outreach.campaigns.conversations.wrapup import WrapUp, save
from outreach.dialer import endings
from outreach.dialer.clicks import NotNow, Requested
from outreach.ledger import attempts, touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import CommitmentError, Dispute, Hold, Promise
from outreach.ledger.destinations import Contact
from outreach.ledger.firings import Firing
from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.root_causes import RootCause
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from outreach.rules.outcomes import Disposition, Outcome
from tests.dialer.centre import HARBOR, OAK, SUMMIT, Desk, desk
from tests.web.cast import NOW, TODAY

RIDGEWAY = 3
TUESDAY, WEDNESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)
D = Disposition


@pytest.fixture
def staffed(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Desk]:
    with desk(ledger, redis_url, tmp_path) as found:
        yield found


def talking(desk: Desk, account_id: int = HARBOR, login: str = "ana") -> str:
    """A call whose customer's phone has been rung."""
    made = desk.click(account_id, login)
    assert isinstance(made, Requested), made
    with desk.ledger.writing() as session:
        attempt = session.get_one(CallAttempt, made.attempt_id)
        attempt.state, attempt.bridging_at = "bridging", desk.clock.now()
    return made.attempt_id


def ended(desk: Desk, outcome: str = "answered_human", account_id: int = HARBOR) -> str:
    attempt_id = talking(desk, account_id)
    end(desk, attempt_id, outcome)
    return attempt_id


def end(desk: Desk, attempt_id: str, outcome: str) -> None:
    with desk.ledger.writing() as session:
        attempt = attempts.lock(session, attempt_id)
        assert attempt
        endings.end(session, attempt, Outcome(outcome), now=desk.clock.now(), wall=desk.clock.wall())


def wrap(desk: Desk, attempt_id: str, disposition: Disposition, **more: Any) -> None:
    save(desk.ledger, desk.clock, attempt_id, WrapUp(disposition=disposition, **more), by="ana")


def adopted(desk: Desk) -> None:
    """Summit Dental becomes a child of Harbor Clinic, whose call is about both."""
    with desk.ledger.writing() as session:
        session.get_one(Account, SUMMIT).parent_id = HARBOR
        firing = session.scalars(select(Firing).where(Firing.account_id == SUMMIT)).one()
        touches.carry(session, desk.touches(HARBOR)[0].id, [firing.id])


def later_touches(desk: Desk, account_id: int = HARBOR) -> list[tuple[date, str]]:
    return [(touch.day, touch.state) for touch in desk.touches(account_id)[1:]]


def test_a_promise_closes_the_call_holds_its_amount_and_is_in_the_log(staffed: Desk) -> None:
    attempt_id = ended(staffed)
    wrap(
        staffed, attempt_id, D.PROMISE_TO_PAY, day=WEDNESDAY, note="on Wednesday, by ACH", amount_minor=60_000
    )
    (promise,) = staffed.rows(Promise, Promise.account_id == HARBOR)
    assert (promise.amount_minor, promise.currency) == (60_000, "USD")
    assert (promise.due_on, promise.grace_on, promise.promised_on) == (WEDNESDAY, FRIDAY, TODAY)
    assert (promise.attempt_id, promise.taken_by) == (attempt_id, "ana")
    (hold,) = staffed.rows(Hold, Hold.account_id == HARBOR)
    assert (hold.kind, hold.amount_minor, hold.until) == ("promise", 60_000, FRIDAY)
    firing = staffed.firing(HARBOR)
    assert (firing.call_side, firing.email_side, firing.state) == ("done", "open", "open")
    _, saved = staffed.entries(attempt_id)
    assert (saved.what, saved.disposition, saved.follow_up_on) == ("call saved", "promise_to_pay", WEDNESDAY)
    assert saved.invoices == ["INV-1001"]
    assert staffed.rows(LogText, LogText.id == saved.text_id)[0].body == "on Wednesday, by ACH"
    attempt = staffed.attempt(attempt_id)
    assert (attempt.disposition, attempt.wrapped_at) == ("promise_to_pay", staffed.clock.at)
    assert staffed.rows(Account, Account.id == HARBOR)[0].reached_on == TODAY
    assert staffed.touches(HARBOR)[0].state == "done"


def test_a_promise_covers_its_invoices_the_oldest_first(staffed: Desk) -> None:
    attempt_id = ended(staffed, account_id=RIDGEWAY)
    wrap(staffed, attempt_id, D.WILL_PAY_IN_RUN, day=FRIDAY, amount_minor=500_000)
    held = {hold.invoice_id: hold.amount_minor for hold in staffed.rows(Hold, Hold.account_id == RIDGEWAY)}
    numbers = {invoice.id: invoice.number for invoice in staffed.rows(Invoice)}
    assert {numbers[one]: amount for one, amount in held.items()} == {
        "INV-0900": 400_000,
        "INV-0950": 100_000,
    }


def test_a_promise_far_ahead_is_for_a_supervisor_to_agree(staffed: Desk) -> None:
    wrap(staffed, ended(staffed), D.PROMISE_TO_PAY, day=TODAY + timedelta(31))
    assert [task.for_role for task in staffed.rows(Task, Task.kind == "promise")] == ["supervisor"]


@pytest.mark.parametrize(
    ("disposition", "more", "words"),
    [
        (D.PROMISE_TO_PAY, {}, "on which day"),
        (D.PROMISE_TO_PAY, {"day": TODAY - timedelta(1)}, "today or later"),
        (D.PROMISE_TO_PAY, {"day": TODAY, "amount_minor": 120_001}, "1,200.00 USD"),
        (D.PROMISE_TO_PAY, {"day": TODAY, "amount_minor": 0}, "more than nothing"),
        (D.PROMISE_TO_PAY, {"day": TODAY, "amount_minor": -5}, "more than nothing"),
        (D.PROMISE_TO_PAY, {"day": TODAY, "invoice_ids": (999,)}, "not open with this customer"),
        (D.DISPUTE, {"amount_minor": 120_001}, "more than is open"),
        (D.DISPUTE, {"amount_minor": 0}, "more than nothing"),
        (D.CALLBACK, {"at": NOW - timedelta(hours=1)}, "ahead"),
        (D.CALLBACK, {"at": NOW + timedelta(hours=12)}, "may be called"),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_is_saved(
    staffed: Desk, disposition: Disposition, more: dict[str, Any], words: str
) -> None:
    attempt_id = ended(staffed)
    with pytest.raises(CommitmentError, match=words):
        wrap(staffed, attempt_id, disposition, **more)
    attempt = staffed.attempt(attempt_id)
    assert (attempt.disposition, attempt.wrapped_at) == (None, None)
    assert staffed.rows(Promise, Promise.account_id == HARBOR) == []
    assert len(staffed.entries(attempt_id)) == 1


def test_an_invoice_of_another_customer_is_not_promised(staffed: Desk) -> None:
    (other,) = staffed.rows(Invoice, Invoice.account_id == OAK)
    with pytest.raises(CommitmentError, match="not open with this customer"):
        wrap(staffed, ended(staffed), D.PROMISE_TO_PAY, day=TODAY, invoice_ids=(other.id,))


def test_a_call_is_saved_once(staffed: Desk) -> None:
    attempt_id = ended(staffed)
    wrap(staffed, attempt_id, D.REFUSED)
    with pytest.raises(CommitmentError, match="saved already"):
        wrap(staffed, attempt_id, D.NO_CONTACT)
    assert staffed.attempt(attempt_id).disposition == "refused"


def test_a_call_that_rang_nobody_cannot_be_saved(staffed: Desk) -> None:
    made = staffed.click(HARBOR)
    assert isinstance(made, Requested)
    for attempt_id in (made.attempt_id, "nosuchattemptxx"):
        with pytest.raises(CommitmentError, match="no customer's phone rang"):
            wrap(staffed, attempt_id, D.NO_CONTACT)


def test_a_dispute_holds_what_is_disputed_and_is_somebodys_to_look_into(staffed: Desk) -> None:
    attempt_id = ended(staffed)
    wrap(staffed, attempt_id, D.DISPUTE, amount_minor=20_000, note="two visits too many")
    (dispute,) = staffed.rows(Dispute, Dispute.account_id == HARBOR)
    assert (dispute.amount_minor, dispute.reason, dispute.source) == (20_000, "two visits too many", "call")
    (hold,) = staffed.rows(Hold, Hold.account_id == HARBOR)
    assert (hold.kind, hold.amount_minor, hold.until) == ("dispute", 20_000, None)
    tasks = staffed.rows(Task, Task.account_id == HARBOR)
    assert [(task.title, task.for_role, task.due_on) for task in tasks] == [
        ("Look into the dispute of INV-1001", "rep", dispute.due_on),
        ("They dispute INV-1001: Harbor Clinic", "supervisor", TUESDAY),
    ]
    assert tasks[1].key == f"escalation:{attempt_id}"


def test_of_several_invoices_it_must_be_said_which_is_disputed(staffed: Desk) -> None:
    attempt_id = ended(staffed, account_id=RIDGEWAY)
    with pytest.raises(CommitmentError, match="Tick the one invoice"):
        wrap(staffed, attempt_id, D.DISPUTE)
    two = [row.id for row in staffed.rows(Invoice, Invoice.number.in_(["INV-0900", "INV-0950"]))]
    wrap(staffed, attempt_id, D.DISPUTE, invoice_ids=two)
    assert len(staffed.rows(Dispute, Dispute.account_id == RIDGEWAY)) == 2
    (told,) = staffed.rows(Task, Task.account_id == RIDGEWAY, Task.kind == "escalation")
    assert told.title == "They dispute 2 invoices: Ridgeway Logistics"


def test_paid_already_holds_for_a_few_days_and_is_a_task(staffed: Desk) -> None:
    wrap(staffed, ended(staffed), D.PAID_ALREADY)
    (hold,) = staffed.rows(Hold, Hold.account_id == HARBOR)
    assert (hold.kind, hold.amount_minor) == ("paid", None)
    assert hold.until == FRIDAY, "three business days, Thanksgiving between"
    assert [task.kind for task in staffed.rows(Task, Task.account_id == HARBOR)] == ["find payment"]


def test_paid_in_part_holds_the_oldest_first(staffed: Desk) -> None:
    attempt_id = ended(staffed, account_id=RIDGEWAY)
    invoices = staffed.rows(Invoice, Invoice.account_id == RIDGEWAY, Invoice.open_minor > 0)
    oldest = min(invoices, key=lambda one: one.due_on)
    wrap(staffed, attempt_id, D.PAID_ALREADY, amount_minor=oldest.open_minor - 1)
    (hold,) = staffed.rows(Hold, Hold.account_id == RIDGEWAY)
    assert (hold.kind, hold.invoice_id, hold.amount_minor) == ("paid", oldest.id, oldest.open_minor - 1)


@pytest.mark.parametrize(
    "said", [{"disposition": D.PAID_ALREADY}, {"disposition": D.PROMISE_TO_PAY, "day": TODAY}]
)
def test_an_amount_counts_in_the_currency_it_was_read_in(staffed: Desk, said: dict[str, Any]) -> None:
    with pytest.raises(CommitmentError, match="is one of JPY: leave out the invoices in USD"):
        wrap(staffed, ended(staffed), amount_minor=500, currency="JPY", **said)


def test_an_insolvency_notice_holds_the_account_and_calls_a_supervisor(staffed: Desk) -> None:
    wrap(staffed, ended(staffed), D.INSOLVENCY_NOTICE)
    assert staffed.rows(Account, Account.id == HARBOR)[0].insolvent_on == TODAY
    assert [task.for_role for task in staffed.rows(Task, Task.account_id == HARBOR)] == ["supervisor"]


def test_an_insolvency_notice_holds_the_children_of_who_gave_it_too(staffed: Desk) -> None:
    adopted(staffed)
    wrap(staffed, ended(staffed), D.INSOLVENCY_NOTICE)
    held = {account.id for account in staffed.rows(Account) if account.insolvent_on}
    assert held == {HARBOR, SUMMIT}


@pytest.mark.parametrize(
    ("more", "not_before"),
    [
        ({"at": NOW + timedelta(hours=3)}, NOW + timedelta(hours=3)),
        ({"day": WEDNESDAY}, datetime(2026, 11, 25, 16, 0, tzinfo=UTC)),
        ({}, NOW + timedelta(hours=4)),
    ],
)
def test_a_callback_is_a_call_in_the_queue_at_once(
    staffed: Desk, more: dict[str, Any], not_before: datetime
) -> None:
    attempt_id = ended(staffed)
    wrap(staffed, attempt_id, D.CALLBACK, **more)
    touch = staffed.touches(HARBOR)[-1]
    assert (touch.step, touch.tier, touch.state, touch.not_before) == ("callback", 0, "open", not_before)
    firing = staffed.rows(Firing, Firing.step == "callback")[0]
    assert (firing.subject, firing.call_side, firing.email_side) == (attempt_id, "open", "none")
    assert staffed.rows(Task, Task.account_id == HARBOR) == [], "and no task in which it could vanish"
    early = staffed.click(HARBOR)
    assert isinstance(early, NotNow)
    staffed.clock.at = not_before
    assert isinstance(staffed.click(HARBOR), Requested), "agreed callbacks are exempt from one a day"


def test_a_callback_is_agreed_for_the_reps_own_hours(staffed: Desk) -> None:
    with staffed.ledger.writing() as session:
        ana = session.scalars(select(User).where(User.login == "ana")).one()
        ana.timezone, ana.hours = "UTC", f"{NOW - timedelta(hours=1):%H:%M}-{NOW + timedelta(hours=2):%H:%M}"
    attempt_id = ended(staffed)
    with pytest.raises(CommitmentError, match="may be called"):
        wrap(staffed, attempt_id, D.CALLBACK, at=NOW + timedelta(hours=3))
    wrap(staffed, attempt_id, D.CALLBACK, day=WEDNESDAY)
    staffed.clock.at = staffed.touches(HARBOR)[-1].not_before or NOW
    assert isinstance(staffed.click(HARBOR), Requested)


def test_documents_are_sent_today_and_asked_about_in_two_days(staffed: Desk) -> None:
    wrap(staffed, ended(staffed), D.DOCUMENTS_REQUESTED)
    assert [task.kind for task in staffed.rows(Task, Task.account_id == HARBOR)] == ["send documents"]
    assert later_touches(staffed) == [(WEDNESDAY, "open")]


@pytest.mark.parametrize(
    ("disposition", "outcome", "later"),
    [
        (D.LEFT_MESSAGE, "voicemail_left", [(WEDNESDAY, "open")]),
        (D.NO_CONTACT, "answered_unknown", [(TODAY, "open")]),
    ],
)
def test_what_closes_nothing_lets_the_ladder_go_on(
    staffed: Desk, disposition: Disposition, outcome: str, later: list[tuple[date, str]]
) -> None:
    attempt_id = ended(staffed, "answered_unknown")
    wrap(staffed, attempt_id, disposition)
    assert staffed.attempt(attempt_id).outcome == outcome
    assert later_touches(staffed) == later
    assert staffed.firing(HARBOR).call_side == "open"


def test_a_voicemail_left_on_a_machine_moves_the_next_call(staffed: Desk) -> None:
    attempt_id = ended(staffed, "machine")
    assert later_touches(staffed) == [(TUESDAY, "open")]
    wrap(staffed, attempt_id, D.LEFT_MESSAGE)
    assert later_touches(staffed) == [(TUESDAY, "skipped"), (WEDNESDAY, "open")]
    assert staffed.firing(HARBOR).tries == 1, "one call, however it is told"
    _, saved = staffed.entries(attempt_id)
    assert (saved.outcome, saved.refines) == ("voicemail_left", staffed.entries(attempt_id)[0].sequence)


def test_a_promise_on_what_the_carrier_took_for_a_machine_calls_the_retry_off(staffed: Desk) -> None:
    attempt_id = ended(staffed, "machine")
    wrap(staffed, attempt_id, D.PROMISE_TO_PAY, day=WEDNESDAY)
    assert later_touches(staffed) == [(TUESDAY, "skipped")]
    assert staffed.touches(HARBOR)[1].reason == "promise_to_pay"
    assert staffed.firing(HARBOR).call_side == "done"
    assert staffed.attempt(attempt_id).outcome == "machine", "the carrier's word stays beside the rep's"


@pytest.mark.parametrize("outcome", ["answered_human", "machine"])
def test_a_wrong_number_marks_the_contact_and_not_the_number(staffed: Desk, outcome: str) -> None:
    attempt_id = ended(staffed, outcome)
    wrap(staffed, attempt_id, D.WRONG_NUMBER)
    (contact,) = staffed.rows(Contact, Contact.account_id == HARBOR)
    assert contact.left_on == TODAY
    assert staffed.firing(HARBOR).call_rule == "no number"
    assert [task.kind for task in staffed.rows(Task, Task.account_id == HARBOR)] == ["mend contact"]


def test_saved_before_the_carrier_has_reported_comes_to_the_same(staffed: Desk) -> None:
    first, second = talking(staffed), talking(staffed, OAK, "ben")
    with staffed.ledger.writing() as session:
        session.execute(update(Invoice).where(Invoice.account_id == OAK).values(open_minor=120_000))
    wrap(staffed, first, D.LEFT_MESSAGE)
    end(staffed, first, "answered_unknown")
    end(staffed, second, "answered_unknown")
    save(staffed.ledger, staffed.clock, second, WrapUp(disposition=D.LEFT_MESSAGE), by="ben")
    found = [staffed.attempt(one) for one in (first, second)]
    assert [(one.outcome, one.disposition) for one in found] == [("voicemail_left", "left_message")] * 2
    assert later_touches(staffed) == later_touches(staffed, OAK) == [(WEDNESDAY, "open")]
    for attempt in found:
        firsts = [one for one in staffed.entries(attempt.id) if one.outcome and one.refines is None]
        assert len(firsts) == 1


def test_the_root_cause_is_kept_with_the_entry(staffed: Desk) -> None:
    attempt_id = ended(staffed)
    wrap(staffed, attempt_id, D.REFUSED, root_cause="cash_flow")
    (entry,) = staffed.rows(LogEntry, LogEntry.what == "call saved")
    assert entry.links == {"root_cause": "cash_flow"}
    (kept,) = staffed.rows(RootCause)
    assert (kept.cause, kept.source, kept.about, kept.noted_by) == ("cash_flow", "call", attempt_id, "ana")
    (invoice,) = staffed.rows(Invoice, Invoice.id == kept.invoice_id)
    assert (kept.said_on, kept.account_id) == (TODAY, HARBOR)
    assert (kept.amount_minor, kept.currency) == (invoice.open_minor, "USD")


def test_a_receipt_is_confirmed_for_final_checks_only(staffed: Desk) -> None:
    wrap(staffed, ended(staffed), D.RECEIPT_CONFIRMED)
    assert staffed.firing(HARBOR).call_side == "open", "a followup_5 asks for more than a receipt"
    attempt_id = ended(staffed, account_id=SUMMIT)
    with staffed.ledger.writing() as session:
        session.scalars(select(Firing).where(Firing.account_id == SUMMIT)).one().step = "final_check"
        session.execute(update(Invoice).where(Invoice.account_id == SUMMIT).values(kind="final"))
    wrap(staffed, attempt_id, D.RECEIPT_CONFIRMED)
    assert staffed.firing(SUMMIT).call_side == "done"
    (invoice,) = staffed.rows(Invoice, Invoice.account_id == SUMMIT)
    assert invoice.receipt_confirmed_on == TODAY


def test_a_receipt_is_confirmed_for_the_child_the_call_was_about(staffed: Desk) -> None:
    adopted(staffed)
    with staffed.ledger.writing() as session:
        session.execute(update(Invoice).values(kind="final"))
    wrap(staffed, ended(staffed), D.RECEIPT_CONFIRMED)
    confirmed = {one.account_id for one in staffed.rows(Invoice) if one.receipt_confirmed_on}
    assert confirmed == {HARBOR, SUMMIT}


@pytest.mark.parametrize(("emails", "tries", "email_side"), [(1, 0, "done"), (1, 2, "open"), (0, 0, "open")])
@pytest.mark.parametrize("saved_first", [False, True])
def test_a_final_check_that_is_closed_early_has_no_second_letter(
    staffed: Desk, emails: int, tries: int, email_side: str, saved_first: bool
) -> None:
    with staffed.ledger.writing() as session:
        firing = session.scalars(select(Firing).where(Firing.account_id == HARBOR)).one()
        firing.step, firing.emails, firing.tries = "final_check", emails, tries
    attempt_id = talking(staffed) if saved_first else ended(staffed)
    wrap(staffed, attempt_id, D.PROMISE_TO_PAY, day=WEDNESDAY)
    firing = staffed.firing(HARBOR)
    assert (firing.call_side, firing.email_side) == ("done", email_side)


def test_a_conversation_is_confirmed_by_a_letter_that_is_due_at_once(staffed: Desk) -> None:
    wrap(staffed, ended(staffed), D.PROMISE_TO_PAY, day=WEDNESDAY, confirm=True)
    (letter,) = staffed.rows(Touch, Touch.account_id == HARBOR, Touch.channel == "email")
    (contact,) = staffed.rows(Contact, Contact.account_id == HARBOR)
    assert (letter.step, letter.asked_by, letter.state) == ("confirmation", "ana", "open")
    assert (letter.contact_id, letter.destination_id) == (contact.id, contact.email_id)
    assert (letter.day, letter.not_before) == (TODAY, staffed.clock.at)
    with staffed.ledger.reading() as session:
        assert list(touches.carried(session, letter.id)) == [staffed.firing(HARBOR).id]


@pytest.mark.parametrize(
    ("disposition", "addresses", "words"),
    [
        (D.LEFT_MESSAGE, True, "nobody was spoken to"),
        (D.NO_CONTACT, True, "nobody was spoken to"),
        (D.REFUSED, False, "save it without the letter"),
    ],
)
def test_what_cannot_be_confirmed_is_not_saved(
    staffed: Desk, disposition: Disposition, addresses: bool, words: str
) -> None:
    attempt_id = ended(staffed)
    if not addresses:
        with staffed.ledger.writing() as session:
            session.execute(update(Contact).values(do_not_mail=True))
    with pytest.raises(CommitmentError, match=words):
        wrap(staffed, attempt_id, disposition, confirm=True)
    assert staffed.attempt(attempt_id).wrapped_at is None
    assert staffed.rows(Touch, Touch.channel == "email") == []


@pytest.mark.parametrize(("disposition", "stands"), [(D.REFUSED, False), (D.LEFT_MESSAGE, True)])
def test_a_broken_promise_stands_until_it_has_been_talked_about(
    staffed: Desk, disposition: Disposition, stands: bool
) -> None:
    with staffed.ledger.writing() as session:
        session.get_one(Account, HARBOR).broken_on = TODAY
    wrap(staffed, ended(staffed), disposition)
    with staffed.ledger.reading() as session:
        assert session.get_one(Account, HARBOR).broken_on == (TODAY if stands else None)


def test_a_broken_promise_of_a_child_has_been_talked_about_with_its_parent(staffed: Desk) -> None:
    adopted(staffed)
    with staffed.ledger.writing() as session:
        session.execute(update(Account).values(broken_on=TODAY))
    wrap(staffed, ended(staffed), D.REFUSED)
    standing = {account.id for account in staffed.rows(Account) if account.broken_on}
    assert {HARBOR, SUMMIT} == {account.id for account in staffed.rows(Account)} - standing
