"""One file with its header found: titles above, rows below, and what is no record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from outreach.intake.columns import Header, Overrides, Required, find_header, require
from outreach.intake.headings import Headings, with_headings
from outreach.intake.problems import FileRefused
from outreach.intake.reading import CsvTable, Row, open_table
from outreach.intake.vocabulary import Vocabulary

_TEXTS = ("name", "contact", "role")
"""columns whose cells may run over several lines"""
DELIMITERS = (",", ";", "\t", "|")


@dataclass
class Sheet:
    """A table whose columns are known. `rows` may be walked any number of times."""

    table: CsvTable
    header: Header
    titles: list[Row] = field(default_factory=list)
    names_above: bool = False
    """the file has no column for the account: each stands in a line above its invoices"""

    def rows(self) -> Iterator[Row]:
        """Every row below the header, without the headers that paged reports repeat."""
        headings = Headings(self.header, self.names_above)
        printed = self.header.names[self.names_above :]
        for row in self.table.rows():
            if row.line > self.header.line and tuple(row.cells) != printed:
                yield headings.place(row)

    def misfit(self, row: Row) -> str:
        """Why the row does not fit the columns, or nothing: broken, short, wide, or at odds with itself."""
        cells, names = row.cells, self.header.names
        if row.trouble:
            return row.trouble
        if len(cells) > len(names) and any(cells[len(names) :]):
            return f"the row has {len(cells)} cells and the header {len(names)}; does a cell lack its quotes?"
        if len(cells) <= max(self.header.columns.values()):
            return f"the row ends after {len(cells)} of {len(names)} cells"
        for first, second in self.header.twins:
            if second < len(cells) and cells[first] != cells[second]:
                return f"two columns are named {names[first]!r} and their cells differ"
        return ""


def open_sheet(path: Path, vocabulary: Vocabulary, required: Required, overrides: Overrides) -> Sheet:
    """Find delimiter and header by the columns we know: the delimiter that shows the most of them is the one.

    Raises FileRefused with what is missing and how to name it.
    """
    table = open_table(path)
    best: Sheet | None = None
    for delimiter in DELIMITERS:
        candidate = replace(table, delimiter=delimiter)
        header = find_header(candidate.rows(), vocabulary, overrides)
        if header and len(header.columns) > (len(best.header.columns) if best else 0):
            best = Sheet(candidate, header)
    if best is None:
        raise FileRefused(
            f"{path.name} has no row that looks like a header; export it with its column names, "
            "or name them in a mapping file and give that with --mapping."
        )
    best.table.width = len(best.header.names)
    best.table.one_line = [n for column, n in best.header.columns.items() if column not in _TEXTS]
    best.titles = best.table.rows_before(best.header.line)
    if _names_stand_above(best, vocabulary):
        best.header, best.names_above = with_headings(best.header), True
    require(best.header, required, overrides, path.name)
    return best


def _names_stand_above(sheet: Sheet, vocabulary: Vocabulary) -> bool:
    """Invoices with no column for who owes them, and the first line below the header is a name alone."""
    columns = sheet.header.columns
    if "account" in columns or "invoice" not in columns or "due_on" not in vocabulary:
        return False
    first = next(sheet.rows(), None)
    return (
        first is not None and [bool(cell) for cell in first.cells].count(True) == 1 and bool(first.cells[0])
    )
