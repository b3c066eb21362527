"""What was sold on credit in any stretch of days: from the invoices of a full history, or from stated months.

Open items alone never serve: what was paid is not among them (product.md 6).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple, Protocol

from outreach.rules.explained import Missing
from outreach.rules.quarters import month_end, months_before


class Month(NamedTuple):
    """A month's credit sales up to a day, in minor units; `days` are those of it up to that day."""

    first: date
    days: int
    amount: Fraction


class CreditSales(Protocol):
    """Where credit sales come from, in one currency."""

    def between(self, first: date, last: date) -> Fraction | Missing:
        """What was sold from the one day to the other, both included."""


@dataclass(frozen=True, slots=True)
class Invoiced:
    """From a full history: what was invoiced on each day, less credit notes."""

    daily: Mapping[date, int]
    begins: date
    """the first day of the first month it covers"""

    def between(self, first: date, last: date) -> Fraction | Missing:
        if first < self.begins:
            return Missing(f"the history of invoices begins on {self.begins}, after {first}")
        return Fraction(sum(amount for on, amount in self.daily.items() if first <= on <= last))


@dataclass(frozen=True, slots=True)
class Stated:
    """From stated months, each spread evenly over the days it speaks of."""

    months: Mapping[date, tuple[int, date]]
    """first day -> minor units, and the last day that they include"""
    currency: str

    def between(self, first: date, last: date) -> Fraction | Missing:
        total, month = Fraction(0), months_before(first, 0)
        while month <= last:
            if month not in self.months:
                return Missing(
                    f"credit sales of {month:%Y-%m} in {self.currency} are not known: state them with "
                    "`outreach sales FILE`, or import the full history of invoices"
                )
            amount, through = self.months[month]
            counted = (min(last, through) - max(first, month)).days + 1
            total += Fraction(amount * max(0, counted), (through - month).days + 1)
            month = months_before(month, -1)
        return total


@dataclass(frozen=True, slots=True)
class FirstKnown:
    """From the first that knows a stretch of days; where none does, the last says why."""

    choices: Sequence[CreditSales]

    def between(self, first: date, last: date) -> Fraction | Missing:
        found: Fraction | Missing = Missing("credit sales are not known")
        for one in self.choices:
            found = one.between(first, last)
            if not isinstance(found, Missing):
                break
        return found


@dataclass(frozen=True, slots=True)
class Unknown:
    """From nowhere."""

    why: Missing

    def between(self, first: date, last: date) -> Fraction | Missing:
        return self.why


def backwards(sales: CreditSales, on: date) -> Iterator[Month]:
    """Month by month from that of `on`, of which only the elapsed days count, as far as they are known."""
    first, last = on.replace(day=1), on
    while not isinstance(amount := sales.between(first, last), Missing):
        yield Month(first, (last - first).days + 1, amount)
        last = first - timedelta(1)
        first = months_before(last, 0)


def stated_through(month: date, stated_on: date) -> date:
    """The last day a stated month includes: stated while it runs, it speaks of its days so far."""
    last = month_end(month)
    return min(last, stated_on) if stated_on >= month else last
