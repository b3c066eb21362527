"""Excel workbooks come in as their CSV would; those that cannot are refused with what to do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from outreach.intake import workbook
from outreach.intake.columns import Overrides, read_overrides
from outreach.intake.invoice_file import InvoiceFile, open_invoice_file
from outreach.intake.invoices import BadRow, InvoiceRow
from outreach.intake.problems import FileRefused
from outreach.intake.run import silent
from outreach.intake.vocabulary import INVOICE_COLUMNS
from tests.intake.conftest import Books
from tests.intake.files import HEADER, write, write_bytes

ROW: Sequence[Any] = ("HARBOR", "INV-7", date(2026, 10, 15), date(2026, 11, 14), 4820.0)


def book(folder: Path, *rows: Sequence[Any], name: str = "open.xlsx", more: Sequence[str] = ()) -> Path:
    """A workbook whose first sheet holds these rows, and further sheets of one cell each."""
    path = folder / name
    with Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as made:
        sheet = made.add_worksheet("Open items")
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
        for other in more:
            made.add_worksheet(other).write(0, 0, "note")
    return path


def opened(path: Path, decimal: str = ".") -> InvoiceFile:
    return open_invoice_file(path, Overrides(decimal=decimal), None, silent)


def read(path: Path, decimal: str = ".") -> list[InvoiceRow | BadRow]:
    return list(opened(path, decimal).records("USD", "US"))


@pytest.mark.parametrize(
    ("index", "cell", "field", "value"),
    [
        (0, 42, "account", "42"),
        (0, "0042", "account", "0042"),
        (0, 42.0, "account", "42"),
        (1, 1930438491.0, "number", "1930438491"),
        (1, "  0000611365 ", "number", "0000611365"),
        (2, datetime.fromisoformat("2026-10-15T09:30"), "invoiced_on", date(2026, 10, 15)),
        (2, 46310, "invoiced_on", date(2026, 10, 15)),
        (2, 46310.75, "invoiced_on", date(2026, 10, 15)),
        (2, "Oct 15, 2026", "invoiced_on", date(2026, 10, 15)),
        (2, 20261015, "invoiced_on", date(2026, 10, 15)),
        (4, 0.1 + 0.2, "open", 30),
        (4, 1.005, "open", 101),
        (4, 1.005, "rounded", True),
        (4, -1234.5, "open", -123450),
        (4, -1234.5, "kind", "credit"),
        (4, "(1,234.50)", "open", -123450),
        (4, 12345678.9, "open", 1234567890),
        (4, 0.001, "open", 0),
        (4, 0.00001, "open", 0),
    ],
)
def test_typed_cells_mean_what_excel_shows(
    tmp_path: Path, index: int, cell: Any, field: str, value: Any
) -> None:
    row = [*ROW[:index], cell, *ROW[index + 1 :]]
    [found] = read(book(tmp_path, HEADER, row))
    assert getattr(found, field) == value


@pytest.mark.parametrize(
    ("index", "cell", "column", "why"),
    [
        (0, 12345678901234567890, "Customer ID", "Excel has rounded this number"),
        (1, 1e17, "Invoice number", "Excel has rounded this number"),
        (2, 7, "Invoice date", "not a date"),
        (2, 99999, "Invoice date", "not a date"),
        (4, 1e16, "Open amount", "not an amount"),
        (4, True, "Open amount", "not an amount"),
    ],
)
def test_cells_that_cannot_be_what_their_column_says_are_reported(
    tmp_path: Path, index: int, cell: Any, column: str, why: str
) -> None:
    [found] = read(book(tmp_path, HEADER, [*ROW[:index], cell, *ROW[index + 1 :]]))
    assert isinstance(found, BadRow)
    assert (found.line, found.problems[0].column) == (2, column)
    assert why in found.problems[0].why


def test_lines_are_those_of_excel_below_titles_and_blank_rows(tmp_path: Path) -> None:
    file = opened(book(tmp_path, ["As of Nov 20, 2026"], [], HEADER, [], ROW))
    assert [row.line for row in file.records("USD", "US")] == [5]
    assert file.title_date() == date(2026, 11, 20)


def test_numbers_are_numbers_whatever_decimal_mark_the_texts_have(tmp_path: Path) -> None:
    found = read(book(tmp_path, HEADER, ROW, [*ROW[:1], "INV-8", *ROW[2:4], "1.234,50"]), ",")
    assert [row.open for row in found if isinstance(row, InvoiceRow)] == [482000, 123450]


def test_the_sheet_that_shows_our_columns_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    file = opened(book(tmp_path, HEADER, ROW, more=["Notes"]))
    assert "The sheet 'Open items' was read, and not 'Notes'." in file.warnings()
    assert len(opened(book(tmp_path, HEADER, ROW)).warnings()) == 0


def test_a_workbook_and_its_csv_are_the_same_file(books: Books, tmp_path: Path) -> None:
    books.bring(book(tmp_path, HEADER, ROW))
    assert not books.bring(write(tmp_path, HEADER, "HARBOR,INV-7,2026-10-15,2026-11-14,4820.00")).applied


def archive(folder: Path, **members: str) -> Path:
    path = folder / "open.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def far_out(folder: Path) -> Path:
    path = folder / "far.xlsx"
    with Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write(1_048_575, 16_383, "x")
    return path


def bent(folder: Path) -> Path:
    path = book(folder, HEADER, ROW)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    path.write_bytes(content)
    return path


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)
REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "old": (lambda to: write_bytes(to, OLD, "a.xls"), r"old Excel format \(\.xls\).*save it as \.xlsx"),
    "locked": (
        lambda to: write_bytes(to, OLD + "EncryptedPackage".encode("utf-16-le"), "a.xlsx"),
        "protected by a password.*take the password away",
    ),
    "far out": (far_out, r"1,048,576 rows by 16,384 columns.*save the sheet as CSV"),
    "no workbook": (lambda to: archive(to, readme="x"), r"no \.xlsx workbook; unpack it"),
    "half": (lambda to: archive(to, **{"xl/workbook.xml": "<workbook"}), "damaged.*save it again"),
    "bent": (bent, "damaged.*save it again"),
    "a stub": (lambda to: write_bytes(to, b"PK\x03\x04rest", "a.xlsx"), "damaged.*save it again"),
    "blank": (lambda to: book(to), "no sheet with anything in it"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_workbook_that_cannot_be_read_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    make, why = REFUSED[name]
    with pytest.raises(FileRefused, match=why) as refused:
        opened(make(tmp_path))
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("limit", ["LARGEST_FILE", "LARGEST_UNPACKED"])
def test_an_oversized_workbook_is_refused_unread(
    tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, limit, 1000)
    with pytest.raises(FileRefused, match=r"can be read; save the sheet as CSV"):
        opened(book(tmp_path, HEADER, ROW))


def test_a_mapping_file_names_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with Workbook(path) as made:
        for name, account in (("Open AR", "HARBOR"), ("Archive", "SUMMIT")):
            sheet = made.add_worksheet(name)
            sheet.write_row(0, 0, [*HEADER, "Currency"] if name == "Archive" else HEADER)
            sheet.write_row(1, 0, [account, "1", "2026-10-01", "2026-10-31", 5])
    mapping = write(tmp_path, 'sheet = "Open AR"', name="mapping.toml")
    file = open_invoice_file(path, read_overrides(mapping, INVOICE_COLUMNS), None, silent)
    assert [row.account for row in file.records("USD", "US")] == ["HARBOR"]
    assert file.warnings() == []
    with pytest.raises(FileRefused, match=r"no visible sheet 'Open'.*it has 'Open AR', 'Archive'"):
        open_invoice_file(path, Overrides(sheet="Open"), None, silent)
