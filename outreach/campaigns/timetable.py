"""What runs by the calendar: which run of which day has come and is not done yet.

A run is idempotent by its day, and leased by it, so that any number of ticks and workers do it once. Only the
newest day of each is due: what older days missed is caught up by the trigger law (product.md 2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args

from sqlalchemy.orm import Session

from outreach.ledger import leases
from outreach.rules.policy import Policy

RunName = Literal["expire", "suspensions", "plan", "anchor"]
RUNS: tuple[RunName, ...] = get_args(RunName)

LONGEST = timedelta(minutes=10)
"""A run that is not done by then is taken to have died, and another begins it: no run minds being doubled."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the timetable for one of the organization's days."""

    name: RunName
    day: date

    @property
    def lease(self) -> str:
        return f"{self.name}:{self.day.isoformat()}"


def come(policy: Policy, now: datetime) -> Iterator[Run]:
    """The newest run of each kind whose hour has come, in the order in which they came."""
    moments = sorted((_newest(policy, name, now), name) for name in RUNS)
    yield from (Run(name, moment.date()) for moment, name in moments)


def due(session: Session, policy: Policy, now: datetime) -> list[Run]:
    """Those that have come and are not done."""
    return [run for run in come(policy, now) if not leases.is_done(session, run.lease)]


def _newest(policy: Policy, name: RunName, now: datetime) -> datetime:
    day = policy.today(now)
    while not _runs_on(policy, name, day) or _moment(policy, name, day) > now:
        day -= timedelta(days=1)
    return _moment(policy, name, day)


def _runs_on(policy: Policy, name: RunName, day: date) -> bool:
    return name not in ("suspensions", "plan") or policy.business_days.is_business_day(day)


def _moment(policy: Policy, name: RunName, day: date) -> datetime:
    at: time = getattr(policy.timetable, name)
    return datetime.combine(day, at, policy.organization.zone)
