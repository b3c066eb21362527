"""Root causes by amount: an invoice counts once, by the newest word on it in the days that are asked for."""

from datetime import date

import pytest
from sqlalchemy import select

from outreach.ledger import root_causes
from outreach.ledger.base import Ledger
from outreach.ledger.receivables import Invoice
from tests.campaigns.book import Book
from tests.rules.given import RATES, day

DUE = day("2026-10-01")


@pytest.fixture
def book(ledger: Ledger) -> Book:
    book = Book(ledger)
    book.account("HARBOR")
    book.account("QUAY")
    book.invoice("HARBOR", "H-1", DUE, 100)
    book.invoice("HARBOR", "H-2", DUE, 50)
    book.invoice("QUAY", "Q-1", DUE, 70, currency="EUR")
    return book


def say(book: Book, cause: str, on: str, *numbers: str) -> None:
    with book.ledger.writing() as session:
        about = session.scalars(select(Invoice).where(Invoice.number.in_(numbers))).all()
        root_causes.note(session, about, cause, source="call", about=None, by="ana", on=day(on))


def told(book: Book, first: date | None = None, last: date | None = None) -> dict[str, object]:
    with book.ledger.reading() as session:
        found = root_causes.sums(session, first, last)
    return {one.cause: (one.accounts, one.invoices, one.amounts) for one in found}


def test_the_newest_word_on_an_invoice_counts(book: Book) -> None:
    say(book, "not_received", "2026-11-02", "H-1", "H-2", "Q-1")
    say(book, "cash_flow", "2026-11-09", "H-1")
    assert told(book) == {
        "not_received": (2, 2, {"EUR": 7000, "USD": 5000}),
        "cash_flow": (1, 1, {"USD": 10000}),
    }


def test_only_the_days_that_are_asked_for(book: Book) -> None:
    say(book, "not_received", "2026-11-02", "H-1")
    say(book, "cash_flow", "2026-11-09", "H-1", "H-2")
    assert told(book, last=day("2026-11-08")) == {"not_received": (1, 1, {"USD": 10000})}
    assert told(book, day("2026-11-09"), day("2026-11-09")) == {"cash_flow": (1, 2, {"USD": 15000})}
    assert told(book, first=day("2026-11-10")) == {}


def test_the_amount_is_what_was_open_when_it_was_said(book: Book) -> None:
    say(book, "other", "2026-11-02", "H-1")
    book.pay("H-1")
    assert told(book) == {"other": (1, 1, {"USD": 10000})}


def test_currencies_meet_only_for_ranking(book: Book) -> None:
    say(book, "other", "2026-11-02", "H-1", "Q-1")
    with book.ledger.reading() as session:
        [one] = root_causes.sums(session, None, None)
    eur = RATES.about_usd(7000, "EUR", day("2026-11-02"))
    assert eur
    assert one.about_usd(RATES, day("2026-11-02")) == 10000 + eur


def test_nothing_said_about_nothing_is_nothing(book: Book) -> None:
    say(book, "other", "2026-11-02", "NONE")
    assert told(book) == {}


def test_what_has_no_rate_is_named(book: Book) -> None:
    book.invoice("QUAY", "Q-2", DUE, 9, currency="XAF")
    say(book, "other", "2026-11-02", "H-1", "Q-2")
    with book.ledger.reading() as session:
        (found,) = root_causes.sums(session, None, None)
    assert found.about_usd(RATES, DUE) == 10000
    assert found.unrated(RATES, DUE) == {"XAF": 900}
