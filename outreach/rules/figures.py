"""Arithmetic of the figures a supervisor answers for (product.md 6). Money of a target is in US cents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from outreach.rules.money import Rates


def expected(target: int, opens: datetime, closes: datetime, now: datetime) -> int:
    """How many of a day's customers are called by now at an even pace over the duty hours."""
    passed = (now - opens) / (closes - opens)
    return int(target * min(max(passed, 0.0), 1.0))


def rate(part: int, whole: int) -> int | None:
    """A share in whole per cent, rounded down; None of nothing."""
    return part * 100 // whole if whole else None


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is overdue more than 31 days, about USD, beside what it must stay below (product.md 6)."""

    cents: int
    limit: int
    unrated: tuple[str, ...] = ()
    """currencies without a rate: their amounts are not among the cents"""

    @property
    def is_met(self) -> bool:
        return self.cents < self.limit

    @property
    def gap(self) -> int:
        """How far from the limit, whichever side."""
        return abs(self.limit - self.cents)


def overdue(amounts: Iterable[tuple[str, int]], limit: int, rates: Rates, on: date) -> Overdue:
    """Amounts in minor units by currency, held against the limit by the rates of a day."""
    cents, unrated = 0, []
    for currency, amount in amounts:
        about = rates.about_usd(amount, currency, on)
        if about is None:
            unrated.append(currency)
        else:
            cents += about
    return Overdue(cents, limit, tuple(unrated))
