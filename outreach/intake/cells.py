"""The cells of one row by our column names; what cannot be read is noted once and read as absent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from outreach.intake.columns import Header
from outreach.intake.dates import DateOrder, parse_date
from outreach.intake.problems import BadCell, Problem
from outreach.intake.reading import Row

T = TypeVar("T")

LONGEST_ID, LONGEST_TEXT = 100, 300
_YES = frozenset({"yes", "y", "true", "t", "1", "x"})
_NO = frozenset({"no", "n", "false", "f", "0"})
_EXCEL_TEXT = re.compile(r'="(.*)"')
_WHOLE_DECIMAL = re.compile(r"\d{4,}\.0", re.ASCII)
_ROUNDED_NUMBER = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII)
_NET_TERMS = re.compile(r"(?:net|n)?\s*(\d{1,3})(?:\s*days?)?", re.IGNORECASE | re.ASCII)
_AT_ONCE = frozenset({"due on receipt", "due upon receipt", "on receipt", "upon receipt", "cod"})
_YEAR_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/](\d{4})", re.ASCII)


class Cells:
    """A row being read. `problems` collects every cell that could not be."""

    def __init__(self, row: Row, header: Header) -> None:
        self._row, self._header = row, header
        self.problems: list[Problem] = []

    def has(self, column: str) -> bool:
        """Whether the file has such a column at all."""
        return column in self._header.columns

    def text(self, column: str, longest: int = LONGEST_TEXT) -> str:
        """The cell with its white space collapsed; empty if the file has no such column."""
        index = self._header.columns.get(column)
        if index is None or not (cell := self._row.cells[index]):
            return ""
        if cell.startswith('="') and (quoted := _EXCEL_TEXT.fullmatch(cell)):
            cell = quoted[1]
        cell = " ".join(cell.split())
        if "\ufffd" in cell:
            self.note(column, cell, "characters that cannot be read")
        elif len(cell) > longest:
            self.note(column, cell, f"longer than {longest} characters")
        else:
            return cell
        return ""

    def words(self, column: str) -> str:
        """The cell however long or odd it is: what only a pattern looks at refuses no row."""
        index = self._header.columns.get(column)
        return "" if index is None else " ".join(self._row.cells[index].split())

    def id(self, column: str) -> str:
        """What something is known by; a whole number that became a decimal, 1042.0, is one again."""
        text = self.text(column, LONGEST_ID)
        if _ROUNDED_NUMBER.fullmatch(text):
            self.note(
                column, text, "Excel has rounded this number; format its column as text and export again"
            )
            return ""
        return text[:-2] if _WHOLE_DECIMAL.fullmatch(text) else text

    def read(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The cell as `parse` reads it; None if it is empty or, noted, not readable."""
        text = self.text(column)
        if not text:
            return None
        try:
            return parse(text)
        except BadCell as why:
            self.note(column, text, str(why))
            return None

    def needed(self, column: str, value: T | None, why: str = "missing") -> T | None:
        """The value; that it is absent or empty is noted."""
        if value in (None, ""):
            self.note(column, "", why)
        return value

    def note(self, column: str, value: str, why: str) -> None:
        """The row cannot be taken because of this cell; the first word on a column counts."""
        header = self._header.named(column)
        if all(problem.column != header for problem in self.problems):
            self.problems.append(Problem(self._row.line, header, value, why))


def yes_or_no(text: str) -> bool:
    """Raises BadCell for anything but yes and no in their usual spellings."""
    folded = text.lower()
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise BadCell("neither yes nor no")


def net_days(text: str) -> int:
    """Payment terms in days: "Net 30" -> 30, "due on receipt" -> 0 (product.md 1). Raises BadCell."""
    if text.lower() in _AT_ONCE:
        return 0
    if found := _NET_TERMS.fullmatch(text):
        return int(found[1])
    raise BadCell('terms that give no due date; write such as "Net 30" or "due on receipt"')


def first_of_month(text: str, order: DateOrder) -> date:
    """The first day of a service month: "2026-11", "11/2026", "Nov 2026" or any day of it."""
    if found := _YEAR_MONTH.fullmatch(text):
        text = f"{found[1]}-{found[2]}-1"
    elif found := _MONTH_YEAR.fullmatch(text):
        text = f"{found[2]}-{found[1]}-1"
    elif text[:1].isalpha():
        text = f"1 {text}"
    return parse_date(text, order).replace(day=1)
