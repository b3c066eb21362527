"""One business day played to its end: robots call, letters leave, reports come in, the clock moves on."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from outreach.demo.clockwork import Clockwork
from outreach.demo.reps import Rep
from outreach.ledger.base import Ledger
from outreach.ledger.policies import in_force
from outreach.ledger.quiet import unended

LONGEST_PAUSE = 120.0
"""Wall seconds that may pass without any sign of life before the house is quiet."""

GATHER = timedelta(minutes=20)
"""The clock stops this long after what is due next, so that what comes due by then goes in one go."""

Tell = Callable[[str], None]


class DayStuckError(Exception):
    """The day did not come to its end; the sentence says what was still under way."""


@contextmanager
def at_work(reps: Sequence[Rep]) -> Iterator[None]:
    """The robots work at their desks until the block ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=rep.work, args=(stop,), name=rep.login) for rep in reps]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def play(ledger: Ledger, clockwork: Clockwork, reps: Sequence[Rep], day: date, tell: Tell) -> None:
    """From now to the minute after `day`, when what was left has been ended. Raises DayStuckError."""
    over = _after(ledger, day)
    while (now := clockwork.clock.now()) < over:
        _quiet(clockwork, reps)
        due = clockwork.next_due()
        until = min(over, due + GATHER if due else over)
        calls, letters, _ = clockwork.pulse()
        tell(f"{_hour(ledger, now)}: {calls} calls, {letters} letters; on to {_hour(ledger, until)}.")
        clockwork.move_to(until)

    def is_over() -> bool:
        with ledger.reading() as session:
            return not unended(session, until=day) and clockwork.is_quiet()

    if not clockwork.wait_until(is_over, LONGEST_PAUSE):
        raise DayStuckError("the day's last touches did not end: see tick.log and worker.log")


def _quiet(clockwork: Clockwork, reps: Sequence[Rep]) -> None:
    """Quiet twice, each robot looking at its desk between: a call may have become due meanwhile."""

    def is_quiet() -> bool:
        if not clockwork.is_quiet():
            return False
        for rep in reps:
            rep.idle.clear()
        return all(rep.idle.wait(5) for rep in reps) and clockwork.is_quiet()

    if not clockwork.wait_until(is_quiet, LONGEST_PAUSE):
        raise DayStuckError(f"something never ended: {clockwork.under_way()}")


def _after(ledger: Ledger, day: date) -> datetime:
    """When the timetable has ended what was left of `day`."""
    with ledger.reading() as session:
        policy = in_force(session).policy
    expires: time = policy.timetable.expire
    return datetime.combine(day + timedelta(days=1), expires, policy.organization.zone) + timedelta(minutes=1)


def _hour(ledger: Ledger, moment: datetime) -> str:
    with ledger.reading() as session:
        return f"{moment.astimezone(in_force(session).policy.organization.zone):%H:%M}"
