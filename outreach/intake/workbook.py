"""An Excel workbook becomes rows of cells, as a CSV of its sheet would. Held whole, so it has a limit."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from outreach.intake.problems import FileRefused
from outreach.intake.reading import Row

LARGEST_FILE = 50 * 2**20
LARGEST_UNPACKED = 400 * 2**20
MOST_CELLS = 5_000_000
"""of one sheet, counted as its rectangle: about 500 MB in memory"""
_AS_CSV = "save the sheet as CSV (UTF-8), which may be of any size, and import that"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BLOCK = 1 << 20
_LONGEST_TAG = 200
_DAY_0 = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 25_569, 73_415
"""1970 to 2100, as the dates of every file"""
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})')
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d+)"')

Value = int | float | str | bool | time | date | datetime | timedelta


@dataclass
class WorkbookTable:
    """One sheet of a workbook, readable any number of times; a row's line is its number in Excel."""

    path: Path
    sheet: CalamineSheet
    point: str = "."
    """the decimal mark in which the file's texts, and so its numbers too, are given"""
    width: int | None = None
    one_line: Sequence[int] = ()
    dates: Sequence[int] = ()
    """cells in which a number is a day as Excel counts them"""
    warnings: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, each cell as text: dates are ISO, whole numbers have no decimals."""
        for line, values in enumerate(self.sheet.iter_rows(), start=1):
            cells = [_text(value, self.point) for value in values]
            for index in self.dates:
                cells[index] = _day(values[index]) or cells[index]
            if any(cells):
                yield Row(line, cells)

    def rows_before(self, line: int) -> list[Row]:
        """The rows above a line: a report's titles."""
        return list(takewhile(lambda row: row.line < line, self.rows()))


def open_sheets(path: Path, point: str) -> list[WorkbookTable]:
    """Every visible sheet that holds anything, in the workbook's order.

    Raises FileRefused for an archive that is no workbook, a damaged one, or one too large to hold.
    """
    _refuse_large(path, path.stat().st_size, LARGEST_FILE)
    try:
        _look_inside(path)
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
            tables = [WorkbookTable(path, book.get_sheet_by_name(name), point) for name in _visible(book)]
    except (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise FileRefused(
            f"{path.name} is a damaged Excel workbook; open it in Excel, save it again, and import that."
        ) from error
    tables = [table for table in tables if table.sheet.height]
    if not tables:
        raise FileRefused(f"{path.name} has no sheet with anything in it; export it again.")
    return tables


def refuse_old_or_locked(path: Path) -> None:
    """Raises FileRefused for what stands in Excel's old container: .xls files, and locked ones."""
    if _holds(path, _ENCRYPTED):
        raise FileRefused(
            f"{path.name} is protected by a password; open it in Excel, take the password away under File, "
            "Info, Protect Workbook, save it, and import that."
        )
    raise FileRefused(
        f"{path.name} is a workbook of the old Excel format (.xls); open it in Excel, save it as .xlsx or as "
        "CSV (UTF-8), and import that."
    )


def _visible(book: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def _look_inside(path: Path) -> None:
    """Unpack it once, keeping nothing: what it says of its own size need not be true."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise FileRefused(
                f"{path.name} is an archive and no .xlsx workbook; unpack it, or save the sheet as .xlsx or "
                "CSV (UTF-8), and import that."
            )
        _refuse_large(path, sum(member.file_size for member in members), LARGEST_UNPACKED)
        for member in members:
            if member.flag_bits & 1:
                raise FileRefused(f"{path.name} is protected by a password; save it without one.")
            with closing(_blocks(archive, member)) as blocks:  # a refusal leaves no file open
                if member.filename.startswith("xl/worksheets/"):
                    _refuse_wide(path, blocks)
                for _ in blocks:
                    pass  # to its end, where the checksum is compared


def _blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Generator[bytes, None, None]:
    """The member's bytes; each block begins with the end of the one before, lest a tag be cut in two."""
    with archive.open(member) as packed:
        tail = b""
        while block := packed.read(_BLOCK):
            yield tail + block
            tail = block[-_LONGEST_TAG:]


def _refuse_wide(path: Path, blocks: Iterator[bytes]) -> None:
    """A single cell far out makes the sheet's rectangle, which is held whole, as large as it is far."""
    rows = columns = 1
    for block in blocks:
        rows = max(rows, *map(int, _ROW.findall(block)), 1)
        columns = max(columns, *map(_column, set(_CELL.findall(block))), 1)
        if rows * columns > MOST_CELLS:
            raise FileRefused(
                f"{path.name} has a sheet of {rows:,} rows by {columns:,} columns, more than "
                f"{MOST_CELLS:,} cells; {_AS_CSV}."
            )


def _column(letters: bytes) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _refuse_large(path: Path, size: int, largest: int) -> None:
    if size > largest:
        raise FileRefused(
            f"{path.name} is a workbook of {size >> 20:,} MB, and {largest >> 20} MB can be read; {_AS_CSV}."
        )


def _holds(path: Path, wanted: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if wanted in tail + block:
                return True
            tail = block[-len(wanted) :]
    return False


def _text(value: Value, point: str) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, point)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return str(value)


def _day(value: Value) -> str:
    """The date of a serial number that lost its format on the way; empty for what is none."""
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and _FIRST_SERIAL <= value < _LAST_SERIAL
    ):
        return str(_DAY_0 + timedelta(int(value)))
    return ""


def _number(value: float, point: str) -> str:
    """At 15 digits, as Excel shows it, so that 0.1 + 0.2 is 0.3. Longer whole numbers keep their exponent:
    Excel has lost their last digits, and an id of them would name something else."""
    text = f"{value:.15g}".replace("e", "E")
    if "E-" in text:
        text = f"{value:.15f}".rstrip("0").rstrip(".")
    return text.replace(".", point)
