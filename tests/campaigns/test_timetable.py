"""The timetable: the newest run of each kind whose hour has come, once for each day."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from outreach.campaigns import timetable
from outreach.campaigns.timetable import Run
from outreach.ledger import leases
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Destination
from outreach.ledger.imports import Import
from outreach.ledger.touches import Touch
from outreach.rules.policy import Policy
from tests.campaigns.book import POLICY as BOOK
from tests.campaigns.book import Book

POLICY = Policy.parse(Path("config/outreach.toml").read_text())
ZONE = POLICY.organization.zone


def at(text: str) -> datetime:
    """A moment on the organization's wall clock, as every rule gets it: UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 11, 20) + timedelta(days=n) for n in range(4))

COME = [
    ("2026-11-23 05:29", {"plan": FRIDAY, "suspensions": FRIDAY, "expire": MONDAY, "anchor": SUNDAY}),
    ("2026-11-23 05:59", {"plan": FRIDAY, "suspensions": MONDAY, "expire": MONDAY, "anchor": SUNDAY}),
    ("2026-11-23 06:00", {"plan": MONDAY, "suspensions": MONDAY, "expire": MONDAY, "anchor": SUNDAY}),
    ("2026-11-23 23:44", {"plan": MONDAY, "suspensions": MONDAY, "expire": MONDAY, "anchor": SUNDAY}),
    ("2026-11-23 23:45", {"plan": MONDAY, "suspensions": MONDAY, "expire": MONDAY, "anchor": MONDAY}),
    ("2026-11-22 12:00", {"plan": FRIDAY, "suspensions": FRIDAY, "expire": SUNDAY, "anchor": SATURDAY}),
    ("2026-11-22 00:04", {"plan": FRIDAY, "suspensions": FRIDAY, "expire": SATURDAY, "anchor": SATURDAY}),
    (
        "2026-11-26 12:00",
        {
            "plan": date(2026, 11, 25),
            "suspensions": date(2026, 11, 25),
            "expire": date(2026, 11, 26),
            "anchor": date(2026, 11, 25),
        },
    ),
    # the statement's day, a federal holiday, and the days about it
    (
        "2026-02-16 12:00",
        {
            "plan": date(2026, 2, 16),
            "suspensions": date(2026, 2, 13),
            "expire": date(2026, 2, 16),
            "anchor": date(2026, 2, 15),
        },
    ),
    # the nights on which the clock is moved
    (
        "2026-03-08 12:00",
        {
            "plan": date(2026, 3, 6),
            "suspensions": date(2026, 3, 6),
            "expire": date(2026, 3, 8),
            "anchor": date(2026, 3, 7),
        },
    ),
    (
        "2026-11-01 12:00",
        {
            "plan": date(2026, 10, 30),
            "suspensions": date(2026, 10, 30),
            "expire": date(2026, 11, 1),
            "anchor": date(2026, 10, 31),
        },
    ),
]


@pytest.mark.parametrize(("now", "days"), COME)
def test_the_newest_run_whose_hour_has_come(now: str, days: dict[str, date]) -> None:
    assert {run.name: run.day for run in timetable.come(POLICY, at(now))} == days


def test_runs_come_in_the_order_of_their_hours() -> None:
    assert [run.name for run in timetable.come(POLICY, at("2026-11-23 12:00"))] == [
        "anchor",
        "expire",
        "suspensions",
        "plan",
    ]


def test_the_day_is_the_organizations_and_not_utcs() -> None:
    late_evening = at("2026-11-23 23:50")
    assert late_evening.astimezone(UTC).date() == date(2026, 11, 24)
    assert Run("anchor", MONDAY) in timetable.come(POLICY, late_evening)


def test_a_run_that_is_done_is_not_due_again(ledger: Ledger) -> None:
    now = at("2026-11-23 12:00")
    plan = Run("plan", MONDAY)
    with ledger.writing() as session:
        assert leases.take(session, plan.lease, holder="us", until=now + timetable.LONGEST, now=now)
        assert plan in timetable.due(session, POLICY, now)
        leases.finish(session, plan.lease, holder="us", now=now)
    with ledger.reading() as session:
        assert plan not in timetable.due(session, POLICY, now)
        assert Run("plan", date(2026, 11, 24)) in timetable.due(session, POLICY, at("2026-11-24 06:00"))


def test_the_service_plans_a_statement_on_its_day_whatever_the_holiday(ledger: Ledger) -> None:
    """Golden vector: 2026-02 -> 02-16."""
    book = Book(ledger, BOOK + "go_live_on = 2026-01-01\n")
    book.account("A")
    book.invoice("A", "I1", date(2026, 3, 1))
    for day in (date(2026, 2, number) for number in range(12, 19)):
        book.imported(day)
        now = datetime.combine(day, time(6), ZONE).astimezone(UTC)
        with ledger.reading() as session:
            due = [run for run in timetable.due(session, POLICY, now) if run == Run("plan", day)]
        for run in due:
            book.plan(run.day)
    assert [(one.step, one.day) for one in book.touches()] == [("statement", date(2026, 2, 16))]


def finish(ledger: Ledger, run: Run, now: datetime) -> None:
    with ledger.writing() as session:
        assert leases.take(session, run.lease, holder="us", until=now + timetable.LONGEST, now=now)
        leases.finish(session, run.lease, holder="us", now=now)


def plans_due(ledger: Ledger, moment: str) -> list[Run]:
    with ledger.reading() as session:
        return [run for run in timetable.due(session, POLICY, at(moment)) if run.name == "plan"]


def test_after_a_call_has_failed_the_day_is_planned_again_and_its_queue_backfills(ledger: Ledger) -> None:
    book = Book(ledger, BOOK + "[desk]\ntarget = 2\n")
    book.imported(MONDAY)
    for number in ("A", "B", "C"):
        book.account(number)
        book.invoice(number, f"I-{number}", MONDAY - timedelta(9), 900)
    book.plan(MONDAY)
    finish(ledger, Run("plan", MONDAY), at("2026-11-23 06:00"))
    assert plans_due(ledger, "2026-11-23 10:05") == []
    (call, _) = book.touches(MONDAY, "call")
    when = at("2026-11-23 10:01")
    book.change(Touch, Touch.id == call.id, state="failed", ended_at=when)
    book.change(Destination, Destination.id == call.destination_id, bad_at=when, bad_why="fax")
    whom = {"account_id": call.account_id, "destination_id": call.destination_id, "rep_id": call.rep_id}
    moved = {"state": "ended", "outcome": "fax", "requested_at": when, "moved_at": when}
    made = {"step": call.step, "provider": "twilio", **whom, **moved}
    book.add(CallAttempt(id="a" * 15, day=MONDAY, touch_id=call.id, **made))
    (again,) = plans_due(ledger, "2026-11-23 10:05")
    assert again == Run("plan", MONDAY, time(10))
    book.plan(again.day)
    assert book.called(MONDAY) == ["B", "C"]
    finish(ledger, again, at("2026-11-23 10:05"))
    assert plans_due(ledger, "2026-11-23 10:14") == []
    finish(ledger, plans_due(ledger, "2026-11-23 10:15")[0], at("2026-11-23 10:15"))
    assert plans_due(ledger, "2026-11-23 10:30") == []


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2026-11-23 07:20", time(7, 15)),
        ("2026-11-23 16:59", time(16, 45)),
        ("2026-11-23 17:00", None),
        ("2026-11-24 07:00", None),  # its own plan comes first
        ("2026-11-22 12:00", None),
    ],
)
def test_after_an_import_today_is_planned_again_in_working_hours(
    ledger: Ledger, now: str, again: time | None
) -> None:
    book = Book(ledger)
    for day in (SUNDAY, MONDAY):
        finish(ledger, Run("plan", day), at(now))
    assert [run for run in plans_due(ledger, now) if run.again_at] == []
    book.imported(MONDAY)
    book.change(Import, Import.id > 0, applied_at=at(now) - timedelta(minutes=1))
    found = [run for run in plans_due(ledger, now) if run.again_at]
    assert found == ([Run("plan", MONDAY, again)] if again else [])


def test_after_an_outage_only_the_newest_day_is_due(ledger: Ledger) -> None:
    with ledger.reading() as session:
        due = timetable.due(session, POLICY, at("2026-11-25 12:00"))
    assert [run for run in due if run.name == "plan"] == [Run("plan", date(2026, 11, 25))]
