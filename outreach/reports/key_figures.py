"""DSO, CEI and the collection rate of a day, in each currency: from the ledger's sums to figures explained.

Where what is known cannot carry a figure it is none, and says why (product.md 6).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from outreach.ledger import as_of
from outreach.ledger.as_of import Balance, FallenDue
from outreach.reports.sources import sources
from outreach.rules import dso
from outreach.rules.collection_rate import collection_rate
from outreach.rules.credit_sales import CreditSales, backwards
from outreach.rules.effectiveness import effectiveness
from outreach.rules.explained import Explained, Missing
from outreach.rules.policy import Policy
from outreach.rules.quarters import Quarter, quarter_of

TITLES: Mapping[str, str] = {
    "dso_simple": "DSO",
    "dso_countback": "DSO by countback",
    "best_possible_dso": "Best possible DSO",
    "add": "Average days delinquent",
    "cei": "Collection effectiveness (CEI)",
    "collection_rate_quarter": "Collected of the quarter",
}
"""name in JSON -> what people call it"""

KeyFigures = Mapping[str, Explained]


@dataclass(frozen=True, slots=True)
class Book:
    """What the ledger says of one currency on one day, in minor units; sums only."""

    currency: str
    on: date
    quarter: Quarter
    receivable: int | Missing
    current: int | Missing
    start: int | Missing
    """what was open before the quarter began"""
    due: FallenDue
    """in the quarter so far"""
    sales: CreditSales


def key_figures(session: Session, on: date, policy: Policy) -> Mapping[str, KeyFigures]:
    """Currency -> figure's name -> the figure: of every currency that was ever invoiced, and of ours."""
    return {book.currency: _figures(book, policy) for book in _books(session, on, policy)}


def to_json(figures: Mapping[str, KeyFigures]) -> dict[str, dict[str, Any]]:
    """Currency -> name -> the figure as JSON has it."""
    return {
        currency: {name: one.to_json() for name, one in named.items()} for currency, named in figures.items()
    }


def _figures(book: Book, policy: Policy) -> KeyFigures:
    targets, currency, due = policy.targets, book.currency, book.due
    sold = book.sales.between(book.on - timedelta(targets.dso_period - 1), book.on)
    sold_in_quarter = book.sales.between(book.quarter.first, book.on)
    simple = dso.simple(book.receivable, sold, targets.dso_period, currency)
    best = dso.best_possible(book.current, sold, targets.dso_period, currency)
    gross = book.start if isinstance(book.start, Missing) else due.gross
    rate = collection_rate(gross, due.credits, due.paid, currency, vanished=due.vanished)
    return {
        "dso_simple": simple.to_be_below(targets.dso),
        "dso_countback": _countback(book).to_be_below(targets.dso),
        "best_possible_dso": best,
        "add": dso.delinquent(simple, best),
        "cei": effectiveness(book.start, sold_in_quarter, book.receivable, book.current, currency),
        "collection_rate_quarter": rate.to_be_at_least(targets.collected),
    }


def _countback(book: Book) -> Explained:
    """Where no month at all is known it says why."""
    newest = book.sales.between(book.on.replace(day=1), book.on)
    receivable = newest if isinstance(newest, Missing) else book.receivable
    return dso.countback(receivable, backwards(book.sales, book.on), book.currency)


def _books(session: Session, on: date, policy: Policy) -> Iterator[Book]:
    quarter = quarter_of(on, policy.calendar.fiscal_year_begins)
    before = quarter.first - timedelta(1)
    standing: dict[str, list[Balance]] = defaultdict(list)
    for row in as_of.balances(session, on):
        standing[row.currency].append(row)
    starts, due = as_of.totals(session, before), as_of.fallen_due(session, quarter.first, on)
    known = sources(session, on, policy)
    for currency in sorted({policy.organization.currency, *standing, *known.currencies}):
        unknown, unknown_before = known.unknown_on(currency, on), known.unknown_on(currency, before)
        yield Book(
            currency,
            on,
            quarter,
            receivable=unknown or sum(one.amount for one in standing[currency]),
            current=unknown or sum(one.amount for one in standing[currency] if one.bucket == "current"),
            start=unknown_before or starts.get(currency, 0),
            due=due.get(currency, FallenDue()),
            sales=known.sales(currency),
        )
