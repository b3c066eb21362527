"""One file with its header found: titles above, rows below, and what is no record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from outreach.intake.columns import Header, Overrides, Required, find_header, require
from outreach.intake.headings import Headings, with_headings
from outreach.intake.problems import FileRefused
from outreach.intake.reading import ARCHIVE, OLD_CONTAINER, CsvTable, Row, head_of, open_table
from outreach.intake.vocabulary import Vocabulary
from outreach.intake.workbook import WorkbookTable, open_sheets, refuse_old_or_locked

_DATES = ("invoiced_on", "due_on", "settled_on", "received_on", "service_month")
_TEXTS = ("name", "contact", "role", "item", "memo")
"""columns whose cells may run over several lines"""
Table = CsvTable | WorkbookTable
DELIMITERS = (",", ";", "\t", "|")


@dataclass
class Sheet:
    """A table whose columns are known. `rows` may be walked any number of times."""

    table: Table
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
    """Find the header by the columns we know. The delimiter, or the sheet of a workbook, is the one that
    shows the most of them.

    Raises FileRefused with what is missing and how to name it.
    """
    sheet = find_sheet(path, vocabulary, overrides)
    require(sheet.header, required, overrides, path.name)
    return sheet


def find_sheet(path: Path, vocabulary: Vocabulary, overrides: Overrides) -> Sheet:
    """The same, whichever columns it may lack. Raises FileRefused where nothing looks like a header."""
    best: Sheet | None = None
    tables = _tables(path, overrides)
    for candidate in tables:
        header = find_header(candidate.rows(), vocabulary, overrides)
        if header and len(header.columns) > (len(best.header.columns) if best else 0):
            best = Sheet(candidate, header)
    if best is None:
        raise FileRefused(
            f"{path.name} has no row that looks like a header; export it with its column names, "
            "or name them in a mapping file and give that with --mapping."
        )
    best.table.warnings += _other_sheets(best.table, tables)
    best.table.width = len(best.header.names)
    best.table.one_line = [n for column, n in best.header.columns.items() if column not in _TEXTS]
    if isinstance(best.table, WorkbookTable):
        best.table.dates = [best.header.columns[column] for column in _DATES if column in best.header.columns]
    best.titles = best.table.rows_before(best.header.line)
    if _names_stand_above(best, vocabulary):
        best.header, best.names_above = with_headings(best.header), True
    return best


def refuse_at_once(path: Path) -> None:
    """Raises FileRefused for what the first look shows to be no table: .xls, locked, empty, a PDF."""
    head = head_of(path)
    if head.startswith(OLD_CONTAINER):
        refuse_old_or_locked(path)
    if not head.startswith(ARCHIVE):
        open_table(path)


def _tables(path: Path, overrides: Overrides) -> Sequence[Table]:
    """Every way in which the file could be a table."""
    head = head_of(path)
    if head.startswith(OLD_CONTAINER):
        refuse_old_or_locked(path)
    if head.startswith(ARCHIVE):
        return _chosen(open_sheets(path, overrides.decimal), overrides.sheet, path.name)
    table = open_table(path)
    return [replace(table, delimiter=delimiter) for delimiter in DELIMITERS]


def _chosen(tables: Sequence[WorkbookTable], name: str | None, file_name: str) -> Sequence[WorkbookTable]:
    """The sheet that a mapping names, or all of them."""
    if name is None:
        return tables
    chosen = [table for table in tables if table.sheet.name == name]
    if not chosen:
        there = ", ".join(repr(table.sheet.name) for table in tables)
        raise FileRefused(f"{file_name} has no visible sheet {name!r} with anything in it; it has {there}.")
    return chosen


def _other_sheets(table: Table, tables: Sequence[Table]) -> list[str]:
    """Of a workbook with more than one sheet, which of them was read."""
    others = [
        repr(other.sheet.name) for other in tables if isinstance(other, WorkbookTable) and other is not table
    ]
    if not others or not isinstance(table, WorkbookTable):
        return []
    return [f"The sheet {table.sheet.name!r} was read, and not {', '.join(others)}."]


def _names_stand_above(sheet: Sheet, vocabulary: Vocabulary) -> bool:
    """Invoices with no column for who owes them, and the first line below the header is a name alone."""
    columns = sheet.header.columns
    if "account" in columns or "invoice" not in columns or "due_on" not in vocabulary:
        return False
    first = next(sheet.rows(), None)
    return (
        first is not None and [bool(cell) for cell in first.cells].count(True) == 1 and bool(first.cells[0])
    )
