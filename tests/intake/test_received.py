"""The day a payment came in stands beside the day it was applied, and tells how fast that was."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from outreach.ledger import policies
from outreach.ledger.receivables import Application, Invoice
from outreach.reports.metrics import metrics
from tests.intake.conftest import Books
from tests.intake.files import write

HISTORY = "Customer ID,Invoice number,Invoice date,Due date,Amount,Settled date,Received date"
SNAPSHOT = "Customer ID,Invoice number,Invoice date,Due date,Amount,Open amount,Received date"
NOV_20 = date(2026, 11, 20)


def received(books: Books) -> dict[str, tuple[str, date | None]]:
    query = select(Invoice.number, Application.kind, Application.received_on).join(Application)
    with books.ledger.reading() as session:
        return {row.number: (row.kind, row.received_on) for row in session.execute(query)}


def in_time(books: Books, on: date = NOV_20) -> tuple[Any, ...]:
    """Per cent applied within a business day, and the counts it is made of."""
    with books.ledger.reading() as session:
        document = metrics(session, on, policies.in_force(session), books.clock.now())
    explained = document["explained"]["applied_within_a_business_day"]
    return document["activity"]["applied_within_a_business_day"], *map(int, explained["inputs"].values())


def test_a_history_says_both_days_and_how_many_were_applied_in_time(books: Books, tmp_path: Path) -> None:
    rows = [
        "HARBOR,I1,2026-10-01,2026-10-31,100.00,2026-11-10,2026-11-10",
        "HARBOR,I2,2026-10-01,2026-10-31,100.00,2026-11-16,2026-11-13",  # a Friday and the Monday after
        "HARBOR,I3,2026-10-01,2026-10-31,100.00,2026-11-17,2026-11-13",
        "HARBOR,I4,2026-10-01,2026-10-31,100.00,2026-11-17,",
        "HARBOR,I5,2026-10-01,2026-10-31,100.00,,2026-11-19",  # came in, and is not applied yet
        "HARBOR,I6,2026-09-01,2026-09-30,100.00,2026-10-20,2026-10-19",
    ]
    books.bring(write(tmp_path, HISTORY, *rows))
    assert received(books)["I2"] == ("payment", date(2026, 11, 13))
    assert received(books)["I4"] == ("payment", None)
    assert in_time(books) == (75.0, 3, 4)
    assert in_time(books, date(2026, 11, 16)) == (75.0, 3, 4), "I3 was late by then, though not applied yet"
    assert in_time(books, date(2026, 11, 13)) == (100.0, 2, 2), "two have until Monday"
    assert in_time(books, date(2027, 2, 1)) == (66.67, 2, 3), "I6 is more than 90 days ago"


def test_what_a_later_file_dates_otherwise_counts_once(books: Books, tmp_path: Path) -> None:
    row = "HARBOR,I1,2026-10-01,2026-10-31,100.00,{},2026-11-10"
    books.bring(write(tmp_path, HISTORY, row.format("2026-11-16")), as_of=date(2026, 11, 18))
    books.bring(write(tmp_path, HISTORY, row.format("2026-11-11")), as_of=NOV_20)
    assert in_time(books) == (100.0, 1, 1)


def test_a_snapshot_says_when_the_part_that_was_paid_came_in(books: Books, tmp_path: Path) -> None:
    row = "HARBOR,I1,2026-10-01,2026-10-31,100.00,{},{}"
    books.bring(write(tmp_path, SNAPSHOT, row.format("100.00", "")), as_of=date(2026, 11, 18))
    books.bring(write(tmp_path, SNAPSHOT, row.format("40.00", "2026-11-19")), as_of=NOV_20)
    assert received(books) == {"I1": ("payment", date(2026, 11, 19))}
    assert in_time(books) == (100.0, 1, 1)


def test_a_day_after_the_file_is_not_known_yet_and_an_unreadable_one_leaves_the_row_out(
    books: Books, tmp_path: Path
) -> None:
    rows = [
        "HARBOR,I1,2026-10-01,2026-10-31,100.00,2026-11-10,2026-11-30",
        "HARBOR,I2,2026-10-01,2026-10-31,100.00,2026-11-10,soon",
    ]
    found = books.bring(write(tmp_path, HISTORY, *rows)).document()
    assert received(books) == {"I1": ("payment", None)}
    assert [problem["value"] for problem in found["problems"]] == ["soon"]


def test_without_such_a_column_nothing_is_said(books: Books, tmp_path: Path) -> None:
    header = "Customer ID,Invoice number,Invoice date,Due date,Amount,Settled date"
    books.bring(write(tmp_path, header, "HARBOR,I1,2026-10-01,2026-10-31,100.00,2026-11-10"))
    assert in_time(books)[0] is None
