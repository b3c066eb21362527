"""Credit sales by month and currency: stated once, corrected, never guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from outreach.intake.problems import FileRefused
from outreach.intake.sales import SalesResult, load_sales
from outreach.ledger import sales
from outreach.ledger.verification import verify
from tests.intake.conftest import Books
from tests.intake.files import write

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def load(books: Books, folder: Path, *lines: str) -> SalesResult:
    path = write(folder, "Month,Currency,Amount", *lines, name="sales.csv")
    return load_sales(books.ledger, path, clock=books.clock, actor="op")


def known(books: Books) -> dict[tuple[date, str], int]:
    with books.ledger.reading() as session:
        return {(row.month, row.currency): row.amount_minor for row in sales.stated(session)}


def test_months_are_stated_once_and_corrected(books: Books, tmp_path: Path) -> None:
    lines = ('2026-10,USD,"1,234.50"', "Nov 2026,,2000", "11/2026,JPY,5000")
    assert load(books, tmp_path, *lines) == SalesResult(3, 3, 0, 0, [])
    assert known(books) == {(OCTOBER, "USD"): 123450, (NOVEMBER, "USD"): 200000, (NOVEMBER, "JPY"): 5000}
    before = books.dump()
    assert load(books, tmp_path, *lines) == SalesResult(3, 0, 0, 3, [])
    assert books.dump() == before
    assert load(books, tmp_path, "2026-10,USD,-5", *lines[1:]) == SalesResult(3, 0, 1, 2, [])
    assert known(books)[OCTOBER, "USD"] == -500
    with books.ledger.reading() as session:
        assert list(verify(session)) == []


def test_bad_rows_are_left_out(books: Books, tmp_path: Path) -> None:
    result = load(
        books,
        tmp_path,
        "2026-10,USD,1",
        "2026-13,USD,1",
        "2026-11,dollars,1",
        "2026-11,USD,much",
        "2026-11,USD,",
        "2026-12,USD,1",
        "2026-12,USD,2",
        "2026-10,USD,1",
    )
    assert {problem.line for problem in result.problems} == {3, 4, 5, 6, 7, 8}
    assert known(books) == {(OCTOBER, "USD"): 100}


@pytest.mark.parametrize(
    ("lines", "words"),
    [(("03/04/2026,USD,1",), "date-order|ways"), (("never,USD,1",), "No row of sales.csv can be taken")],
)
def test_what_cannot_be_understood_is_refused(
    books: Books, tmp_path: Path, lines: tuple[str, ...], words: str
) -> None:
    with pytest.raises(FileRefused, match=words):
        load(books, tmp_path, *lines)
    assert known(books) == {}
