"""What runs by the calendar: which run of which day has come and is not done yet.

A run is idempotent by its day, and leased by it, so that any number of ticks and workers do it once. Only the
newest day of each is due: what older days missed is caught up by the trigger law (product.md 2). Today's plan
comes again as calls fail or payments arrive: its queue backfills.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args

from sqlalchemy.orm import Session

from outreach.ledger import leases, room
from outreach.rules.policy import Policy

RunName = Literal["expire", "suspensions", "plan", "anchor"]
RUNS: tuple[RunName, ...] = get_args(RunName)

LONGEST = timedelta(minutes=10)
"""A run that is not done by then is taken to have died, and another begins it: no run minds being doubled."""

BACKFILL_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the timetable for one of the organization's days."""

    name: RunName
    day: date
    again_at: time | None = None
    """of a plan that comes again on its day"""

    @property
    def lease(self) -> str:
        return f"{self.name}:{self.day.isoformat()}" + (f"T{self.again_at:%H:%M}" if self.again_at else "")


def come(policy: Policy, now: datetime) -> Iterator[Run]:
    """The newest run of each kind whose hour has come, in the order in which they came."""
    moments = sorted((_newest(policy, name, now), name) for name in RUNS)
    yield from (Run(name, moment.date()) for moment, name in moments)


def due(session: Session, policy: Policy, now: datetime) -> list[Run]:
    """Those that have come and are not done."""
    runs = [run for run in come(policy, now) if not leases.is_done(session, run.lease)]
    again = _plan_again(session, policy, now)
    return [*runs, again] if again else runs


def _plan_again(session: Session, policy: Policy, now: datetime) -> Run | None:
    """Today's plan once more, if its queue may have got room since the last: at most every 15 minutes."""
    local = now.astimezone(policy.organization.zone)
    day, at = local.date(), time(local.hour, local.minute - local.minute % BACKFILL_MINUTES)
    first, again = Run("plan", day), Run("plan", day, at)
    open_until = policy.calendar.working_hours.closes
    if not policy.business_days.is_business_day(day) or local.time() >= open_until:
        return None
    done = leases.done_of(session, first.lease)
    if not done or max(done) >= again.lease:
        return None
    since = max(done).removeprefix(first.lease).removeprefix("T")
    begun = policy.moment(day, time.fromisoformat(since) if since else policy.timetable.plan)
    return again if room.has_come(session, day, begun) else None


def _newest(policy: Policy, name: RunName, now: datetime) -> datetime:
    day = policy.today(now)
    while not _runs_on(policy, name, day) or _moment(policy, name, day) > now:
        day -= timedelta(days=1)
    return _moment(policy, name, day)


def plans_on(policy: Policy, day: date) -> bool:
    """Business days, and the statement's own day: it leaves on its date, whatever the holiday."""
    days, rules = policy.business_days, policy.calendar
    statement = days.statement_date(day.year, day.month, rules.statement_holiday)
    return days.is_business_day(day) or day == statement


def _runs_on(policy: Policy, name: RunName, day: date) -> bool:
    if name == "plan":
        return plans_on(policy, day)
    return name != "suspensions" or policy.business_days.is_business_day(day)


def _moment(policy: Policy, name: RunName, day: date) -> datetime:
    at: time = getattr(policy.timetable, name)
    return datetime.combine(day, at, policy.organization.zone)
