"""What is overdue more than 31 days beside its target, and what would close the gap (product.md 6).

Amounts of several currencies meet only as "about USD", in US cents.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from outreach.rules.money import Rates


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


class Share(NamedTuple):
    """What one account has overdue more than 31 days in one currency, in minor units."""

    account: str
    currency: str
    gross: int
    unapplied: int = 0
    disputed: int = 0
    promised: int = 0

    @property
    def held(self) -> "tuple[int, int, int]":
        """Unapplied, disputed and promised, in this order no more than what is left of the gross amount."""
        unapplied = min(self.unapplied, self.gross)
        disputed = min(self.disputed, self.gross - unapplied)
        return unapplied, disputed, min(self.promised, self.gross - unapplied - disputed)


class Closer(NamedTuple):
    """An account whose paying would help to close the gap."""

    account: str
    amounts: Mapping[str, int]
    """currency -> minor units"""
    cents: int
    """about USD"""


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


def shortest_list(shares: Iterable[Share], limit: int, rates: Rates, on: date) -> list[Closer]:
    """The fewest accounts whose paying brings the gross sum below the limit, the largest first.

    Empty where it is below already. What has no rate counts for nothing.
    """
    total: Counter[str] = Counter()
    owed: dict[str, dict[str, int]] = {}
    for share in shares:
        if rates.about_usd(share.gross, share.currency, on) is not None:
            total[share.currency] += share.gross
            owed.setdefault(share.account, {})[share.currency] = share.gross
    closers = [Closer(account, amounts, _cents(amounts, rates, on)) for account, amounts in owed.items()]
    closers.sort(key=lambda one: (-one.cents, one.account))
    chosen: list[Closer] = []
    for one in closers:
        if _cents(total, rates, on) < limit:
            break
        chosen.append(one)
        total.subtract(one.amounts)
    return chosen


def _cents(amounts: Mapping[str, int], rates: Rates, on: date) -> int:
    return sum(rates.about_usd(amount, currency, on) or 0 for currency, amount in amounts.items())
