"""Who is routinely late: counted over 12 months, on any day, and marked on the account for the planner."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.ledger import lateness
from outreach.ledger.base import Ledger
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.rules.policy import Lateness
from tests.campaigns.book import Book, at

DAY = date(2026, 11, 23)
RULE = Lateness()


@pytest.fixture
def book(ledger: Ledger) -> Book:
    book = Book(ledger)
    for number in ("A", "B"):
        book.account(number)
    return book


def owed(book: Book, account: str, due_ago: int, paid_late: int | None, **columns: Any) -> None:
    """An invoice that fell due so many days ago, and was paid so many days late; None: it is open."""
    due = DAY - timedelta(due_ago)
    columns = {"invoiced_on": due - timedelta(30)} | columns
    number = f"{account}-{due_ago}-{paid_late}-{columns.get('kind')}"
    id_ = book.invoice(account, number, due, 100, **columns)
    if paid_late is not None:
        on = due + timedelta(paid_late)
        book.add(
            Application(invoice_id=id_, amount_minor=10_000, kind="payment", dated_on=on, recorded_at=at(DAY))
        )
        book.change(Invoice, Invoice.id == id_, open_minor=0, closed_on=on, closed_why="paid")


def late(book: Book, on: date = DAY) -> dict[str, tuple[int, list[int]]]:
    with book.ledger.reading() as session:
        found = lateness.routinely_late(session, on, RULE)
    return {one.number: (one.due, sorted(one.days_late)) for one in found.values()}


def marked(book: Book) -> list[str]:
    with book.ledger.reading() as session:
        return list(session.scalars(select(Account.number).where(Account.routinely_late)))


def refresh(book: Book, on: date = DAY) -> int:
    with book.ledger.reading() as session:
        found = lateness.routinely_late(session, on, RULE)
    return lateness.refresh(book.ledger, found)


def test_paid_late_and_open_ones_count(book: Book) -> None:
    for due_ago, paid_late in ((300, 12), (200, 30), (100, 0), (9, None)):
        owed(book, "A", due_ago, paid_late)
    assert late(book) == {"A": (4, [9, 12, 30])}


def test_what_fell_due_a_year_ago_or_is_no_invoice_does_not(book: Book) -> None:
    for due_ago, paid_late in ((300, 12), (200, 30), (100, 20)):
        owed(book, "A", due_ago, paid_late)
    owed(book, "A", 365, 40)
    owed(book, "A", 50, 40, kind="receipt")
    owed(book, "A", -1, None)
    assert late(book) == {}
    owed(book, "A", 364, -3)
    assert late(book) == {"A": (4, [12, 20, 30])}


def test_an_invoice_due_today_fell_due_and_is_not_late(book: Book) -> None:
    for due_ago, paid_late in ((300, 12), (200, 30), (0, None), (100, 20)):
        owed(book, "A", due_ago, paid_late)
    assert late(book) == {"A": (4, [12, 20, 30])}


def test_a_past_day_sees_what_was_open_then(book: Book) -> None:
    for due_ago in (300, 200, 100, 40):
        owed(book, "A", due_ago, 25)
    assert late(book, DAY - timedelta(20)) == {"A": (4, [20, 25, 25, 25])}, "the last was 20 days late so far"
    assert late(book, DAY - timedelta(40)) == {"A": (4, [25, 25, 25])}


def test_a_payment_that_bounced_later_had_closed_it(book: Book) -> None:
    for due_ago in (300, 200, 100):
        owed(book, "A", due_ago, 25)
    owed(book, "A", 80, 10)
    with book.ledger.reading() as session:
        bounced = session.scalars(select(Invoice).where(Invoice.number.like("A-80-%"))).one()
    back = {"amount_minor": -10_000, "kind": "reversal", "dated_on": DAY - timedelta(5)}
    book.add(Application(invoice_id=bounced.id, recorded_at=at(DAY), **back))
    book.change(Invoice, Invoice.id == bounced.id, open_minor=10_000, closed_on=None)
    assert late(book, DAY - timedelta(6)) == {"A": (4, [10, 25, 25, 25])}
    assert late(book) == {"A": (4, [25, 25, 25, 80])}


def test_the_mark_follows_the_habit(book: Book) -> None:
    for due_ago in (300, 200, 100, 40):
        owed(book, "A", due_ago, 25)
        owed(book, "B", due_ago, 2)
    assert (marked(book), refresh(book), marked(book)) == ([], 1, ["A"])
    assert refresh(book) == 0, "nothing is written that stands already"
    assert refresh(book, DAY + timedelta(300)) == 1, "most of it is a year ago"
    assert marked(book) == []
