"""Where credit sales come from, and from when on the ledger is known: which files carry which figure."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.imports import Import
from outreach.ledger.receivables import Invoice
from outreach.ledger.sales import CreditSales
from outreach.reports.key_figures import KeyFigures, key_figures
from outreach.rules.policy import Policy
from tests.campaigns.book import POLICY, Book, at

MONDAY = date(2026, 11, 23)
FRIDAY, THURSDAY = MONDAY - timedelta(3), MONDAY - timedelta(4)
QUARTER = date(2026, 10, 1)
LONG_AGO = date(2025, 1, 10)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    """An invoice of long ago, one of September and one of November, in euros as well."""
    book = Book(ledger)
    book.account("A")
    for currency in ("USD", "EUR"):
        for number, dated in (("1", LONG_AGO), ("2", date(2026, 9, 1)), ("3", date(2026, 11, 2))):
            columns: dict[str, Any] = {"currency": currency, "invoiced_on": dated}
            book.invoice("A", f"{currency}{number}", dated + timedelta(30), 900, **columns)
    return book


def file(book: Book, form: str, as_of: date, source: str = "ledger") -> None:
    told = {"file_name": "-", "sha256": "-", "state": "applied", "actor": "test", "started_at": at(as_of)}
    book.add(Import(source=source, form=form, as_of=as_of, **told))


def figures(book: Book, currency: str = "USD", on: date = MONDAY, policy: Policy | None = None) -> KeyFigures:
    with book.ledger.reading() as session:
        found = key_figures(session, on, policy or policies.in_force(session).policy)
        return found[currency]


def why(book: Book, name: str = "dso_simple", currency: str = "USD") -> str | None:
    return figures(book, currency)[name].why


def state(book: Book, *months: int) -> None:
    for month in months:
        told = {"stated_at": at(MONDAY), "stated_by": "op", "currency": "USD", "amount_minor": 31_000}
        book.add(CreditSales(month=date(2026, month, 1), **told))


@pytest.mark.parametrize("until", [MONDAY, FRIDAY])
def test_a_history_up_to_the_business_day_before_gives_all(book: Book, until: date) -> None:
    file(book, "history", until)
    found = figures(book)
    assert {name: one.why for name, one in found.items() if one.why} == {}
    assert found["dso_simple"].inputs["credit sales"] == "1,800.00 USD"
    assert found["dso_simple"].value == 135, "2,700 are open"


def test_a_stale_history_gives_none(book: Book) -> None:
    file(book, "history", THURSDAY)
    assert why(book) == "the history of ledger ends on 2026-11-19: import it anew"


def test_open_items_beside_a_history_give_none_in_their_currency(book: Book) -> None:
    file(book, "history", MONDAY)
    file(book, "snapshot", MONDAY, source="branch")
    assert why(book, currency="EUR") is None, "the branch has no invoice yet"
    id_ = book.invoice("A", "B1", MONDAY, 5, currency="EUR")
    book.change(Invoice, Invoice.id == id_, source="branch")
    assert why(book) is None
    assert "open items alone" in str(why(book, currency="EUR"))


def test_snapshots_need_stated_months(book: Book) -> None:
    file(book, "snapshot", LONG_AGO)
    assert "credit sales in USD are not known" in str(why(book))
    state(book, 8, 9, 10)
    assert "credit sales of 2026-11 in USD are not known" in str(why(book))
    state(book, 11)
    assert why(book) is None
    assert figures(book)["dso_simple"].inputs["credit sales"] == "990.00 USD"  # 310 x (6/31 + 3)
    assert (why(book, "cei"), why(book, "collection_rate_quarter")) == (None, None)


def test_stated_months_do_not_stand_beside_a_full_history(book: Book) -> None:
    file(book, "history", MONDAY)
    state(book, 8, 9, 10, 11)
    assert figures(book)["dso_simple"].inputs["credit sales"] == "1,800.00 USD"


def test_stated_months_serve_where_the_history_does_not_reach(book: Book) -> None:
    """It begins in September, the days of DSO on August 26th; countback goes on into stated months."""
    book.change(Invoice, Invoice.invoiced_on == LONG_AGO, invoiced_on=date(2026, 9, 20))
    file(book, "history", MONDAY)
    assert why(book) == "the history of invoices begins on 2026-09-01, after 2026-08-26"
    state(book, 8)
    assert "credit sales of 2026-09 in USD are not known" in str(why(book))
    state(book, 9, 10, 11)
    found = figures(book)
    assert found["dso_simple"].inputs["credit sales"] == "990.00 USD"  # as stated: 310 x (6/31 + 3)
    book.change(Invoice, Invoice.number == "USD3", open_minor=910_00)
    assert figures(book)["dso_countback"].value == 23 + 31 + 30 + Fraction(10, 310) * 31


@pytest.mark.parametrize(
    ("first", "known"),
    [(QUARTER - timedelta(1), {"cei", "collection_rate_quarter", "dso_simple"}), (QUARTER, {"dso_simple"})],
)
def test_snapshots_must_reach_back_before_the_quarter(book: Book, first: date, known: set[str]) -> None:
    file(book, "snapshot", first)
    state(book, 8, 9, 10, 11)
    names = ("cei", "collection_rate_quarter", "dso_simple")
    assert {name for name in names if why(book, name) is None} == known


def test_before_the_first_snapshot_nothing_is_known(book: Book) -> None:
    file(book, "snapshot", MONDAY)
    state(book, 8, 9, 10, 11)
    found = figures(book, on=FRIDAY)
    assert {one.value for one in found.values()} == {None}
    assert str(found["dso_simple"].why).startswith("the files of ledger begin on 2026-11-23")


def test_the_quarter_is_the_fiscal_one(book: Book) -> None:
    """From November 1st on only what fell due on the 2nd of December would count: nothing did so far."""
    file(book, "history", MONDAY)
    fiscal = Policy.parse(POLICY + "[calendar]\nfiscal_year_begins = 2\n")
    by_calendar, by_fiscal = (figures(book, policy=one)["collection_rate_quarter"] for one in (None, fiscal))
    assert (by_calendar.inputs["gross"], by_calendar.value) == ("900.00 USD", Fraction(0))
    assert by_fiscal.why == "nothing fell due in the quarter so far"


def test_without_anything_it_says_what_to_do(ledger: Ledger) -> None:
    found = figures(Book(ledger))
    assert "outreach sales FILE" in str(found["dso_simple"].why)
    assert found["collection_rate_quarter"].why == "nothing fell due in the quarter so far"
