"""What the files of each source let us know of a day: what was open, and what had been sold on credit."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from outreach.ledger import sales
from outreach.ledger.coverage import Coverage, coverage
from outreach.ledger.sales import SoldOn
from outreach.rules.credit_sales import CreditSales, FirstKnown, Invoiced, Stated, Unknown, stated_through
from outreach.rules.explained import Missing
from outreach.rules.policy import Policy
from outreach.rules.quarters import months_before

REMEDY = "state them with `outreach sales FILE`, or import the full history of invoices"


@dataclass(frozen=True, slots=True)
class Sources:
    """Whose files make up the ledger of a day."""

    known: Mapping[str, Coverage]
    sold: Mapping[str, Sequence[SoldOn]]
    """currency -> what was invoiced by source and day"""
    stated: Mapping[str, Mapping[date, tuple[int, date]]]
    """currency -> month -> credit sales, and the last day they include"""
    fresh: date
    """a history that ends before this day is stale"""

    @property
    def currencies(self) -> set[str]:
        return set(self.sold)

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

    def sales(self, currency: str) -> CreditSales:
        """From the full history where every source of the currency has a fresh one; what that does not reach
        is as stated."""
        of, known = self.of(currency), list[CreditSales]()
        if of and all(one.history_until and one.history_until >= self.fresh for one in of):
            daily: Counter[date] = Counter()
            for one in self.sold[currency]:
                daily[one.on] += one.amount
            known.append(Invoiced(daily, max(months_before(one.first_invoice_on, 0) for one in of)))
        if currency in self.stated:
            known.append(Stated(self.stated[currency], currency))
        return FirstKnown(known or [Unknown(self._why_unknown(currency))])

    def _why_unknown(self, currency: str) -> Missing:
        for one in self.of(currency):
            if one.history_until and one.history_until < self.fresh:
                return Missing(f"the history of {one.source} ends on {one.history_until}: import it anew")
        why = f"credit sales in {currency} are not known, and open items alone do not tell them"
        return Missing(f"{why}: {REMEDY}")


def sources(session: Session, on: date, policy: Policy) -> Sources:
    """What is known of a day; a history must reach to the business day before it."""
    sold: dict[str, list[SoldOn]] = defaultdict(list)
    for one in sales.invoiced(session, on):
        sold[one.currency].append(one)
    stated: dict[str, dict[date, tuple[int, date]]] = defaultdict(dict)
    for row in sales.stated(session):
        through = stated_through(row.month, policy.today(row.stated_at))
        stated[row.currency][row.month] = (row.amount_minor, through)
    return Sources(coverage(session), sold, stated, policy.business_days.add_business_days(on, -1))
