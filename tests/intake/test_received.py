"""The day a payment came in stands beside the day it was applied, and tells how fast that was."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.ledger import policies
from outreach.ledger.cash import Applied, applied_in_time
from outreach.ledger.receivables import Application, Invoice
from tests.intake.conftest import Books
from tests.intake.files import write

HISTORY = "Customer ID,Invoice number,Invoice date,Due date,Amount,Settled date,Received date"
SNAPSHOT = "Customer ID,Invoice number,Invoice date,Due date,Amount,Open amount,Received date"
NOV_20 = date(2026, 11, 20)


def received(books: Books) -> dict[str, tuple[str, date | None]]:
    query = select(Invoice.number, Application.kind, Application.received_on).join(Application)
    with books.ledger.reading() as session:
        return {row.number: (row.kind, row.received_on) for row in session.execute(query)}


def in_time(books: Books, first: date = date(2026, 11, 1), last: date = NOV_20) -> Applied:
    with books.ledger.reading() as session:
        calendar = policies.in_force(session).policy.business_days
        return applied_in_time(session, first, last, calendar)


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
    found = in_time(books)
    assert found == (2, 3)
    assert found.share == pytest.approx(2 / 3)


def test_a_snapshot_says_when_the_part_that_was_paid_came_in(books: Books, tmp_path: Path) -> None:
    row = "HARBOR,I1,2026-10-01,2026-10-31,100.00,{},{}"
    books.bring(write(tmp_path, SNAPSHOT, row.format("100.00", "")), as_of=date(2026, 11, 18))
    books.bring(write(tmp_path, SNAPSHOT, row.format("40.00", "2026-11-19")), as_of=NOV_20)
    assert received(books) == {"I1": ("payment", date(2026, 11, 19))}
    assert in_time(books) == (1, 1)


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
    assert in_time(books).share is None
