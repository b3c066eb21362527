"""A plan that comes again on its day, after calls were made and payments came (product.md 2)."""

from datetime import date, timedelta
from typing import Any

import pytest

from outreach.ledger import touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import new_id
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch
from tests.campaigns.book import Book, at

MON = date(2026, 11, 30)


@pytest.fixture
def planned(book: Book) -> Book:
    """One account, called today; of its address nothing is known yet."""
    book.imported(MON)
    book.account("A", email=None)
    book.invoice("A", "I1", MON - timedelta(9))
    book.plan(MON)
    return book


def said(book: Book, disposition: str | None) -> None:
    """The day's call has been answered, and saved with these words."""
    (touch,) = book.touches(MON, "call")
    same = ("account_id", "contact_id", "rep_id", "destination_id", "day", "step")
    made: dict[str, Any] = {name: getattr(touch, name) for name in same}
    made |= {"touch_id": touch.id, "requested_at": at(MON, 15), "moved_at": at(MON, 15)}
    made |= {"provider": "twilio", "state": "ended", "outcome": "answered_human"}
    book.add(CallAttempt(id=new_id(), disposition=disposition, **made))
    book.end(touch, MON, closes=disposition is not None)
    book.change(Account, Account.number == "A", reached_on=MON, rang_on=MON)


@pytest.mark.parametrize(
    ("disposition", "rule"), [("refused", "spoken"), ("left_message", None), ("receipt_confirmed", None)]
)
def test_who_has_said_it_gets_no_letter_of_the_same_day(
    planned: Book, disposition: str, rule: str | None
) -> None:
    said(planned, disposition)
    planned.contact("A", name="New", email="new@a.example")
    planned.plan(MON)
    assert planned.firings()["followup_5", "I1"].email_rule == rule
    assert planned.left_out("A").get("email") == rule
    assert len(planned.touches(MON, "email")) == (rule is None)


@pytest.mark.parametrize(("away", "ranks"), [("before", [1, 2]), ("since", [1, 1])])
def test_who_covers_makes_the_retries_of_who_is_away(planned: Book, away: str, ranks: list[int]) -> None:
    """In the order of their queue; of who leaves in the course of the day each keeps its rank."""
    ben, day = planned.rep("ben"), MON + timedelta(1)
    planned.again(planned.touches(MON, "call")[0], day)
    planned.account("B", rep="ben")
    planned.invoice("B", "I2", MON - timedelta(9), 2000)
    planned.imported(day)
    if away == "since":
        planned.plan(day)
    planned.change(User, User.login == "ana", active=False, cover_id=ben)
    planned.plan(day)
    calls = planned.touches(day, "call")
    assert [(one.rep_id, one.rank) for one in calls] == [(ben, rank) for rank in ranks]
    assert planned.plan(day).written == 0


def test_where_nobody_covers_a_retry_stays_where_it_is(planned: Book) -> None:
    day = MON + timedelta(1)
    planned.again(planned.touches(MON, "call")[0], day)
    planned.change(User, User.login == "ana", active=False)
    planned.plan(day)
    assert [one.rep_id for one in planned.touches(day, "call")] == [1]
    assert planned.plan(day).written == 0


def test_a_retry_is_called_by_whose_account_it_is_by_then(planned: Book) -> None:
    ben, day = planned.rep("ben"), MON + timedelta(1)
    planned.again(planned.touches(MON, "call")[0], day)
    planned.change(Account, Account.number == "A", rep_id=ben)
    planned.plan(day)
    assert [one.rep_id for one in planned.touches(day, "call")] == [ben]


def asked_by_hand(book: Book, day: date) -> int:
    """The rep confirms the day's call in writing."""
    call = book.touches(day, "call")[0]
    book.contact("A", name="New", email="new@a.example")
    with book.ledger.writing() as session:
        letter = {"step": "confirmation", "tier": None, "rank": None}
        called = session.get_one(Touch, call.id)
        return touches.ask_by_hand(session, called, by="ana", day=day, now=at(day, 15), **letter).id


def test_a_letter_that_a_person_asked_for_takes_nothing_in(planned: Book) -> None:
    asked = asked_by_hand(planned, MON)
    planned.invoice("A", "I2", MON - timedelta(20))
    planned.plan(MON)
    ours, theirs = planned.touches(MON, "email")
    assert (ours.id, ours.step, planned.carried(asked)) == (asked, "confirmation", {"followup_5 I1"})
    assert (theirs.n, planned.carried(theirs.id)) == (2, {"followup_15 I2"})


def test_a_statement_leaves_on_its_day_though_a_person_has_written(book: Book) -> None:
    day = date(2026, 12, 15)
    book.imported(day)
    book.account("A", email=None)
    book.invoice("A", "I1", day - timedelta(9))
    book.plan(day)
    asked = asked_by_hand(book, day)
    with book.ledger.writing() as session:
        touches.end(session, [asked], "done", "letter sent", now=at(day, 15))
    book.plan(day)
    assert [one.step for one in book.touches(day, "email")] == ["confirmation", "statement"]
    assert book.plan(day).written == 0
