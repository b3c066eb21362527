"""A new rep introduces themselves; after ten business days that has lapsed, visibly (product.md 2)."""

from datetime import date

import pytest

from outreach.intake.assigning import Assignment, assign
from outreach.ledger.receivables import Account
from tests.campaigns.book import Book, at
from tests.hand_clock import HandClock

TUE, WED, LAST, AFTER = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 15), date(2026, 12, 16)


@pytest.fixture
def given(book: Book) -> Book:
    book.imported(AFTER)
    book.account("A", rep=None)
    assign(book.ledger, [Assignment("A", "ana")], clock=HandClock(at(TUE)), actor="sam", introduce=True)
    return book


def test_by_mail_and_by_phone_though_nothing_is_owed(given: Book) -> None:
    assert given.plan(WED).fired == {"introduction": 1}
    (call,), (letter,) = given.touches(WED, "call"), given.touches(WED, "email")
    assert (call.step, call.tier, letter.step) == ("introduction", 0, "introduction")
    assert call.reasons == ["yours since Dec 1: introduce yourself"]
    assert given.plan(WED).written == 0


def test_it_lapses_after_ten_business_days(given: Book) -> None:
    given.change(Account, Account.number == "A", legal_hold_on=TUE)
    found = []
    for day in (WED, LAST, AFTER):
        given.plan(day)
        (firing,) = given.firings().values()
        found.append((firing.state, firing.ended_why))
    assert found == [("open", None), ("open", None), ("lapsed", "caught up too late")]


def test_another_rep_needs_no_introduction_of_the_first(given: Book) -> None:
    given.change(Account, Account.number == "A", rep_id=None)
    assert given.plan(WED).fired == {}
