"""What a file does to the open total: by how much each currency moves, and by which invoices the most."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from heapq import heappush, heappushpop, nlargest
from typing import NamedTuple

LARGEST = 5
"""changes shown of each currency, since currencies cannot be compared"""


class Move(NamedTuple):
    """What is open of one invoice before and after the file, in minor units of its currency."""

    account: str
    invoice: str
    before: int
    after: int


@dataclass
class Movement:
    """Adds up moves. Its memory does not grow with the file."""

    by_currency: Counter[str] = field(default_factory=Counter)
    """after less before, in minor units"""
    _heaps: dict[str, list[tuple[int, Move]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, currency: str, move: Move) -> None:
        gap = move.after - move.before
        if not gap:
            return
        self.by_currency[currency] += gap
        heap, item = self._heaps[currency], (abs(gap), move)
        if len(heap) < LARGEST:
            heappush(heap, item)
        else:
            heappushpop(heap, item)

    def largest(self) -> dict[str, list[Move]]:
        """Currency -> its largest moves, the largest first."""
        return {
            currency: [move for _, move in nlargest(LARGEST, heap)]
            for currency, heap in sorted(self._heaps.items())
        }
