"""The ledger of a past day, by what is known now: open amounts, aging, holds, and what fell due."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from outreach.ledger import as_of
from outreach.ledger.as_of import Balance, FallenDue
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Hold
from outreach.ledger.receivables import Application, Invoice
from outreach.rules.overdue import Share
from tests.campaigns.book import Book, at

DAY = date(2026, 11, 23)


def ago(days: int) -> date:
    return DAY - timedelta(days)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    book = Book(ledger)
    for number in ("A", "B"):
        book.account(number)
    return book


def invoice(book: Book, account: str, number: str, due: date, amount: int, **columns: Any) -> int:
    """Written 30 days before it is due."""
    return book.invoice(account, number, due, amount, **{"invoiced_on": due - timedelta(30)} | columns)


def applied(book: Book, invoice_id: int, amount: int, on: date, kind: str = "payment") -> None:
    """In whole units; what is open now moves with it."""
    book.add(
        Application(
            invoice_id=invoice_id, amount_minor=100 * amount, kind=kind, dated_on=on, recorded_at=at(DAY)
        )
    )
    book.change(Invoice, Invoice.id == invoice_id, open_minor=Invoice.open_minor - 100 * amount)


def balances(book: Book, on: date) -> list[Balance]:
    with book.ledger.reading() as session:
        return sorted(as_of.balances(session, on))


def shares(book: Book, on: date = DAY) -> list[Share]:
    with book.ledger.reading() as session:
        return as_of.overdue_shares(session, on, 31)


def test_what_is_paid_now_was_open_then(book: Book) -> None:
    paid = invoice(book, "A", "I1", ago(40), 100)
    applied(book, paid, 30, ago(35))
    applied(book, paid, 70, ago(1))
    assert balances(book, ago(36)) == [Balance("1-30", "USD", 1, 10_000)]
    assert balances(book, ago(35)) == [Balance("1-30", "USD", 1, 7_000)]
    assert balances(book, ago(2)) == [Balance("31-60", "USD", 1, 7_000)]
    assert balances(book, ago(1)) == []
    assert balances(book, ago(71)) == [], "it was not written yet"


def test_a_payment_that_bounced_closed_it_in_between(book: Book) -> None:
    bounced = invoice(book, "A", "I1", ago(40), 100)
    applied(book, bounced, 100, ago(20))
    applied(book, bounced, -100, ago(10), "reversal")
    assert [len(balances(book, ago(days))) for days in (21, 20, 11, 10)] == [1, 0, 0, 1]


def test_a_later_date_that_a_file_showed_stands_in_the_ledger(book: Book) -> None:
    invoice(book, "A", "I1", DAY + timedelta(60), 100, first_seen_on=ago(3))
    assert balances(book, ago(4)) == []
    assert balances(book, ago(3)) == [Balance("current", "USD", 1, 10_000)]


def test_currencies_and_credits_stand_in_their_own_buckets(book: Book) -> None:
    invoice(book, "A", "I1", ago(10), 100)
    invoice(book, "A", "I2", ago(10), 50, currency="EUR")
    invoice(book, "A", "C1", ago(70), -20)
    assert balances(book, DAY) == [
        Balance("1-30", "EUR", 1, 5_000),
        Balance("1-30", "USD", 1, 10_000),
        Balance("61-90", "USD", 1, -2_000),
    ]
    with book.ledger.reading() as session:
        assert as_of.totals(session, DAY) == {"EUR": 5_000, "USD": 8_000}


def test_over_31_is_gross_and_strictly_over(book: Book) -> None:
    invoice(book, "A", "I1", ago(32), 100)
    invoice(book, "A", "I2", ago(31), 70)
    invoice(book, "B", "C1", ago(90), -20)
    assert shares(book) == [Share("A", "USD", 10_000)]


def test_credits_disputes_and_promises_of_the_day_are_told_apart(book: Book) -> None:
    for number, amount in (("I1", 100), ("I2", 50), ("I3", 80)):
        invoice(book, "A", number, ago(60), amount)
    invoice(book, "A", "I4", ago(2), 500)
    invoice(book, "A", "C1", ago(1), -20, invoiced_on=ago(1))
    book.hold("I1", "dispute", ago(10), amount=30)
    book.hold("I1", "promise", ago(10), until=ago(5), amount=90)
    book.hold("I2", "dispute", ago(3))
    book.hold("I3", "issue", ago(10))
    book.hold("I4", "dispute", ago(10))
    assert shares(book, ago(4)) == [Share("A", "USD", 23_000, 0, 3_000, 0)], "the credit came later"
    assert shares(book, ago(5)) == [Share("A", "USD", 23_000, 0, 3_000, 7_000)], "no more than is open"
    assert shares(book) == [Share("A", "USD", 23_000, 2_000, 8_000, 0)]


def test_a_hold_that_ended_since_held_then(book: Book) -> None:
    invoice(book, "A", "I1", ago(60), 100)
    hold = book.hold("I1", "dispute", ago(10))
    with book.ledger.writing() as session:
        session.execute(update(Hold).where(Hold.id == hold).values(ended_on=ago(4)))
    held = [shares(book, ago(days))[0].disputed for days in (11, 10, 5, 4)]
    assert held == [0, 10_000, 10_000, 0]


def test_a_dispute_never_holds_more_than_was_open(book: Book) -> None:
    part_paid = invoice(book, "A", "I1", ago(60), 100)
    book.hold("I1", "dispute", ago(50), amount=90)
    book.hold("I1", "dispute", ago(50), amount=90)
    applied(book, part_paid, 60, ago(20))
    assert [shares(book, day)[0].disputed for day in (ago(21), DAY)] == [10_000, 4_000]


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (ago(30), FallenDue()),
        (ago(20), FallenDue(gross=10_000)),
        (ago(10), FallenDue(gross=10_000, paid=6_000)),
        (ago(5), FallenDue(gross=30_000, paid=6_000)),
        (DAY, FallenDue(gross=30_000, credits=4_000, paid=10_000, vanished=4_000)),
    ],
    ids=str,
)
def test_what_fell_due_and_what_was_paid_of_it(book: Book, on: date, found: FallenDue) -> None:
    first = invoice(book, "A", "I1", ago(20), 100)
    applied(book, first, 60, ago(10))
    applied(book, first, 40, ago(1), "vanished")
    invoice(book, "A", "I2", ago(5), 200)
    invoice(book, "A", "I0", ago(40), 999)
    invoice(book, "A", "C1", ago(2), -40)
    invoice(book, "A", "R1", ago(2), -30, kind="receipt")
    with book.ledger.reading() as session:
        assert as_of.fallen_due(session, ago(29), on).get("USD", FallenDue()) == found


def test_a_credit_note_that_was_used_is_no_payment(book: Book) -> None:
    """100 are invoiced, 40 credited, 60 paid; the file shows 100 applied to the invoice."""
    owed, credit = invoice(book, "A", "I1", ago(20), 100), invoice(book, "A", "C1", ago(15), -40)
    applied(book, owed, 100, ago(10))
    applied(book, credit, -40, ago(10))
    with book.ledger.reading() as session:
        assert as_of.fallen_due(session, ago(29), DAY) == {"USD": FallenDue(10_000, 4_000, 6_000)}


@pytest.mark.parametrize(
    ("note_due", "note_used", "old_settled", "new_settled", "found"),
    [
        # The note settled an invoice of before: it says nothing of what fell due since.
        (ago(15), ago(14), ago(14), None, FallenDue(100_000, 0, 30_000)),
        # The note is of before, and settled an invoice that fell due since.
        (ago(35), ago(14), None, ago(14), FallenDue(100_000, 40_000, 30_000)),
        (ago(15), ago(14), None, ago(14), FallenDue(100_000, 40_000, 30_000)),
        # Both on one day: the oldest first.
        (ago(15), ago(14), ago(14), ago(14), FallenDue(100_000, 0, 70_000)),
        # On a day of its own: what fell due with it was credited. Of before: nothing is known of it.
        (ago(15), ago(14), None, ago(12), FallenDue(100_000, 40_000, 30_000)),
        (ago(35), ago(14), None, ago(12), FallenDue(100_000, 0, 70_000)),
        # Not used: it will be.
        (ago(15), None, None, ago(12), FallenDue(100_000, 30_000, 70_000)),
    ],
)
def test_what_a_credit_note_was_used_for(
    book: Book,
    note_due: date,
    note_used: date | None,
    old_settled: date | None,
    new_settled: date | None,
    found: FallenDue,
) -> None:
    """400 of before, 300 that were paid, 400 and 300 more; a credit note of 400."""
    old, note = invoice(book, "A", "OLD", ago(40), 400), invoice(book, "A", "CM", note_due, -400)
    new = invoice(book, "A", "A-2", ago(8), 400)
    applied(book, invoice(book, "A", "A-1", ago(10), 300), 300, ago(9))
    invoice(book, "A", "A-3", ago(6), 300)
    applied(book, invoice(book, "B", "OTHER", ago(40), 400), 400, ago(14))
    for id_, amount, on in ((old, 400, old_settled), (note, -400, note_used), (new, 400, new_settled)):
        if on:
            applied(book, id_, amount, on)
    with book.ledger.reading() as session:
        assert as_of.fallen_due(session, ago(29), DAY) == {"USD": found}


def test_more_is_never_credited_than_fell_due(book: Book) -> None:
    """A is owed 100 and has 500 to its credit, B has paid 50 of 100."""
    invoice(book, "A", "I1", ago(10), 100)
    applied(book, invoice(book, "A", "C1", ago(9), -300), -300, ago(8))
    invoice(book, "A", "C2", ago(9), -200)
    applied(book, invoice(book, "B", "I2", ago(10), 100), 50, ago(5))
    with book.ledger.reading() as session:
        assert as_of.fallen_due(session, ago(29), DAY) == {"USD": FallenDue(20_000, 10_000, 5_000)}


def test_a_credit_applied_as_such_is_none_either(book: Book) -> None:
    owed = invoice(book, "A", "I1", ago(20), 100)
    applied(book, owed, 40, ago(10), "credit")
    applied(book, owed, 60, ago(10))
    with book.ledger.reading() as session:
        assert as_of.fallen_due(session, ago(29), DAY) == {"USD": FallenDue(10_000, 4_000, 6_000)}
