"""The collections log for another ledger's notes: a CSV file or an Excel workbook, one row an invoice.

A spreadsheet must never take what a customer or a rep wrote for a formula (trust.md 15): in CSV such a cell
gets an apostrophe before it, in the workbook every cell has its type.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import BinaryIO, NamedTuple, TextIO
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from outreach.ledger.log_reading import Note

ENCODING = "utf-8-sig"
"""of the CSV file: without the mark Excel reads accents wrongly"""
ROWS = 1_048_575
"""of one sheet below its headers: what does not fit goes on in the next sheet"""
LONGEST = 32_767
"""characters of a cell in Excel"""
WIDTHS = (16, 16, 12, 14, 44, 80, 14, 10)

_TAKEN_FOR_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Line(NamedTuple):
    """One row. The day is the organization's; `entry` is the same in every export."""

    customer: str
    invoice: str
    day: date
    by: str
    action: str
    text: str
    follow_up_on: date | None
    entry: int


HEADERS = ("customer", "invoice", "date", "by", "action", "text", "follow-up date", "entry")


def lines(notes: Iterable[Note], zone: ZoneInfo) -> Iterator[Line]:
    """A row for each invoice of an entry; one without an invoice for an entry about the whole account."""
    for note in notes:
        day = note.at.astimezone(zone).date()
        told = (day, note.actor, note.action, note.words or "", note.follow_up_on, note.entry)
        for invoice in note.invoices or ("",):
            yield Line(note.account, invoice, *told)


def write_csv(rows: Iterable[Line], file: TextIO) -> None:
    """RFC 4180, headers first. The file must have been opened with `newline=""`."""
    writer = csv.writer(file)
    writer.writerow(HEADERS)
    writer.writerows([guarded(_plain(cell)) for cell in row] for row in rows)


def guarded(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula; `unguarded` takes it away."""
    return f"'{text}" if _TAKEN_FOR_FORMULA.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _TAKEN_FOR_FORMULA.match(text) else text


def _plain(cell: object) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else _printable(str(cell))


def write_workbook(rows: Iterable[Line], file: BinaryIO, *, sheet_rows: int = ROWS) -> None:
    """Row by row, so that a million of them need no more memory than one."""
    book = Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet, at = _sheet(book), 1
    for row in rows:
        if at > sheet_rows:
            sheet, at = _sheet(book), 1
        for column, cell in enumerate(row):
            _write(sheet, at, column, cell)
        at += 1
    book.close()


def _sheet(book: Workbook) -> Worksheet:
    sheet = book.add_worksheet("Log" if not book.worksheets() else f"Log {len(book.worksheets()) + 1}")
    sheet.freeze_panes(1, 0)
    for column, (header, width) in enumerate(zip(HEADERS, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, header)
    return sheet


def _write(sheet: Worksheet, row: int, column: int, cell: object) -> None:
    """As what it is; `write` would make formulas and links of texts."""
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell)
    elif cell:
        sheet.write_string(row, column, _fitting(str(cell)))


def _printable(text: str) -> str:
    """Without characters that neither a workbook nor many a reader of CSV can hold."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _fitting(text: str) -> str:
    text = _printable(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
