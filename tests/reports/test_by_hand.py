"""The IBM sample on seven days, beside the same figures worked out by plain loops over its CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from outreach.intake.importing import import_file
from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock
from outreach.reports.key_figures import TITLES
from outreach.reports.metrics import metrics
from tests.intake.files import IBM
from tests.services import Databases

POLICY = '[organization]\nname = "Meridian"\nzone = "America/New_York"\n'
NOW = datetime(2014, 1, 2, 12, tzinfo=UTC)
LAST = date(2013, 12, 31)
"""the day the file is imported as of: every day before it can be told"""
DAYS = [
    date(2013, 6, 30),
    date(2012, 5, 15),
    date(2012, 12, 31),
    date(2013, 1, 1),
    date(2013, 2, 28),
    date(2013, 9, 17),
    LAST,
]
each_day = pytest.mark.parametrize("day", DAYS, ids=str)


@dataclass(frozen=True)
class Row:
    customer: str
    amount: Decimal
    invoiced: date
    due: date
    settled: date

    def open(self, day: date) -> bool:
        return self.invoiced <= day < self.settled


def _day(text: str) -> date:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    if not IBM.exists():
        pytest.skip("the IBM sample is not at ../shared/data")
    with IBM.open(encoding="utf-8-sig", newline="") as file:
        return [
            Row(
                one["customerID"],
                Decimal(one["InvoiceAmount"]),
                *(_day(one[name]) for name in ("InvoiceDate", "DueDate", "SettledDate")),
            )
            for one in csv.DictReader(file)
        ]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def imported(request: pytest.FixtureRequest, rows: list[Row]) -> Iterator[Ledger]:
    """The whole file as a history, brought in once."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.migrated() as url, closing(Ledger(url)) as ledger:
        _bring(ledger, IBM, LAST)
        yield ledger


def _bring(ledger: Ledger, path: Path, as_of: date) -> None:
    with ledger.writing() as session:
        policies.load(session, POLICY, actor="test", why="test", now=NOW)
    import_file(ledger, path, clock=WallClock(), actor="test", as_of=as_of)


def told(ledger: Ledger, day: date) -> dict[str, Any]:
    with ledger.reading() as session:
        return metrics(session, day, policies.in_force(session), NOW)


def rounded(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def total(rows: list[Row], day: date) -> Decimal:
    return sum((row.amount for row in rows if row.open(day)), Decimal(0))


def current(rows: list[Row], day: date) -> Decimal:
    return sum((row.amount for row in rows if row.open(day) and row.due >= day), Decimal(0))


def sold(rows: list[Row], first: date, last: date) -> Decimal:
    return sum((row.amount for row in rows if first <= row.invoiced <= last), Decimal(0))


def quarter_start(day: date) -> date:
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


@each_day
def test_aging(imported: Ledger, rows: list[Row], day: date) -> None:
    buckets = dict.fromkeys(("current", "1-30", "31-60", "61-90", "91+"), Decimal(0))
    over_31 = Decimal(0)
    for row in rows:
        if not row.open(day):
            continue
        late = (day - row.due).days
        if late <= 0:
            buckets["current"] += row.amount
        elif late <= 30:
            buckets["1-30"] += row.amount
        elif late <= 60:
            buckets["31-60"] += row.amount
        elif late <= 90:
            buckets["61-90"] += row.amount
        else:
            buckets["91+"] += row.amount
        if late > 31:
            over_31 += row.amount
    document = told(imported, day)
    assert {name: Decimal(amounts["USD"]) for name, amounts in document["buckets"].items()} == buckets
    assert Decimal(document["open_total"]["USD"]) == total(rows, day) == sum(buckets.values())
    assert Decimal(document["over_31_days"]["USD"]) == over_31


@each_day
def test_dso(imported: Ledger, rows: list[Row], day: date) -> None:
    sales = sold(rows, day - timedelta(89), day)
    simple, best = total(rows, day) / sales * 90, current(rows, day) / sales * 90
    document = told(imported, day)
    assert document["dso_simple"] == rounded(simple)
    assert document["best_possible_dso"] == rounded(best)
    assert document["add"] == rounded(simple - best)


@each_day
def test_dso_by_countback(imported: Ledger, rows: list[Row], day: date) -> None:
    left, last, days = total(rows, day), day, Decimal(0)
    while left:
        first = last.replace(day=1)
        amount, length = sold(rows, first, last), (last - first).days + 1
        days += length if amount < left else left / amount * length
        left -= min(amount, left)
        last = first - timedelta(1)
    assert told(imported, day)["dso_countback"] == rounded(days)


@each_day
def test_the_quarters_rate_and_effectiveness(imported: Ledger, rows: list[Row], day: date) -> None:
    start = quarter_start(day)
    fell_due = [row for row in rows if start <= row.due <= day and row.invoiced <= day]
    gross = sum((row.amount for row in fell_due), Decimal(0))
    paid = sum((row.amount for row in fell_due if row.settled <= day), Decimal(0))
    begin, sales = total(rows, start - timedelta(1)), sold(rows, start, day) / 3
    document = told(imported, day)
    if gross:
        assert document["collection_rate_quarter"] == rounded(paid / gross * 100)
    else:
        assert document["collection_rate_quarter"] is None
    collected = begin + sales - total(rows, day)
    assert document["cei"] == rounded(collected / (begin + sales - current(rows, day)) * 100)


@each_day
def test_who_is_routinely_late(imported: Ledger, rows: list[Row], day: date) -> None:
    after = date(day.year - 1, day.month, day.day)
    found = {}
    for customer in {row.customer for row in rows}:
        due = [row for row in rows if row.customer == customer and after < row.due <= day]
        due = [row for row in due if row.invoiced <= day]
        late = [days for row in due if (days := (min(row.settled, day) - row.due).days) > 0]
        if len(due) >= 4 and len(late) * 10 >= len(due) * 6 and median(late) >= 10:
            found[customer] = (len(due), len(late), float(median(late)))
    routinely = told(imported, day)["routinely_late"]
    assert {one["account"]: (one["due"], one["late"], one["median_days"]) for one in routinely} == found
    assert found or day.year == 2012


def test_the_golden_day(imported: Ledger) -> None:
    """product.md 6 and 7."""
    document = told(imported, DAYS[0])
    assert (document["open_total"]["USD"], document["dso_simple"]) == ("5119.85", 23.15)
    assert document["explained"]["dso_simple"]["inputs"] == {
        "days": "90",
        "receivable": "5,119.85 USD",
        "credit sales": "19,903.70 USD",
    }


def test_a_file_as_of_that_day_gives_the_same(ledger: Ledger, rows: list[Row]) -> None:
    _bring(ledger, IBM, DAYS[0])
    document = told(ledger, DAYS[0])
    assert (document["dso_simple"], document["open_total"]["USD"]) == (23.15, "5119.85")


def test_open_items_alone_give_no_dso(ledger: Ledger, rows: list[Row], tmp_path: Path) -> None:
    """Of the open items alone it would be 90.00: all that was sold in the window is still open."""
    with IBM.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    open_items = tmp_path / "open.csv"
    names = ("customerID", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount")
    with open_items.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(
            [line[name] for name in names] for line, row in zip(lines, rows, strict=True) if row.open(DAYS[0])
        )
    _bring(ledger, open_items, DAYS[0])
    document = told(ledger, DAYS[0])
    assert document["open_total"]["USD"] == "5119.85"
    assert {document[name] for name in TITLES} == {None}
    assert "outreach sales FILE" in document["explained"]["dso_simple"]["why"]
    assert any(note.startswith("USD: no DSO, ") and "open items alone" in note for note in document["notes"])
