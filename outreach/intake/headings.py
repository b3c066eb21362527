"""Reports that print the customer once, in a line of its own above its invoices, as Xero and NetSuite do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from outreach.intake.columns import Header
from outreach.intake.reading import Row

TOTALS = ("total", "subtotal", "sub-total", "grand total")
"""how a line begins that sums up those above it"""
_FEWEST_CELLS = 3
"""a record has more filled cells than a subtotal"""
_BUCKET = re.compile(
    r"current|older|<?\s*\d.*(?:days?|months?)|.*past due|over \d+|\d+\s*-\s*\d+", re.IGNORECASE
)


@dataclass
class Headings:
    """Gives every record the customer that was printed above it. Feed it the rows in order."""

    header: Header
    extra: bool
    """the file has no column for the account: one is put in front"""
    _customer: str = ""

    def place(self, row: Row) -> Row:
        """The row as if the customer stood in it; a cell that names one itself is left alone."""
        cells = row.cells
        if not row.trouble:
            self._note(cells)
        if self.extra:
            return row._replace(cells=[self._customer if _is_record(cells) else "", *cells])
        account = self.header.columns.get("account", len(cells))
        if not self._customer or account >= len(cells) or cells[account] or not _is_record(cells):
            return row
        return row._replace(cells=[*cells[:account], self._customer, *cells[account + 1 :]])

    def _note(self, cells: Sequence[str]) -> None:
        filled = [index for index, cell in enumerate(cells) if cell]
        if cells[filled[0]].lower().startswith(TOTALS):
            self._customer = ""
        elif len(filled) == 1 and filled[0] == (0 if self.extra else self.header.columns.get("account")):
            label = cells[filled[0]]
            self._customer = "" if _BUCKET.fullmatch(label) else label


def with_headings(header: Header) -> Header:
    """The header with a column in front for the customer that stands above its invoices."""
    columns = {name: index + 1 for name, index in header.columns.items()}
    twins = tuple((first + 1, second + 1) for first, second in header.twins)
    columns |= {"account": 0, "name": 0}
    return replace(header, names=("the line above", *header.names), columns=columns, twins=twins)


def _is_record(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(filled) >= _FEWEST_CELLS and not filled[0].lower().startswith(TOTALS)
