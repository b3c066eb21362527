"""Reminders 7 and 3 days before an invoice is due, for large or routinely late accounts (product.md 2)."""

from datetime import date, timedelta

import pytest

from outreach.ledger.base import Ledger
from tests.campaigns.book import Book

MON, TUE, THU, FRI = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 4)
LIVE = "[organization]\nname = 'M'\nzone = 'America/New_York'\ngo_live_on = 2026-01-01\n"


@pytest.fixture
def live(ledger: Ledger) -> Book:
    book = Book(ledger, LIVE)
    book.imported(date(2026, 12, 31))
    return book


@pytest.mark.parametrize(
    ("ahead", "step"),
    [
        (8, None),
        (7, "pre_due_7"),
        (4, "pre_due_7"),
        (3, "pre_due_3"),
        (1, "pre_due_3"),
        (0, None),
        (-1, None),
    ],
)
def test_the_reminder_whose_day_has_come(live: Book, ahead: int, step: str) -> None:
    live.account("A")
    live.invoice("A", "I1", TUE + timedelta(ahead), 10_000)
    assert live.plan(TUE).fired == ({step: 1} if step else {})


@pytest.mark.parametrize(
    ("amounts", "late", "fires"),
    [
        ((9_999,), False, False),
        ((10_000,), False, True),
        ((4_000, 6_000), False, True),  # what the account owes, not the invoice
        ((100,), True, True),
    ],
)
def test_large_and_routinely_late_accounts_only(
    live: Book, amounts: tuple[int, ...], late: bool, fires: bool
) -> None:
    live.account("A", routinely_late=late)
    for n, amount in enumerate(amounts):
        live.invoice("A", f"I{n}", TUE + timedelta(5 + 20 * n), amount)
    assert live.plan(TUE).fired == ({"pre_due_7": 1} if fires else {})


def test_by_mail_only_and_the_second_takes_the_place_of_the_first(live: Book) -> None:
    live.account("A", email=None)
    live.invoice("A", "I1", FRI + timedelta(3), 10_000)
    live.plan(MON)
    live.plan(FRI)
    first, second = (live.firings()[(step, "I1")] for step in ("pre_due_7", "pre_due_3"))
    assert (first.state, first.ended_why) == ("superseded", "by pre_due_3")
    assert (second.state, second.call_side, second.email_rule) == ("open", "none", "no address")


def test_both_missed_at_once_the_first_is_superseded(live: Book) -> None:
    live.account("A")
    live.invoice("A", "I1", TUE + timedelta(2), 10_000)
    live.plan(TUE)
    assert live.firings()[("pre_due_7", "I1")].state == "superseded"
    (letter,) = live.touches(TUE, "email")
    assert letter.reasons == ["I1 is due in 2 days, 10,000.00 USD"]


def test_on_the_due_day_it_is_too_late(live: Book) -> None:
    live.account("A", email=None)
    live.invoice("A", "I1", THU, 10_000)
    live.plan(TUE)
    live.plan(THU)
    firing = live.firings()[("pre_due_3", "I1")]
    assert (firing.state, firing.ended_why) == ("lapsed", "caught up too late")


def test_nothing_from_before_go_live(book: Book) -> None:
    """The first plan is the go-live: a reminder that was due before it never fires."""
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", TUE + timedelta(6), 10_000)
    book.invoice("A", "I2", TUE + timedelta(7), 10_000)
    book.plan(TUE)
    assert set(book.firings()) == {("pre_due_7", "I2")}


@pytest.mark.parametrize(
    ("kind", "rule"),
    [("promise", "held by promise"), ("dispute", "held by dispute"), ("plan", "held by plan")],
)
def test_what_is_promised_or_disputed_is_not_reminded_of(live: Book, kind: str, rule: str) -> None:
    live.account("A")
    live.invoice("A", "I1", TUE + timedelta(3), 10_000)
    live.hold("I1", kind, MON)
    live.plan(TUE)
    assert live.firings()[("pre_due_3", "I1")].email_rule == rule


def test_after_the_due_day_the_ladder_goes_on(live: Book) -> None:
    live.account("A")
    live.invoice("A", "I1", THU, 10_000)
    live.plan(TUE)
    later = THU + timedelta(5)
    assert live.plan(later).fired == {"followup_5": 1}
