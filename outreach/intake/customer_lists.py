"""A customer's own list of open invoices: read as our own files are, and brought nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from outreach.intake.amounts import parse_amount
from outreach.intake.cells import Cells
from outreach.intake.columns import Overrides, read_overrides
from outreach.intake.headings import TOTALS
from outreach.intake.problems import FileRefused, Problem, ProblemList
from outreach.intake.reading import Row
from outreach.intake.sheet import Sheet, open_sheet
from outreach.intake.vocabulary import CUSTOMER_LIST_COLUMNS
from outreach.rules.currencies import CURRENCIES
from outreach.rules.reconciliation import Item

REQUIRED = (("invoice",), ("open_amount", "amount"))
MOST_ROWS = 100_000
"""of one customer; more is another file"""


@dataclass(frozen=True)
class CustomerList:
    """What they say is open, and the rows that could not be read."""

    items: list[Item]
    columns: dict[str, str]
    problems: list[Problem] = field(default_factory=list)


def read_customer_list(path: Path, currency: str, *, mapping: Path | None = None) -> CustomerList:
    """Read CSV or a workbook; `currency` is that of rows without one. A row that repeats another counts once.

    Raises FileRefused for what is no such list, or where no row of it can be read.
    """
    overrides = read_overrides(mapping, CUSTOMER_LIST_COLUMNS) if mapping else Overrides()
    sheet = open_sheet(path, CUSTOMER_LIST_COLUMNS, REQUIRED, overrides)
    problems, found = ProblemList(), dict[Item, None]()
    for count, row in enumerate(sheet.rows(), start=1):
        if count > MOST_ROWS:
            raise FileRefused(f"{path.name} has more than {MOST_ROWS:,} rows; give the list of one customer.")
        item = None if _is_total(row, sheet) else _read(sheet, row, currency, overrides.decimal)
        if isinstance(item, Item):
            found[item] = None
        for problem in item if isinstance(item, list) else ():
            problems.add(problem.line, problem.column, problem.value, problem.why)
    if problems.count and not found:
        first = problems.in_order()[0]
        raise FileRefused(
            f"No row of {path.name} can be read; the first problem is in line {first.line}: {first.why}."
        )
    return CustomerList(list(found), sheet.header.shown(), problems.in_order())


def _is_total(row: Row, sheet: Sheet) -> bool:
    """What a report prints between its records: a single cell, or a line without a number."""
    filled = [cell for cell in row.cells if cell]
    index = sheet.header.columns["invoice"]
    number = row.cells[index] if index < len(row.cells) else ""
    return not row.trouble and (len(filled) == 1 or (number or filled[0]).lower().startswith(TOTALS))


def _read(sheet: Sheet, row: Row, currency: str, point: str) -> Item | list[Problem]:
    if why := sheet.misfit(row):
        return [Problem(row.line, "", "", why)]
    cells = Cells(row, sheet.header)
    number = cells.needed("invoice", cells.id("invoice"))
    code = cells.text("currency").upper() or currency
    if code not in CURRENCIES:
        cells.note("currency", code, "not a currency; write its three letters, such as USD")
        return cells.problems
    column = "open_amount" if cells.has("open_amount") else "amount"
    amount = cells.needed(column, cells.read(column, lambda text: parse_amount(text, code, point).minor))
    if number is None or amount is None:
        return cells.problems
    return cells.problems or Item(number, code, amount)
