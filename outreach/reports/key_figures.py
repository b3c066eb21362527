"""DSO, CEI and the collection rate of a day, in each currency: from the ledger's sums to figures explained.

Where what is known cannot carry a figure, the figure is none and says why: open items alone would give nonsense
(product.md 6).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from outreach.ledger import as_of, sales
from outreach.ledger.as_of import Balance, FallenDue
from outreach.ledger.coverage import Coverage, coverage
from outreach.ledger.sales import SoldOn
from outreach.rules import dso
from outreach.rules.collection_rate import collection_rate
from outreach.rules.credit_sales import CreditSales, Invoiced, Stated, Unknown, backwards, stated_through
from outreach.rules.effectiveness import effectiveness
from outreach.rules.explained import Explained, Missing
from outreach.rules.policy import Policy
from outreach.rules.quarters import Quarter, months_before, quarter_of

TITLES: Mapping[str, str] = {
    "dso_simple": "DSO",
    "dso_countback": "DSO, countback",
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
    sales: CreditSales


@dataclass(frozen=True, slots=True)
class Sources:
    """Whose files make up the ledger, and from when on each of them knows everything."""

    known: Mapping[str, Coverage]
    sold: Mapping[str, Sequence[SoldOn]] = field(default_factory=dict)
    """currency -> what was invoiced by day"""

    def of(self, currency: str) -> list[Coverage]:
        names = {one.source for one in self.sold.get(currency, ())}
        return [self.known[name] for name in sorted(names)]

    def unknown_on(self, currency: str, on: date) -> Missing | None:
        """Why what was open on a day cannot be told, if it cannot."""
        for one in self.of(currency):
            if one.begins is None:
                return Missing(f"no file of {one.source} has been applied")
            if one.begins > on:
                return Missing(
                    f"the files of {one.source} begin on {one.begins}: what was paid before it is not known, "
                    f"so neither is what was open on {on}"
                )
        return None


def key_figures(session: Session, on: date, policy: Policy) -> Mapping[str, KeyFigures]:
    """Currency -> figure's name -> the figure: of every currency that was ever invoiced, and of ours."""
    return {book.currency: _figures(book, policy) for book in _books(session, on, policy)}


def _figures(book: Book, policy: Policy) -> KeyFigures:
    targets, currency, due = policy.targets, book.currency, book.due
    sold = book.sales.between(book.on - timedelta(targets.dso_period - 1), book.on)
    simple = dso.simple(book.receivable, sold, targets.dso_period, currency)
    best = dso.best_possible(book.current, sold, targets.dso_period, currency)
    in_quarter = book.sales.between(book.quarter.first, book.on)
    cei = effectiveness(book.start, in_quarter, book.receivable, book.current, currency)
    rate = collection_rate(
        book.start if isinstance(book.start, Missing) else due.gross, due.credits, due.paid, currency
    )
    return {
        "dso_simple": simple.to_be_below(targets.dso),
        "dso_countback": _countback(book).to_be_below(targets.dso),
        "best_possible_dso": best,
        "add": dso.delinquent(simple, best),
        "cei": cei,
        "collection_rate_quarter": rate.to_be_at_least(targets.collected),
    }


def _countback(book: Book) -> Explained:
    """Without any month known it says why, and not that none is."""
    newest = book.sales.between(book.on.replace(day=1), book.on)
    receivable = newest if isinstance(newest, Missing) else book.receivable
    return dso.countback(receivable, backwards(book.sales, book.on), book.currency)


def _books(session: Session, on: date, policy: Policy) -> Iterator[Book]:
    quarter = quarter_of(on, policy.calendar.fiscal_year_begins)
    before = quarter.first - timedelta(1)
    standing = _by_currency(as_of.balances(session, on))
    starts = as_of.totals(session, before)
    due = as_of.fallen_due(session, quarter.first, on)
    sources = Sources(coverage(session), _sold(session, on))
    stated = _stated(session, policy)
    for currency in sorted({policy.organization.currency, *standing, *sources.sold}):
        buckets = standing.get(currency, [])
        unknown, unknown_before = sources.unknown_on(currency, on), sources.unknown_on(currency, before)
        yield Book(
            currency,
            on,
            quarter,
            receivable=unknown or sum(one.amount for one in buckets),
            current=unknown or sum(one.amount for one in buckets if one.bucket == "current"),
            start=unknown_before or starts.get(currency, 0),
            due=due.get(currency, FallenDue()),
            sales=_sales(
                sources, stated.get(currency, {}), currency, policy.business_days.add_business_days(on, -1)
            ),
        )


def _sales(
    sources: Sources, stated: Mapping[date, tuple[int, date]], currency: str, fresh: date
) -> CreditSales:
    """From the full history where every source of the currency has one that is not stale, else as stated."""
    of = sources.of(currency)
    histories = [one.history_until for one in of if one.history_until]
    if of and len(histories) == len(of) and min(histories) >= fresh:
        daily: Counter[date] = Counter()
        for one in sources.sold[currency]:
            daily[one.on] += one.amount
        return Invoiced(daily, max(months_before(one.first_invoice_on, 0) for one in of))
    if stated:
        return Stated(stated, currency)
    return Unknown(_why_unknown(of, currency, fresh))


def _why_unknown(of: Sequence[Coverage], currency: str, fresh: date) -> Missing:
    remedy = "state them with `outreach sales FILE`, or import the full history of invoices"
    for one in of:
        if one.history_until and one.history_until < fresh:
            return Missing(f"the history of {one.source} ends on {one.history_until}: import it anew")
    return Missing(
        f"credit sales in {currency} are not known, and open items alone do not tell them: {remedy}"
    )


def _sold(session: Session, on: date) -> Mapping[str, list[SoldOn]]:
    found: dict[str, list[SoldOn]] = defaultdict(list)
    for one in sales.invoiced(session, on):
        found[one.currency].append(one)
    return found


def _stated(session: Session, policy: Policy) -> Mapping[str, dict[date, tuple[int, date]]]:
    found: dict[str, dict[date, tuple[int, date]]] = defaultdict(dict)
    for row in sales.stated(session):
        through = stated_through(row.month, policy.today(row.stated_at))
        found[row.currency][row.month] = (row.amount_minor, through)
    return found


def _by_currency(rows: Iterable[Balance]) -> Mapping[str, list[Balance]]:
    found: dict[str, list[Balance]] = defaultdict(list)
    for row in rows:
        found[row.currency].append(row)
    return found
