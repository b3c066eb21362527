"""One row becomes one invoice, or the list of what is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from outreach.intake.columns import Overrides
from outreach.intake.invoice_file import InvoiceFile, open_invoice_file
from outreach.intake.invoices import BadRow, InvoiceRow
from outreach.intake.run import silent
from tests.intake.files import IBM, QUICKBOOKS, write

COLUMNS = {
    "Customer ID": "HARBOR",
    "Customer name": "Harbor Clinic",
    "Invoice number": "0000611365",
    "Invoice date": "2026-10-15",
    "Due date": "2026-11-14",
    "Open amount": "4820.00",
}


def open_file(path: Path) -> InvoiceFile:
    return open_invoice_file(path, Overrides(), None, silent)


def records(path: Path) -> list[InvoiceRow | BadRow]:
    return list(open_file(path).records("USD", "US"))


def read(folder: Path, **cells: str) -> InvoiceRow | BadRow:
    """The row of COLUMNS with other cells; underscores in a name are spaces."""
    row = COLUMNS | {name.replace("_", " "): cell for name, cell in cells.items()}
    quoted = (f'"{cell}"' for cell in row.values())
    [found] = records(write(folder, row, quoted))
    return found


def good(folder: Path, **cells: str) -> InvoiceRow:
    found = read(folder, **cells)
    assert isinstance(found, InvoiceRow), found
    return found


@pytest.mark.parametrize(
    ("paid", "left"),
    [("", 10_000), ("0.00", 10_000), ("20.00", 8_000), ("100.00", 0), ("-5.00", 10_500), ("(5.00)", 10_500)],
)
def test_what_was_paid_is_not_asked_for_where_no_column_says_what_is_open(
    tmp_path: Path, paid: str, left: int
) -> None:
    header = "Customer ID,Invoice number,Invoice date,Due date,Amount,Amount paid"
    [row] = records(write(tmp_path, header, f"C1,N-1,2026-09-01,2026-10-01,100.00,{paid}"))
    assert isinstance(row, InvoiceRow), row
    assert (row.gross, row.open) == (10_000, left)


def test_a_row_as_it_should_be(tmp_path: Path) -> None:
    row = good(tmp_path, Rep="ana", Parent="GROUP", Currency="cad", Disputed="Yes", PO_Number="P7")
    assert (row.line, row.account, row.name, row.number) == (2, "HARBOR", "Harbor Clinic", "0000611365")
    assert (row.invoiced_on, row.due_on) == (date(2026, 10, 15), date(2026, 11, 14))
    assert (row.currency, row.open, row.gross) == ("CAD", 482000, None)
    assert (row.rep, row.parent, row.po_number, row.disputed) == ("ana", "GROUP", "P7", True)
    assert row.kind is None


@pytest.mark.parametrize(
    ("cells", "column", "value", "why"),
    [
        ({"Customer_ID": " "}, "Customer ID", "", "missing"),
        ({"Invoice_number": ""}, "Invoice number", "", "missing"),
        ({"Invoice_date": ""}, "Invoice date", "", "missing"),
        ({"Invoice_date": "2026-02-30"}, "Invoice date", "2026-02-30", "not a date in the order ymd"),
        ({"Due_date": "soon"}, "Due date", "soon", "not a date in the order ymd"),
        ({"Due_date": ""}, "Due date", "", "neither a due date nor terms"),
        ({"Due_date": "", "Terms": "2/10"}, "Terms", "2/10", "terms that give no due date"),
        ({"Open_amount": ""}, "Open amount", "", "missing"),
        ({"Open_amount": "1e3"}, "Open amount", "1e3", "not an amount"),
        ({"Currency": "dollars"}, "Currency", "dollars", "not a currency"),
        ({"Currency": "UDS"}, "Currency", "UDS", "not a currency"),
        ({"Currency": "EUR", "Open_amount": "$5"}, "Open amount", "$5", "the amount is in $, the row in EUR"),
        ({"Disputed": "perhaps"}, "Disputed", "perhaps", "neither yes nor no"),
        ({"Kind": "retainer"}, "Kind", "retainer", "not one of standard, mrr, final"),
        ({"Kind": "mrr", "Service_month": "later"}, "Service month", "later", "not a date"),
        ({"Type": "Bill"}, "Type", "Bill", "not a receivable"),
        ({"Type": "Credit Memo"}, "Type", "Credit Memo", "must have a negative amount"),
        ({"Customer_ID": "x" * 101}, "Customer ID", "x" * 77 + "...", "longer than 100 characters"),
        ({"Invoice_number": "A\ufffd7"}, "Invoice number", "A\ufffd7", "characters that cannot be read"),
    ],
)
def test_bad_cells_are_reported_with_line_column_value_and_why(
    tmp_path: Path, cells: dict[str, str], column: str, value: str, why: str
) -> None:
    found = read(tmp_path, **cells)
    assert isinstance(found, BadRow)
    [problem] = found.problems
    assert (problem.line, problem.column) == (2, column)
    assert (value or problem.value)[:77] == problem.value[:77]
    assert why in problem.why


def test_everything_wrong_with_a_row_is_told_at_once(tmp_path: Path) -> None:
    found = read(tmp_path, Invoice_date="never", Due_date="soon", Open_amount="nan", Disputed="perhaps")
    assert isinstance(found, BadRow)
    assert {problem.column for problem in found.problems} >= {"Invoice date", "Open amount"}
    assert (found.account, found.number) == ("HARBOR", "0000611365")


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"Due_date": "", "Terms": "Net 30"}, "due_on", date(2026, 11, 14)),
        ({"Due_date": "", "Terms": "due on receipt"}, "due_on", date(2026, 10, 15)),
        ({"Due_date": "2026-12-01", "Terms": "2/10 net 30"}, "due_on", date(2026, 12, 1)),
        ({"Open_amount": "(50.00)"}, "kind", "credit"),
        ({"Open_amount": "-50", "Type": "Payment"}, "kind", "receipt"),
        ({"Open_amount": "-50", "Type": "Payment"}, "due_on", date(2026, 10, 15)),
        ({"Open_amount": "-50", "Type": "Payment", "Invoice_number": ""}, "number", "Payment 2026-10-15"),
        ({"Type": "Invoice", "Kind": "FINAL"}, "kind", "final"),
        ({"Kind": "mrr"}, "service_month", date(2026, 10, 1)),
        ({"Kind": "mrr", "Service_month": "2026-09"}, "service_month", date(2026, 9, 1)),
        ({"Kind": "final", "Service_month": "2026-09"}, "service_month", None),
        ({"Disputed": "n"}, "disputed", False),
        ({"Disputed": ""}, "disputed", None),
        ({"Amount": "5,000.00"}, "gross", 500000),
        ({"Amount": "5,000.00"}, "open", 482000),
        ({"Settled_date": "2026-11-20"}, "settled_on", date(2026, 11, 20)),
        ({"Open_amount": "1.005"}, "rounded", True),
        ({"Customer_ID": '=""0042""'}, "account", "0042"),
        ({"Customer_name": "=cmd|' /C calc'!A0"}, "name", "=cmd|' /C calc'!A0"),
        ({"Customer_name": "Harbor \n Clinic"}, "name", "Harbor Clinic"),
    ],
)
def test_what_a_row_says(tmp_path: Path, cells: dict[str, str], field: str, value: Any) -> None:
    assert getattr(good(tmp_path, **cells), field) == value


def test_a_contact_that_cannot_be_read_does_not_cost_the_invoice(tmp_path: Path) -> None:
    row = good(tmp_path, Contact="Dana Chen", Phone="555", Email="dana@example.com")
    assert row.contact is not None
    assert (row.contact.phone, row.contact.email) == ("", "dana@example.com")
    assert [problem.column for problem in row.remarks] == ["Phone"]


FURNITURE = [
    "91 or more days past due,,,,",
    "Total for ACME,,,,700.00",
    ",,,,700.00",
    "TOTAL,,,,700.00",
    "footer",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_what_a_report_prints_between_its_records_is_no_bad_row(tmp_path: Path, line: str) -> None:
    header = "Customer,Num,Date,Due date,Open balance"
    file = open_file(
        write(tmp_path, header, "A,1,2026-01-01,2026-02-01,5", line, "B,2,2026-01-01,2026-02-01,5")
    )
    found = list(file.records("USD", "US"))
    assert [row.line for row in found if isinstance(row, InvoiceRow)] == [2, 4]
    assert (file.rows, file.passed_over, file.passed_lines) == (2, 1, [3])


def test_a_customer_called_total_is_a_customer(tmp_path: Path) -> None:
    assert good(tmp_path, Customer_ID="Total Wine", Customer_name="Total Wine").account == "Total Wine"


@pytest.mark.skipif(not QUICKBOOKS.exists(), reason="../shared/data is not here")
def test_the_quickbooks_report() -> None:
    file = open_file(QUICKBOOKS)
    rows = [row for row in file.records("USD", "US") if isinstance(row, InvoiceRow)]
    assert file.title_date() == date(2026, 7, 25)
    assert file.total == (14, "1,400.00")
    assert [(row.number, row.kind, row.open) for row in rows] == [
        ("SI-1", None, 80000),
        ("SC-1", "credit", -10000),
        ("SI-2", None, 50000),
        ("SI-3", None, 20000),
    ]


@pytest.mark.skipif(not IBM.exists(), reason="../shared/data is not here")
def test_the_ibm_history_is_read_to_the_last_row() -> None:
    file = open_file(IBM)
    rows = list(file.records("USD", "US"))
    assert (file.form, file.order, len(rows)) == ("history", "mdy", 2466)
    assert all(isinstance(row, InvoiceRow) for row in rows)
