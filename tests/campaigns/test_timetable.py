"""The timetable: the newest run of each kind whose hour has come, once for each day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from outreach.campaigns import timetable
from outreach.campaigns.timetable import Run
from outreach.ledger import leases
from outreach.ledger.base import Ledger
from outreach.rules.policy import Policy

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


def test_after_an_outage_only_the_newest_day_is_due(ledger: Ledger) -> None:
    with ledger.reading() as session:
        due = timetable.due(session, POLICY, at("2026-11-25 12:00"))
    assert [run for run in due if run.name == "plan"] == [Run("plan", date(2026, 11, 25))]
