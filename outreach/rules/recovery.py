"""How long an account is likely to leave an invoice unpaid yet, from its own history: what a call today may
bring forward (product.md 2, the day's queue: a better estimate within a tier; docs/decisions/0008).

An invoice that is already so many days late is compared with those of the account that were at least as late
once, and how much later they came; a short history leans on everybody's.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

LEAN = 10
"""everybody's history counts as so many invoices of the account's own"""
UNKNOWN = Fraction(5)
"""days, where nobody has ever been as late"""


class Later(NamedTuple):
    """Invoices that were later than a number of days: how many, and by how many days in all."""

    invoices: int
    days: int


class History:
    """How late the invoices of the last year were paid, in days; early ones count as they are."""

    def __init__(self, days_late: Iterable[int]) -> None:
        self._days = sorted(days_late)
        self._sums = [0, *accumulate(self._days)]

    def __len__(self) -> int:
        return len(self._days)

    @property
    def late(self) -> int:
        """How many were paid after their due day."""
        return len(self._days) - bisect_right(self._days, 0)

    def later_than(self, days: int) -> Later:
        """Those that were later than so many days, and by how much."""
        first = bisect_right(self._days, days)
        count = len(self._days) - first
        return Later(count, self._sums[-1] - self._sums[first] - count * days)


class Late(NamedTuple):
    """What is asked of an invoice, and how late it is."""

    amount: int
    """about US cents"""
    days: int


def days_to_come(days: int, own: History, everybody: History) -> Fraction:
    """How many days more an invoice that is `days` late is likely to stay unpaid."""
    mine, all_of_them = own.later_than(days), everybody.later_than(days)
    usual = Fraction(all_of_them.days, all_of_them.invoices) if all_of_them.invoices else UNKNOWN
    return (mine.days + LEAN * usual) / (mine.invoices + LEAN)


def outlook(asked: Sequence[Late], own: History, everybody: History) -> int:
    """What there is to bring forward: US cents times days."""
    return int(sum(one.amount * days_to_come(one.days, own, everybody) for one in asked))


def sentence(asked: Sequence[Late], own: History, everybody: History) -> str:
    """The estimate in words."""
    total = sum(one.amount for one in asked)
    days = round(outlook(asked, own, everybody) / total) if total else 0
    about = f"likely to stay unpaid for about {days} more {'day' if days == 1 else 'days'}"
    if not len(own):
        return f"{about}, as others do: they have no history"
    return f"{about}: {own.late} of their {len(own)} invoices of a year were late"
