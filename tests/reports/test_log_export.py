"""The log as it leaves for another ledger: what stands in which cell, and that no cell is ever a formula."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from outreach.ledger.base import Ledger
from outreach.ledger.log import Entry, append, append_many, erase_text
from outreach.ledger.log_reading import Note, Selection, newest, notes
from outreach.ledger.receivables import Account
from outreach.reports.log_export import (
    HEADERS,
    LONGEST,
    Line,
    guarded,
    lines,
    unguarded,
    write_csv,
    write_workbook,
)

LATE = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""still Monday the 23rd in Los Angeles"""
ZONE = ZoneInfo("America/Los_Angeles")
MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)
DANGEROUS = tuple("=+-@\t\r\n")
LINE = Line("HARBOR", "INV-1", MONDAY, "ana", "call saved", "They pay Friday", FRIDAY, 7)


def written(rows: list[Line]) -> list[list[str]]:
    """The CSV file as any reader of RFC 4180 reads it, without its headers."""
    file = io.StringIO(newline="")
    write_csv(rows, file)
    file.seek(0)
    headers, *body = csv.reader(file, strict=True)
    assert tuple(headers) == HEADERS
    return body


def sheets(rows: list[Line], **options: int) -> dict[str, list[Any]]:
    """The workbook's sheets as another program reads them."""
    file = io.BytesIO()
    write_workbook(rows, file, **options)
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue()))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.fixture
def harbor(ledger: Ledger) -> Ledger:
    with ledger.writing() as session:
        session.add(Account(id=7, number="HARBOR", name="Harbor Clinic", created_at=LATE))
        session.add(Account(id=8, number="LAKE", name="Lakeside", created_at=LATE))
        session.flush()
        said = Entry(
            at=LATE,
            actor="ana",
            what="call saved",
            account_id=7,
            invoices=("INV-1", "INV-2"),
            outcome="answered_human",
            disposition="promise_to_pay",
            follow_up_on=FRIDAY,
            text="=HYPERLINK(1)",
        )
        append(session, said)
        append(session, Entry(at=LATE, actor="system", what="planned"))
        append(session, Entry(at=LATE, actor="sam", what="account assigned", account_id=8, text="ben"))
    return ledger


def test_one_row_an_invoice(harbor: Ledger) -> None:
    with harbor.reading() as session:
        rows = list(lines(notes(session, Selection()), ZONE))
        *_, last = newest(session, Selection())
    said = (MONDAY, "ana", "call saved, answered human, promise to pay", "=HYPERLINK(1)", FRIDAY, last.entry)
    assert rows[:2] == [Line("HARBOR", "INV-1", *said), Line("HARBOR", "INV-2", *said)]
    (whole,) = rows[2:]
    assert whole[:6] == ("LAKE", "", MONDAY, "sam", "account assigned", "ben")


def test_what_the_house_did_is_nobodys_note(harbor: Ledger) -> None:
    with harbor.reading() as session:
        assert {note.what for note in notes(session, Selection())} == {"call saved", "account assigned"}


@pytest.mark.parametrize(
    ("wanted", "accounts"),
    [
        (Selection(account="LAKE"), ["LAKE"]),
        (Selection(since=LATE), ["HARBOR", "LAKE"]),
        (Selection(until=LATE), []),
        (Selection(seen=Account.id == 7), ["HARBOR"]),
    ],
)
def test_only_what_is_wanted(harbor: Ledger, wanted: Selection, accounts: list[str]) -> None:
    with harbor.reading() as session:
        assert [note.account for note in notes(session, wanted)] == accounts
        assert [note.account for note in newest(session, wanted)] == accounts[::-1]


def test_erased_words_stay_erased(harbor: Ledger) -> None:
    with harbor.writing() as session:
        erase_text(session, 1, by="ada", at=LATE)
    with harbor.reading() as session:
        first, _ = notes(session, Selection())
    assert first.words == "erased on 2026-11-24 by ada"


def test_pages_follow_each_other(harbor: Ledger) -> None:
    with harbor.writing() as session:
        append_many(session, (Entry(at=LATE, actor="x", what=str(n), account_id=7) for n in range(60)))
    with harbor.reading() as session:
        first = newest(session, Selection(account="HARBOR"))
        second = newest(session, Selection(account="HARBOR"), before=first[-1].entry)
    assert [note.what for note in (*first, *second)] == [*map(str, range(59, -1, -1)), "call saved"]


TEXTS = st.text(st.sampled_from("=+-@\t\r\n'\"aé,;| 1€漢"), max_size=12)


@given(texts=st.lists(TEXTS, min_size=5, max_size=5))
def test_no_cell_of_the_file_is_a_formula_and_each_reads_back(texts: list[str]) -> None:
    customer, invoice, by, action, text = texts
    (row,) = written([Line(customer, invoice, MONDAY, by, action, text, None, 1)])
    assert not [cell for cell in row if cell.startswith(DANGEROUS)]
    assert [unguarded(cell) for cell in row] == [customer, invoice, "2026-11-23", by, action, text, "", "1"]


@given(texts=st.lists(TEXTS.filter(lambda text: "\r" not in text), min_size=5, max_size=5))
def test_no_cell_of_the_workbook_is_a_formula_and_each_reads_back(texts: list[str]) -> None:
    customer, invoice, by, action, text = texts
    _, row = sheets([Line(customer, invoice, MONDAY, by, action, text, FRIDAY, 1)])["Log"]
    assert row == [customer, invoice, MONDAY, by, action, text, FRIDAY, 1.0]


@pytest.mark.parametrize(
    "text", ["=1+1", "+13125550101", "-5", "@SUM(A1)", "\tx", "\rx", "\n=x", "'=x", "''=x"]
)
def test_the_apostrophe_goes_on_and_comes_off(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "'tis paid", "paid = done", "1-2", "INV-1"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert guarded(text) == unguarded(text) == text


def test_the_workbook_has_types_and_no_links() -> None:
    link = LINE._replace(text="https://pay.example/1", invoice="00042", follow_up_on=None)
    headers, first, second = sheets([LINE, link])["Log"]
    assert headers == list(HEADERS)
    assert first == ["HARBOR", "INV-1", MONDAY, "ana", "call saved", "They pay Friday", FRIDAY, 7.0]
    assert (second[1], second[5], second[6]) == ("00042", "https://pay.example/1", "")


def test_a_workbook_goes_on_in_the_next_sheet() -> None:
    found = sheets([LINE] * 5, sheet_rows=2)
    assert {name: len(rows) for name, rows in found.items()} == {"Log": 3, "Log 2": 3, "Log 3": 2}
    assert all(rows[0] == list(HEADERS) for rows in found.values())


def test_an_empty_log_has_its_headers() -> None:
    assert written([]) == []
    assert sheets([]) == {"Log": [list(HEADERS)]}


def test_what_no_cell_can_hold() -> None:
    odd = LINE._replace(by="a\x00\x08b", text="x" * 40_000)
    _, row = sheets([odd])["Log"]
    assert row[3] == "a\ufffd\ufffdb"
    assert (len(str(row[5])), str(row[5])[-1]) == (LONGEST, "…")
    assert written([odd])[0][3] == "a\ufffd\ufffdb"


def many(count: int) -> Iterator[Line]:
    note = Note(1, 7, "HARBOR", LATE, "ana", "call saved", None, None, None, ("A", "B"), None, "said " * 20)
    return lines((note for _ in range(count)), ZONE)


def peak(count: int, folder: Path, kind: str) -> int:
    """Bytes held at most while so many entries are written."""
    tracemalloc.start()
    try:
        if kind == "csv":
            with (folder / "log.csv").open("w", newline="", encoding="utf-8") as text:
                write_csv(many(count), text)
        else:
            with (folder / "log.xlsx").open("wb") as file:
                write_workbook(many(count), file)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_more_entries_need_no_more_memory(tmp_path: Path, kind: str) -> None:
    few = peak(200, tmp_path, kind)
    assert peak(4_000, tmp_path, kind) < few + 1_000_000
