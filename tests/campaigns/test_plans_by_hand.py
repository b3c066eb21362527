"""Plans of the IBM sample for seven days, held against plain loops over its file (product.md 2 and 7)."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pytest

from outreach.intake.importing import import_file
from outreach.ledger.clock import WallClock
from tests.campaigns.book import Book
from tests.campaigns.test_golden import SAMPLE

DAYS = [
    date(2013, 6, 30),  # a Sunday
    date(2013, 7, 1),
    date(2013, 5, 15),  # the day of the statements
    date(2013, 3, 29),
    date(2013, 1, 2),
    date(2012, 11, 22),  # Thanksgiving
    date(2012, 8, 31),
]
MINIMUM = 25_00

Fired = tuple[str, str, str]
"""account, step, subject"""


class Row(NamedTuple):
    account: str
    number: str
    due_on: date
    cents: int
    disputed: bool


def open_on(day: date) -> list[Row]:
    """InvoiceDate <= day < SettledDate, as the file's note says."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return [
            Row(
                row["customerID"],
                row["invoiceNumber"],
                american(row["DueDate"]),
                round(float(row["InvoiceAmount"]) * 100),
                row["Disputed"] == "Yes",
            )
            for row in csv.DictReader(file)
            if american(row["InvoiceDate"]) <= day < american(row["SettledDate"])
        ]


def american(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a date has no zone


def by_hand(day: date) -> tuple[set[Fired], set[Fired]]:
    """What fires on the first plan ever, and what of it a dispute holds."""
    rows = open_on(day)
    fired, held = set(), set()
    asked: dict[str, int] = {}
    old: set[str] = set()
    for row in rows:
        late = (day - row.due_on).days
        if late >= 1 and not row.disputed:
            asked[row.account] = asked.get(row.account, 0) + row.cents
            if late > 31:
                old.add(row.account)
    called = {account for account in old if asked[account] >= MINIMUM}
    fired |= {(account, "overdue_31", account) for account in called}
    for row in rows:
        late = (day - row.due_on).days
        if late > 31 and row.account in called and not row.disputed:
            continue
        step = "followup_15" if late >= 15 else "followup_5" if late >= 5 else None
        if step:
            fired.add((row.account, step, row.number))
            if row.disputed:
                held.add((row.account, step, row.number))
    if day == date(2013, 5, 15):
        fired |= {(row.account, "statement", row.account) for row in rows}
    return fired, held


def planned(book: Book, day: date) -> Iterator[tuple[Fired, str, int | None]]:
    for one in book.plan(day).to_json()["firings"]:
        if one["state"] == "open":
            key = (one["account"], one["step"], one["subject"])
            yield key, one["rule"] or "", one["days_past_due"]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_plan_of_a_day_is_that_of_plain_loops(book: Book, day: date) -> None:
    if not SAMPLE.exists():
        pytest.skip("the IBM sample is not at ../shared/data")
    import_file(book.ledger, SAMPLE, clock=WallClock(), actor="test", as_of=day)
    fired, held = by_hand(day)
    found = {key: (rule, late) for key, rule, late in planned(book, day)}
    assert set(found) == fired
    assert {key for key, (rule, _) in found.items() if "held by dispute" in rule} == held
    due = {(row.account, row.number): row.due_on for row in open_on(day)}
    for (account, _, subject), (_, late) in found.items():
        if late is not None:
            assert day - timedelta(late) == due[(account, subject)]
