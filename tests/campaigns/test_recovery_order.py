"""`order = "recovery"`: within a tier by what a call may bring forward, said in a sentence."""

from datetime import date, timedelta

import pytest

from outreach.ledger.base import Ledger
from tests.campaigns.book import POLICY, Book

TUE = date(2026, 12, 1)
DUE = TUE - timedelta(6)


def filled(ledger: Ledger, order: str) -> Book:
    """A pays at once, though it owes more; B is always three weeks late."""
    book = Book(ledger, POLICY + f'[desk]\norder = "{order}"\n')
    book.imported(TUE)
    for account, amount, late in (("A", 1200, 7), ("B", 1000, 26)):
        book.account(account)
        book.invoice(account, f"{account}1", DUE, amount)
        for n in range(30):
            due = TUE - timedelta(60 + 10 * n)
            settled = {"open_minor": 0, "closed_on": due + timedelta(late)}
            book.invoice(account, f"{account}-{n}", due, 100, settled=settled)
    return book


@pytest.mark.parametrize(("order", "called"), [("amount", ["A", "B"]), ("recovery", ["B", "A"])])
def test_who_comes_first(ledger: Ledger, order: str, called: list[str]) -> None:
    book = filled(ledger, order)
    book.plan(TUE)
    assert book.called(TUE) == called


def test_the_estimate_is_a_reason_in_words_and_the_value_stays_the_amount(ledger: Ledger) -> None:
    book = filled(ledger, "recovery")
    book.plan(TUE)
    first, _ = book.touches(TUE, "call")
    assert (first.value_minor, first.reasons) == (
        100_000,
        [
            "B1 is 6 days past due, 1,000.00 USD",
            "likely to stay unpaid for about 18 more days: 30 of their 30 invoices of a year were late",
        ],
    )


def test_a_tier_comes_before_any_estimate(ledger: Ledger) -> None:
    book = filled(ledger, "recovery")
    book.account("C")
    book.invoice("C", "C1", TUE - timedelta(16), 50)
    book.plan(TUE)
    assert book.called(TUE) == ["C", "B", "A"]


def test_what_is_held_is_not_in_the_estimate(ledger: Ledger) -> None:
    book = filled(ledger, "recovery")
    book.hold("B1", "dispute", TUE, amount=900)
    book.plan(TUE)
    assert book.called(TUE) == ["A", "B"]
