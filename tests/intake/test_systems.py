"""The export of every system we know comes in as it is: its header row, and one record such as it writes."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.intake.columns import Overrides
from outreach.intake.contact_loading import REQUIRED as CONTACT_REQUIRED
from outreach.intake.invoice_file import InvoiceFile, open_invoice_file
from outreach.intake.invoices import BadRow, InvoiceRow
from outreach.intake.problems import FileRefused
from outreach.intake.run import silent
from outreach.intake.sheet import open_sheet
from outreach.intake.vocabulary import CONTACT_FILE_COLUMNS
from tests.intake import header_rows as of
from tests.intake.conftest import AS_OF, Books

Cells = Mapping[str, str]

QBO = {"Num": "1001", "Date": "10/15/2026", "Amount": "1,000.00", "Customer": "Harbor Clinic"}
XERO = {
    "ContactName": "Harbor Clinic",
    "EmailAddress": "ap@harbor.example",
    "InvoiceNumber": "INV-7",
    "InvoiceDate": "15 Oct 2026",
    "DueDate": "14 Nov 2026",
    "Total": "1000.00",
    "InvoiceAmountPaid": "200",
    "InvoiceAmountDue": "800.00",
    "LineAmount": "400.00",
    "Currency": "USD",
    "Type": "Sales invoice",
}
SAGE = {
    "RECORDNO": "5512",
    "RECORDID": "INV-7",
    "CUSTOMERID": "C-10",
    "CUSTOMERNAME": "Harbor Clinic",
    "WHENCREATED": "10/15/2026",
    "WHENDUE": "11/14/2026",
    "DUEDATE": "11/14/2026",
    "CURRENCY": "USD",
    "TOTALENTERED": "1000.00",
    "TOTALDUE": "800.00",
    "TOTALPAID": "200.00",
    "TRX_TOTALENTERED": "1000.00",
    "STATE": "Partially Paid",
    "PONUMBER": "P7",
}
STRIPE = {
    "id": "in_1Q",
    "Amount Due": "1000.00",
    "Currency": "usd",
    "Customer": "cus_9",
    "Number": "A-0007",
    "Date (UTC)": "2026-10-15 09:30",
    "Due Date (UTC)": "2026-11-14 09:30",
    "Total": "1000.00",
    "Amount Paid": "200.00",
    "Paid": "false",
    "Status": "open",
}
ZOHO = {
    "Invoice Date": "2026-10-15",
    "Invoice ID": "460000000061",
    "Invoice Number": "INV-7",
    "Invoice Status": "Overdue",
    "Customer ID": "460000000055",
    "Customer Name": "Harbor Clinic",
    "Total": "1000.00",
    "Balance": "800.00",
    "Currency Code": "USD",
    "Due Date": "2026-11-14",
    "Payment Terms": "30",
    "Payment Terms Label": "Net 30",
    "PurchaseOrder": "P7",
}

RECORDS: dict[str, tuple[Sequence[str], Cells, str, str]] = {
    "QuickBooks Online": (
        of.QBO_AR_AGING_DETAIL,
        QBO | {"Customer full name": "Harbor Clinic", "Due date": "11/14/2026", "Open balance": "800.00"},
        "Harbor Clinic",
        "1001",
    ),
    "QuickBooks Online, older": (
        of.QBO_AR_AGING_DETAIL_OLD,
        QBO | {"Due Date": "11/14/2026", "Open Balance": "800.00", "Transaction Type": "Invoice"},
        "Harbor Clinic",
        "1001",
    ),
    "QuickBooks' API": (
        of.QBO_API_COLUMNS,
        {
            "tx_date": "2026-10-15",
            "txn_type": "Invoice",
            "doc_num": "1001",
            "cust_name": "Harbor Clinic",
            "due_date": "2026-11-14",
            "currency": "USD",
            "exch_rate": "1",
            "foreign_open_bal": "800.00",
            "subt_amount": "1000.00",
            "subt_open_bal": "600.00",
            "subt_home_open_bal": "600.00",
        },
        "Harbor Clinic",
        "1001",
    ),
    "QuickBooks Desktop": (
        of.QB_DESKTOP_AR_AGING_DETAIL,
        QBO | {"Due Date": "11/14/2026", "Open Balance": "800.00", "P.O. #": "P7"},
        "Harbor Clinic",
        "1001",
    ),
    "Xero, invoices": (of.XERO_INVOICES_EXPORT, XERO, "Harbor Clinic", "INV-7"),
    "Xero, aged receivables": (
        of.XERO_AGED_RECEIVABLES_DETAIL,
        {
            "Contact Account Number": "C-10",
            "Primary Person": "Dana",
            "Mobile": "+1 212 555 0101",
            "Invoice Date": "15 Oct 2026",
            "Due Date": "14 Nov 2026",
            "Invoice Number": "INV-7",
            "< 1 Month": "800.00",
            "Total": "800.00",
            "SERVICE MONTH": "Oct 2026",
        },
        "C-10",
        "INV-7",
    ),
    "NetSuite": (
        of.NETSUITE_AR_AGING_DETAIL,
        {
            "Customer": "Harbor Clinic",
            "Transaction Type": "Invoice",
            "Date": "10/15/2026",
            "Document Number": "INV-7",
            "Due Date": "11/14/2026",
            "Age": "6",
            "Open Balance": "800.00",
        },
        "Harbor Clinic",
        "INV-7",
    ),
    "Sage Intacct": (of.SAGE_INTACCT_ARINVOICE, SAGE, "C-10", "INV-7"),
    "Stripe": (of.STRIPE_INVOICES_EXPORT, STRIPE, "cus_9", "A-0007"),
    "Zoho": (of.ZOHO_INVOICES_EXPORT, ZOHO, "460000000055", "INV-7"),
    "SAP": (
        of.SAP_LIKE_HIGHRADIUS,
        {
            "business_code": "U001",
            "cust_number": "0200769623",
            "name_customer": "WAL-MAR corp",
            "clear_date": "",
            "buisness_year": "2026.0",
            "doc_id": "1930438491.0",
            "isOpen": "1",
            "posting_date": "2026-10-15",
            "document_create_date": "20261015",
            "due_in_date": "20261114.0",
            "invoice_currency": "USD",
            "document type": "RV",
            "total_open_amount": "800.0",
            "cust_payment_terms": "NAH4",
            "invoice_id": "1930438491.0",
        },
        "0200769623",
        "1930438491",
    ),
    "IBM's sample": (
        of.IBM_AR,
        {
            "countryCode": "391",
            "customerID": "0379-NEVHP",
            "invoiceNumber": "0000611365",
            "InvoiceDate": "10/15/2026",
            "DueDate": "11/14/2026",
            "InvoiceAmount": "800.00",
            "Disputed": "No",
            "SettledDate": "1/15/2027",
        },
        "0379-NEVHP",
        "0000611365",
    ),
}


def export(folder: Path, names: Sequence[str], *records: Cells) -> Path:
    """A file with this header row; what a record does not name is blank."""
    path = folder / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        rows.writerows([record.get(name, "") for name in names] for record in records)
    return path


def opened(path: Path) -> InvoiceFile:
    return open_invoice_file(path, Overrides(), None, silent)


def read(path: Path) -> list[InvoiceRow | BadRow]:
    return list(opened(path).records("USD", "US"))


@pytest.mark.parametrize("system", RECORDS)
def test_the_export_of_a_system_comes_in_as_it_is(tmp_path: Path, system: str) -> None:
    names, record, account, number = RECORDS[system]
    [row] = read(export(tmp_path, names, record))
    assert isinstance(row, InvoiceRow), row
    assert (row.account, row.number, row.currency) == (account, number, "USD")
    assert (row.invoiced_on, row.due_on) == (date(2026, 10, 15), date(2026, 11, 14))
    assert (row.open if row.open is not None else row.gross) == 80000
    assert not row.remarks


@pytest.mark.parametrize(
    ("names", "record", "field", "value"),
    [
        (of.XERO_INVOICES_EXPORT, XERO | {"Status": "Paid"}, "open", 0),
        (of.STRIPE_INVOICES_EXPORT, STRIPE | {"Status": "paid"}, "open", 0),
        (of.STRIPE_INVOICES_EXPORT, STRIPE | {"Status": "paid"}, "gross", 100000),
        (of.STRIPE_INVOICES_EXPORT, STRIPE | {"Amount Paid": ""}, "open", 100000),
        (of.SAGE_INTACCT_ARINVOICE, SAGE | {"STATE": "Paid", "TOTALDUE": "0"}, "open", 0),
        (
            of.SAGE_INTACCT_ARINVOICE,
            SAGE | {"CURRENCY": "EUR", "TRX_TOTALENTERED": "900", "TOTALDUE": "1000.00"},
            "open",
            90000,
        ),
        (of.ZOHO_INVOICES_EXPORT, ZOHO | {"Due Date": ""}, "due_on", date(2026, 11, 14)),
        (
            of.XERO_INVOICES_EXPORT,
            XERO | {"Type": "Sales credit note", "Total": "-50", "InvoiceAmountDue": "-50"},
            "kind",
            "credit",
        ),
    ],
)
def test_what_a_system_means_by_its_words(
    tmp_path: Path, names: Sequence[str], record: Cells, field: str, value: Any
) -> None:
    [row] = read(export(tmp_path, names, record))
    assert getattr(row, field) == value


def test_a_part_open_in_the_home_currency_is_not_taken_for_the_rows_own(tmp_path: Path) -> None:
    abroad = SAGE | {"CURRENCY": "EUR", "TRX_TOTALENTERED": "900.00"}
    [row] = read(export(tmp_path, of.SAGE_INTACCT_ARINVOICE, abroad))
    assert isinstance(row, BadRow)
    [problem] = row.problems
    assert (problem.column, problem.value) == ("TOTALDUE", "800.00")
    assert "home currency" in problem.why


@pytest.mark.parametrize(
    ("names", "record", "status"),
    [
        (of.XERO_INVOICES_EXPORT, XERO | {"Status": "Draft"}, "Draft"),
        (of.STRIPE_INVOICES_EXPORT, STRIPE | {"Status": "draft", "Number": ""}, "draft"),
        (of.ZOHO_INVOICES_EXPORT, ZOHO | {"Invoice Status": "Void"}, "Void"),
        (of.SAGE_INTACCT_ARINVOICE, SAGE | {"STATE": "Reversed"}, "Reversed"),
    ],
)
def test_drafts_and_voided_documents_are_left_aside_and_counted(
    tmp_path: Path, names: Sequence[str], record: Cells, status: str
) -> None:
    file = opened(export(tmp_path, names, record))
    assert list(file.records("USD", "US")) == []
    assert f"Left aside, since their status asks for nothing: 1 {status}." in file.warnings()


GROUPED = {
    "Xero": (
        of.XERO_AGED_RECEIVABLES_DETAIL_SHORT,
        "Harbor Clinic\nINV-7,15 Oct 2026,14 Nov 2026,,,,,,,,800\nINV-8,15 Oct 2026,14 Nov 2026,,,,,,,,5\n"
        "Total Harbor Clinic,,,,,,,,,,805\n\nNorthfield\nINV-9,15 Oct 2026,14 Nov 2026,,,,,,,,5\n"
        "Total Northfield,,,,,,,,,,5\nTotal,,,,,,,,,,810\n",
    ),
    "NetSuite": (
        of.NETSUITE_AR_AGING_DETAIL,
        "Harbor Clinic,,,,,,,\n,Invoice,10/15/2026,INV-7,,11/14/2026,6,800\n"
        ",Invoice,10/15/2026,INV-8,,11/14/2026,6,5\nTotal - Harbor Clinic,,,,,,,805\n"
        "Northfield,,,,,,,\n,Invoice,10/15/2026,INV-9,,11/14/2026,6,5\nTotal - Northfield,,,,,,,5\n",
    ),
}


@pytest.mark.parametrize("system", GROUPED)
def test_a_customer_printed_once_above_its_invoices_owes_each_of_them(tmp_path: Path, system: str) -> None:
    names, lines = GROUPED[system]
    path = export(tmp_path, names)
    path.write_text(path.read_text(encoding="utf-8") + lines, encoding="utf-8")
    found = [(row.account, row.number) for row in read(path) if isinstance(row, InvoiceRow)]
    assert found == [("Harbor Clinic", "INV-7"), ("Harbor Clinic", "INV-8"), ("Northfield", "INV-9")]


@pytest.mark.parametrize(
    "label", ["CURRENT", "1 - 30 days past due", "91 or more days past due", "< 1 Month"]
)
def test_the_label_of_an_aging_bucket_is_no_customer(tmp_path: Path, label: str) -> None:
    path = export(tmp_path, of.NETSUITE_AR_AGING_DETAIL)
    rows = f"{label},,,,,,,\n,Invoice,10/15/2026,INV-7,,11/14/2026,6,800\n"
    path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")
    [row] = read(path)
    assert isinstance(row, BadRow)
    assert row.problems[0].column == "Customer"


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (of.SALESFORCE_ACCOUNT, "has no column for invoice"),
        (of.SAGE_INTACCT_CUSTOMER_AGING_BUCKETS, "no row that looks like a header"),
        (of.XERO_AGED_RECEIVABLES_DETAIL_SHORT, "has no column for account"),
    ],
)
def test_what_lists_no_invoices_is_refused_with_what_to_do(
    tmp_path: Path, names: Sequence[str], why: str
) -> None:
    with pytest.raises(FileRefused, match=rf"{why}.*--mapping"):
        opened(export(tmp_path, names))


def test_the_accounts_of_salesforce_are_contacts(tmp_path: Path) -> None:
    path = export(tmp_path, of.SALESFORCE_ACCOUNT)
    found = open_sheet(path, CONTACT_FILE_COLUMNS, CONTACT_REQUIRED, Overrides()).header.shown()
    assert found == {
        "account": "AccountNumber",
        "contact": "Name",
        "phone": "Phone",
        "country": "BillingCountry",
        "state": "BillingState",
        "postal_code": "BillingPostalCode",
    }


def test_line_items_that_repeat_their_totals_are_one_invoice(books: Books, tmp_path: Path) -> None:
    items = [XERO | {"Description": what, "LineAmount": "400.00"} for what in ("Gloves", "Masks")]
    found = books.bring(export(tmp_path, of.XERO_INVOICES_EXPORT, *items)).document()
    assert (found["open_total"], found["problems"]) == ({"USD": "800.00"}, [])
    assert "1 rows repeat an invoice, as line items do; each invoice counts once." in found["warnings"]


def test_line_items_without_a_total_are_reported_and_never_added(books: Books, tmp_path: Path) -> None:
    items = [XERO | {"InvoiceAmountDue": amount} for amount in ("300.00", "500.00")]
    other = XERO | {"InvoiceNumber": "INV-8"}
    found = books.bring(export(tmp_path, of.XERO_INVOICES_EXPORT, *items, other)).document()
    assert [problem["line"] for problem in found["problems"]] == [2, 3]
    assert found["open_total"] == {"USD": "800.00"}


def test_a_payment_taken_back_opens_what_was_paid(books: Books, tmp_path: Path) -> None:
    paid = ZOHO | {"Invoice Status": "Paid", "Balance": "0"}
    books.bring(export(tmp_path, of.ZOHO_INVOICES_EXPORT, ZOHO))
    books.bring(export(tmp_path, of.ZOHO_INVOICES_EXPORT, paid), as_of=AS_OF + timedelta(1))
    assert books.invoices()["INV-7"].closed_why == "paid"
    found = books.bring(export(tmp_path, of.ZOHO_INVOICES_EXPORT, ZOHO), as_of=AS_OF + timedelta(2))
    assert found.applied.invoices["reopened"] == 1
    assert (books.invoices()["INV-7"].open_minor, books.invoices()["INV-7"].due_on) == (
        80000,
        date(2026, 11, 14),
    )


def test_a_negative_payment_leaves_more_open_than_was_asked_for(books: Books, tmp_path: Path) -> None:
    books.bring(export(tmp_path, of.ZOHO_INVOICES_EXPORT, ZOHO))
    books.bring(
        export(tmp_path, of.ZOHO_INVOICES_EXPORT, ZOHO | {"Balance": "1,050.00"}), as_of=AS_OF + timedelta(1)
    )
    assert (books.invoices()["INV-7"].open_minor, books.invoices()["INV-7"].gross_minor) == (105000, 100000)
    assert books.invoices()["INV-7"].reopened == 1


def test_a_draft_beside_an_open_invoice_is_no_row_of_the_ledger(books: Books, tmp_path: Path) -> None:
    draft = STRIPE | {"Status": "draft", "Number": ""}
    found = books.bring(export(tmp_path, of.STRIPE_INVOICES_EXPORT, STRIPE, draft)).document()
    assert (found["rows"], found["problems"], list(books.invoices())) == (1, [], ["A-0007"])
