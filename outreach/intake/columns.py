"""Which column holds what: the header row is found by the names we know, or by those of a mapping file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.intake.dates import DateOrder
from outreach.intake.problems import FileRefused
from outreach.intake.reading import Row
from outreach.intake.vocabulary import STATUS_UNLESS_CONTACTS, Vocabulary, letters

Required = Sequence[tuple[str, ...]]
"""columns we cannot do without; of each tuple one is enough"""

HEADER_WITHIN = 60
"""rows of a file among which its header must stand"""


@dataclass(frozen=True)
class Overrides:
    """A user's mapping file: our column -> the header ("" = do not use), and how cells are written."""

    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: DateOrder | None = None
    decimal: str = "."
    sheet: str | None = None
    """the sheet of a workbook to read; None: the one that shows the most columns we know"""


@dataclass(frozen=True)
class Header:
    """The header row of a file and the index of each column we know."""

    line: int
    names: Sequence[str]
    columns: Mapping[str, int]
    twins: Sequence[tuple[int, int]]
    """a column that is read, and another of the same name: their cells must agree"""

    def shown(self) -> dict[str, str]:
        """Our column name -> the file's header."""
        return {name: self.names[index] for name, index in self.columns.items()}

    def offered(self) -> list[str]:
        """The file's headers, each once, that a mapping could name."""
        return list(dict.fromkeys(name for name in self.names if name))

    def unused(self) -> list[str]:
        """Headers of the file that nothing is read from."""
        used = {*self.columns.values(), *(twin for _, twin in self.twins)}
        return [name for index, name in enumerate(self.names) if name and index not in used]

    def named(self, column: str) -> str:
        """The file's header of one of our columns, for a message about it."""
        index = self.columns.get(column)
        return column if index is None else self.names[index]


def read_overrides(path: Path, vocabulary: Vocabulary) -> Overrides:
    """Read a mapping file: a table [columns], and `date_order`, `decimal` and `sheet` above it.

    Raises FileRefused with the first thing wrong and what may stand there.
    """
    document = _toml(path)
    if unknown := sorted(set(document) - {"columns", "date_order", "decimal", "sheet"}):
        known = "[columns], date_order, decimal and sheet"
        raise FileRefused(f"{path.name}: {unknown[0]!r} is unknown; it may hold {known}.")
    columns = document.get("columns", {})
    for name, header in columns.items() if isinstance(columns, dict) else [("columns", None)]:
        if name not in vocabulary or not isinstance(header, str):
            known = ", ".join(vocabulary)
            raise FileRefused(f'{path.name}: {name} must be one of {known}, each = "the header in the file".')
    order, decimal = document.get("date_order"), document.get("decimal", ".")
    if order not in (None, *DateOrder):
        raise FileRefused(f'{path.name}: date_order is {order!r}; write "ymd", "dmy" or "mdy".')
    if decimal not in (".", ","):
        raise FileRefused(f'{path.name}: decimal is {decimal!r}; write "." or ",".')
    sheet = document.get("sheet")
    if not isinstance(sheet, str | None):
        raise FileRefused(f'{path.name}: sheet is {sheet!r}; write the name of the sheet, such as "Open AR".')
    return Overrides(columns, DateOrder(order) if order else None, decimal, sheet)


def find_header(rows: Iterable[Row], vocabulary: Vocabulary, overrides: Overrides) -> Header | None:
    """The row that names the most columns we know; the first of equals; None if no row names two."""
    best: Header | None = None
    for row, _ in zip(rows, range(HEADER_WITHIN), strict=False):
        header = _as_header(row, vocabulary, overrides)
        if len(header.columns) > max(1, len(best.columns) if best else 0):
            best = header
    return best


def require(header: Header, required: Required, overrides: Overrides, file_name: str) -> None:
    """Raises FileRefused if the mapping names a header the file lacks, or the file a column we need."""
    there = f"line {header.line} names " + ", ".join(name for name in header.names if name)
    for column, wanted in overrides.columns.items():
        if wanted and column not in header.columns:
            raise FileRefused(f"{file_name} has no column {wanted!r}; {there}.")
    for choice in required:
        if not any(column in header.columns for column in choice):
            raise FileRefused(
                f"{file_name} has no column for {choice[0]}; {there}. "
                f'Name it in a mapping file ([columns] {choice[0]} = "...") and give that with --mapping.'
            )


def _as_header(row: Row, vocabulary: Vocabulary, overrides: Overrides) -> Header:
    by_letters: dict[str, int] = {}
    twins: list[tuple[int, int]] = []
    for index, cell in enumerate(row.cells):
        if (first := by_letters.setdefault(letters(cell), index)) != index and cell:
            twins.append((first, index))
    columns: dict[str, int] = {}
    for column, known in vocabulary.items():
        names = [letters(overrides.columns[column])] if column in overrides.columns else known
        found = next((by_letters[name] for name in names if name and name in by_letters), None)
        if found is not None:
            columns[column] = found
    _tell_status_from_state(columns, vocabulary, overrides)
    read = set(columns.values())
    return Header(row.line, tuple(row.cells), columns, tuple(twin for twin in twins if twin[0] in read))


def _tell_status_from_state(columns: dict[str, int], vocabulary: Vocabulary, overrides: Overrides) -> None:
    """Sage Intacct calls the status of an invoice its state."""
    stated = {"status", STATUS_UNLESS_CONTACTS} & overrides.columns.keys()
    reaches = {"contact", "phone", "email"} & columns.keys()
    if "status" not in vocabulary or "status" in columns or stated or reaches:
        return
    if STATUS_UNLESS_CONTACTS in columns:
        columns["status"] = columns.pop(STATUS_UNLESS_CONTACTS)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileRefused(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileRefused(f"{path.name} is not a TOML file: {error}.") from error
