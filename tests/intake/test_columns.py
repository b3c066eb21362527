"""Columns are found by the names that accounting systems give them, or by a mapping file."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.intake.columns import Header, Overrides, find_header, read_overrides
from outreach.intake.dates import DateOrder
from outreach.intake.invoices import REQUIRED
from outreach.intake.problems import FileRefused
from outreach.intake.reading import CsvTable, Row
from outreach.intake.sheet import Sheet, open_sheet
from outreach.intake.vocabulary import INVOICE_COLUMNS
from tests.intake.files import HEADER, write, write_bytes


def header(*names: str, overrides: Overrides | None = None) -> Header:
    found = find_header([Row(1, list(names))], INVOICE_COLUMNS, overrides or Overrides())
    assert found
    return found


def sheet(path: Path, overrides: Overrides | None = None) -> Sheet:
    return open_sheet(path, INVOICE_COLUMNS, REQUIRED, overrides or Overrides())


def test_the_earlier_name_of_a_column_wins() -> None:
    found = header("Invoice ID", "Invoice Number", "Customer Name", "Customer ID", "Balance", "Total")
    assert found.shown() == {
        "account": "Customer ID",
        "name": "Customer Name",
        "invoice": "Invoice Number",
        "amount": "Total",
        "open_amount": "Balance",
    }
    assert found.unused() == ["Invoice ID"]


def test_where_there_is_no_customer_id_the_name_is_one() -> None:
    assert header("Customer full name", "Num").shown()["account"] == "Customer full name"


def test_a_country_code_is_no_country() -> None:
    assert header("countryCode", "customerID", "invoiceNumber").unused() == ["countryCode"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_shows_our_columns(tmp_path: Path, delimiter: str) -> None:
    found = sheet(write(tmp_path, "sep=" + delimiter, delimiter.join(HEADER), delimiter.join("ab,c")))
    assert isinstance(found.table, CsvTable)
    assert found.table.delimiter == delimiter
    assert [row.line for row in found.rows()] == [3]


def test_title_rows_and_an_empty_first_column_are_no_header(tmp_path: Path) -> None:
    found = sheet(
        write(tmp_path, "Foundry Inc,,", '"As of Jul 25, 2026",,', "", ",".join(["", *HEADER]), ",1,2")
    )
    assert found.header.line == 4
    assert found.header.columns["account"] == 1
    assert [row.line for row in found.titles] == [1, 2]


def test_headers_repeated_on_every_page_are_no_rows(tmp_path: Path) -> None:
    found = sheet(
        write(tmp_path, HEADER, "A,1,2026-01-01,2026-02-01,5", HEADER, "B,2,2026-01-01,2026-02-01,5")
    )
    assert [row.line for row in found.rows()] == [2, 4]


def test_a_file_without_a_header_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"no row that looks like a header.*--mapping"):
        sheet(write(tmp_path, "A,1,2026-01-01", "B,2,2026-01-01"))


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        sheet(write(tmp_path, "Kunde,Customer ID,Invoice number,Invoice date,Amount", "1,2,3,4,5"))
    assert "no column for due_on" in str(refused.value)
    assert "line 1 names Kunde, Customer ID" in str(refused.value)
    assert '[columns] due_on = "..."' in str(refused.value)


def test_two_columns_of_one_name_must_agree_row_by_row(tmp_path: Path) -> None:
    found = sheet(
        write(
            tmp_path,
            [*HEADER, "Open amount"],
            "A,1,2026-01-01,2026-02-01,5,5",
            "A,2,2026-01-01,2026-02-01,5,6",
        )
    )
    assert [found.misfit(row) for row in found.rows()] == [
        "",
        "two columns are named 'Open amount' and their cells differ",
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A,1,2026-01-01,2026-02-01,5,,", ""),
        ("A,1,2026-01-01,2026-02-01,1,234.56", "the row has 6 cells and the header 5"),
        ("A,1,2026-01-01", "the row ends after 3 of 5 cells"),
    ],
)
def test_rows_that_do_not_fit_the_header_are_not_guessed(tmp_path: Path, row: str, why: str) -> None:
    found = sheet(write(tmp_path, HEADER, row))
    assert found.misfit(next(found.rows())).startswith(why)


def test_a_mapping_file_overrules_the_guess(tmp_path: Path) -> None:
    mapping = write_bytes(
        tmp_path,
        b'date_order = "dmy"\ndecimal = ","\n[columns]\ndue_on = "F\xc3\xa4llig"\nname = ""\n',
        "mapping.toml",
    )
    overrides = read_overrides(mapping, INVOICE_COLUMNS)
    assert (overrides.date_order, overrides.decimal) == (DateOrder.DMY, ",")
    found = header("Customer", "Due date", "Fällig", overrides=overrides)
    assert found.shown() == {"account": "Customer", "due_on": "Fällig"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("columns = 3", "must be one of account"),
        ('[columns]\ndu_on = "Due"', "du_on must be one of account"),
        ("[columns]\ndue_on = 3", "due_on must be one of account"),
        ('[collums]\ndue_on = "Due"', "'collums' is unknown"),
        ('date_order = "ydm"', 'write "ymd", "dmy" or "mdy"'),
        ('decimal = ";"', 'write "." or ","'),
        ("columns = [", "not a TOML file"),
        ("\udcff", "not a TOML file"),
    ],
)
def test_a_mapping_file_with_a_slip_is_refused_with_what_may_stand_there(
    tmp_path: Path, text: str, why: str
) -> None:
    mapping = write_bytes(tmp_path, text.encode("utf-8", "surrogateescape"), "mapping.toml")
    with pytest.raises(FileRefused, match=why):
        read_overrides(mapping, INVOICE_COLUMNS)


def test_a_mapping_that_names_a_column_the_file_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="has no column 'Fällig'"):
        sheet(write(tmp_path, HEADER, "A,1"), Overrides({"due_on": "Fällig"}))
