"""A customer's own list beside our books: told, kept, and nothing changed."""

import io
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from outreach.intake.problems import FileRefused
from outreach.ledger import papers
from outreach.ledger.base import Ledger
from outreach.ledger.log import LogEntry
from outreach.ledger.naming import Unclear
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Invoice
from outreach.reports.reconciliation import reconcile
from tests.campaigns.book import Book
from tests.hand_clock import HandClock
from tests.rules.given import day, utc

NOW = utc("2026-11-23 15:00")
DUE = day("2026-11-01")


@pytest.fixture
def book(ledger: Ledger) -> Book:
    book = Book(ledger)
    book.account("HARBOR")
    book.account("QUAY", parent="HARBOR")
    book.account("OTHER")
    for number, amount in (("INV-0041", 100), ("INV-0042", 200), ("INV-0043", 300), ("CR-1", -50)):
        book.invoice("HARBOR", number, DUE, amount)
    book.invoice("QUAY", "Q-1", DUE, 70)
    book.invoice("OTHER", "INV-0099", DUE, 999)
    book.invoice("HARBOR", "INV-0040", DUE, 10)
    book.change(Invoice, Invoice.number == "INV-0040", open_minor=0, closed_on=day("2026-11-05"))
    return book


def found(book: Book, folder: Path, *lines: str, account: str = "HARBOR") -> tuple[dict[str, Any], bytes]:
    path = folder / "their list.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result, workbook = reconcile(book.ledger, folder / "files", account, path, clock=HandClock(NOW), by="ana")
    return result.document(), workbook


THEIRS = (
    "Open items of Harbor Clinic,,",
    "Reference,Document date,Balance",
    'inv 41,2026-10-02,"100.00"',
    "INV-0042,2026-10-02,150.00",
    "INV-0040,2026-10-02,10.00",
    "Q-1,2026-10-02,70.00",
    "X-9,2026-10-02,5.00",
    "X-10,2026-10-02,soon",
    "Total,,335.00",
)


def test_both_ours_only_theirs_only(book: Book, tmp_path: Path) -> None:
    told, _ = found(book, tmp_path, *THEIRS)
    assert told["counts"] == {"equal": 2, "different": 1, "ours_only": 2, "theirs_only": 2}
    assert {(one["ours"], one["theirs"], one["equal"]) for one in told["both"]} == {
        ("INV-0041", "inv 41", True),
        ("INV-0042", "INV-0042", False),
        ("Q-1", "Q-1", True),
    }
    assert {(one["invoice"], one["amount"]) for one in told["ours_only"]} == {
        ("CR-1", "-50.00"),
        ("INV-0043", "300.00"),
    }
    assert {one["invoice"]: one["remark"] for one in told["theirs_only"]} == {
        "INV-0040": "settled here on 2026-11-05",
        "X-9": "",
    }
    assert told["totals"] == {"ours": {"USD": "620.00"}, "theirs": {"USD": "335.00"}}
    assert [problem["value"] for problem in told["problems"]] == ["soon"]


def test_what_we_know_as_settled_may_be_spelled_another_way(book: Book, tmp_path: Path) -> None:
    told, _ = found(book, tmp_path, "Reference,Balance", "Inv 40,10.00", "X-9,5.00")
    assert {one["invoice"]: one["remark"] for one in told["theirs_only"]} == {
        "Inv 40": "settled here on 2026-11-05",
        "X-9": "",
    }


def test_nothing_changes_and_both_papers_are_kept(book: Book, tmp_path: Path) -> None:
    before = book.rows()
    _, workbook = found(book, tmp_path, *THEIRS)
    assert book.rows() == before
    with book.ledger.reading() as session:
        entry = session.scalars(select(LogEntry).where(LogEntry.what == "list reconciled")).one()
        kept = {row.sha256: papers.read(tmp_path / "files", row) for row in session.scalars(select(Paper))}
    assert (entry.actor, entry.account_id, entry.invoices) == ("ana", 1, ["INV-0042"])
    assert kept[entry.links["reconciliation"]] == workbook
    assert kept[entry.links["list"]] == (tmp_path / "their list.csv").read_bytes()


def test_the_workbook_says_the_same_and_holds_no_formula(book: Book, tmp_path: Path) -> None:
    _, content = found(book, tmp_path, "Reference,Balance", "=1+1,5.00", "Q-1,70")
    book_ = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book_.sheet_names == ["Different", "Ours only", "Theirs only", "Equal"]
    assert book_.get_sheet_by_name("Theirs only").to_python()[1][:3] == ["=1+1", "USD", 5.0]
    assert len(book_.get_sheet_by_name("Ours only").to_python()) == 5


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("Reference,Currency", "I-1,USD"), "no column for open_amount"),
        (("nothing,to,see",), "looks like a header"),
        (("Reference,Balance", "I-1,soon"), "not an amount"),
    ],
)
def test_what_is_no_list_is_refused(book: Book, tmp_path: Path, lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(FileRefused, match=why):
        found(book, tmp_path, *lines)


def test_an_account_that_is_not_there(book: Book, tmp_path: Path) -> None:
    with pytest.raises(Unclear, match="there is no account NOBODY"):
        found(book, tmp_path, *THEIRS, account="NOBODY")
