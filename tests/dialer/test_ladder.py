"""What follows an attempt, written down: touches, marks and tasks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.dialer import endings
from outreach.ledger import touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.receivables import Account
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from outreach.rules.outcomes import Outcome
from tests.campaigns.book import Book, at

MON = date(2026, 12, 7)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    """One account with one invoice, called today."""
    book = Book(ledger)
    book.imported(MON)
    book.account("A", email=None)
    book.invoice("A", "I1", MON - timedelta(9))
    return book


def waiting(book: Book) -> list[Touch]:
    return [touch for touch in book.touches(channel="call") if touch.state == "open"]


def ring(book: Book, outcome: str, disposition: str | None = None) -> None:
    """The next call is made as early as it may be, from ten in the morning on, and ends so."""
    touch = waiting(book)[0]
    now = max(filter(None, (at(touch.day, 15), touch.not_before)))
    same = ("account_id", "contact_id", "rep_id", "destination_id", "day", "step")
    made: dict[str, Any] = {name: getattr(touch, name) for name in same}
    made |= {"touch_id": touch.id, "requested_at": now, "moved_at": now, "bridging_at": now}
    made |= {"provider": "twilio", "state": "bridging", "disposition": disposition}
    attempt_id = book.add(CallAttempt(id=new_id(), **made))
    with book.ledger.writing() as session:
        session.get_one(Touch, touch.id).state = "started"
        attempt = session.get_one(CallAttempt, attempt_id)
        endings.end(session, attempt, Outcome(outcome), now=now, wall=now)


def test_the_next_call_goes_by_the_clock_of_a_state_without_a_country(book: Book) -> None:
    book.change(Contact, Contact.id == 1, timezone=None, state="MN", country="")
    book.change(Destination, Destination.id == 1, zones="America/New_York")
    book.plan(MON)
    ring(book, "machine")
    (again,) = waiting(book)
    assert again.not_before == datetime(2026, 12, 8, 14, tzinfo=UTC), "eight in the morning in Minnesota"


@pytest.mark.parametrize(
    ("outcome", "disposition", "marked", "tasks"),
    [
        ("no_answer", None, (None, None), {"unreached"}),
        ("fax", None, ("fax", None), {"unreached", "mend contact"}),
        ("answered_human", "wrong_number", (None, date(2026, 12, 9)), {"unreached", "mend contact"}),
    ],
)
def test_a_dead_number_is_marked_on_the_last_call_too(
    book: Book, outcome: str, disposition: str | None, marked: tuple[Any, Any], tasks: set[str]
) -> None:
    book.plan(MON)
    for machine in ("machine", "machine"):
        ring(book, machine)
    ring(book, outcome, disposition)
    assert book.firings()["followup_5", "I1"].call_side == "unreached"
    with book.ledger.reading() as session:
        number, contact = session.get_one(Destination, 1), session.get_one(Contact, 1)
        assert (number.bad_why, contact.left_on) == marked
        assert {task.kind for task in session.scalars(select(Task))} == tasks


@pytest.mark.parametrize(
    ("ended", "tries"),
    [
        ({}, 3),
        ({"state": "done"}, 1),
        ({"call_side": "unreached"}, 1),  # only its letter is open still
    ],
)
def test_only_what_was_still_called_about_in_the_old_week_counts_towards_the_new(
    book: Book, ended: dict[str, str], tries: int
) -> None:
    book.invoice("A", "OLD", MON - timedelta(60))
    thursday, monday = MON + timedelta(3), MON + timedelta(7)
    book.plan(thursday)
    for _ in range(2):
        ring(book, "no_answer")
    if ended:
        book.change(Firing, Firing.step == "overdue_31", ended_on=thursday, **ended)
        book.change(Touch, Touch.state == "open", state="skipped")
    book.imported(monday)
    book.plan(monday)
    ring(book, "no_answer")
    firing = book.firings()["overdue_31", "A"]
    assert firing.tries == tries
    assert firing.call_side == ("open" if ended else "unreached")


def test_a_final_check_has_one_call_a_day_whatever_it_rides_with(book: Book) -> None:
    sixth = date(2026, 12, 8)
    book.invoice("A", "F1", date(2026, 12, 20), kind="final", invoiced_on=date(2026, 11, 20))
    book.imported(sixth)
    book.plan(sixth)
    called: dict[date, list[set[str]]] = {}
    while waiting(book):
        touch = waiting(book)[0]
        called.setdefault(touch.day, []).append(book.carried(touch.id))
        ring(book, "no_answer")
    both, first, last = {"final_check F1", "followup_5 I1"}, {"followup_5 I1"}, {"final_check F1"}
    assert called == {sixth: [both, first], date(2026, 12, 9): [both], date(2026, 12, 10): [last]}
    assert {firing.tries for firing in book.firings().values()} == {3}


def test_a_retry_that_joins_an_agreed_callback_leaves_it_its_hour(book: Book) -> None:
    book.plan(MON)
    agreed = at(MON, 16)
    with book.ledger.writing() as session:
        called = session.get_one(Touch, waiting(book)[0].id)
        callback = touches.again(called, day=MON, n=2, not_after=None, now=at(MON))
        callback.step, callback.tier, callback.not_before = "callback", 0, agreed
        session.add(callback)
    ring(book, "no_answer")
    (again,) = waiting(book)
    assert (again.step, again.not_before) == ("callback", agreed)
    assert book.carried(again.id) == {"followup_5 I1"}


def test_the_next_contact_of_a_child_is_called_where_its_parent_has_none(book: Book) -> None:
    book.account("P", phone=None, email=None)
    book.change(Account, Account.number == "A", parent_id=2)
    book.contact("A", name="Second", phone="+12125550100")
    book.plan(MON)
    ring(book, "bad_number")
    (again,) = waiting(book)
    assert again.contact_id == 2


@pytest.mark.parametrize("outcomes", [("fax", "fax", "fax"), ("fax", "no_answer", "no_answer")])
def test_more_than_31_days_past_due_is_called_about_on_two_days_at_least(
    book: Book, outcomes: tuple[str, ...]
) -> None:
    tuesday = MON + timedelta(1)
    book.invoice("A", "OLD", MON - timedelta(60))
    for n in range(3):
        book.contact("A", name=f"Contact {n}", phone=f"+1212555010{n}")
    book.plan(MON)
    called: list[tuple[date, set[str]]] = []
    for outcome in outcomes:
        touch = waiting(book)[0]
        called.append((touch.day, book.carried(touch.id)))
        ring(book, outcome)
    both = {"followup_5 I1", "overdue_31 A"}
    assert called == [(MON, both), (MON, both), (MON, {"followup_5 I1"})]
    (last,) = waiting(book)
    assert (last.day, book.carried(last.id)) == (tuesday, {"overdue_31 A"})
    ring(book, "no_answer")
    assert book.firings()["overdue_31", "A"].call_side == "unreached"
