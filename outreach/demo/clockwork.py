"""The demo's clock: 10:00 of a business day at first; it moves on to what is due next when all is quiet."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

import requests

from outreach.errands import DRAINS, Errands
from outreach.ledger.base import Ledger
from outreach.ledger.clock import ShiftedClock, set_shift
from outreach.ledger.policies import in_force
from outreach.ledger.quiet import next_due, pulse, under_way

OPENS = 10
GLANCE = 0.25
"""seconds between two looks at whether it is quiet"""
WAKES = 3.0
"""seconds between two rounds of waking the drains: each costs two workers a fork"""


class Clockwork:
    """Moves the one row that every process reads its time from."""

    def __init__(self, ledger: Ledger, errands: Errands, sandbox_url: str) -> None:
        self._ledger, self._errands, self._sandbox_url = ledger, errands, sandbox_url
        self.clock = ShiftedClock(ledger, stale=0)

    def start_on(self, day: date) -> datetime:
        """Make it 10:00 of `day` in the organization's zone."""
        with self._ledger.reading() as session:
            policy = in_force(session).policy
        moment = datetime(day.year, day.month, day.day, OPENS, tzinfo=policy.organization.zone)
        return self.move_to(moment)

    def move_to(self, moment: datetime) -> datetime:
        """The clock only ever goes forward once the demo runs; every drain is told to look again."""
        with self._ledger.writing() as session:
            set_shift(session, moment - self.clock.wall())
        self.wake()
        return moment

    def next_due(self) -> datetime | None:
        with self._ledger.reading() as session:
            doubt = timedelta(seconds=in_force(session).policy.doubt.letter_unconfirmed)
            return next_due(session, self.clock.now(), doubt=doubt)

    def under_way(self) -> dict[str, int]:
        with self._ledger.reading() as session:
            return under_way(session, self.clock.now(), self.clock.wall())

    def is_quiet(self) -> bool:
        """Nothing under way here, and nothing on its way from the sandbox."""
        return not self.under_way() and bool(
            requests.get(f"{self._sandbox_url}/sandbox/quiet", timeout=5).json()["quiet"]
        )

    def wait_until(self, done: Callable[[], bool], within: float) -> bool:
        """Wait until `done`; False once nothing at all has happened for `within` wall seconds.

        The drains are woken now and then: what a nudge missed must not cost the demo half a minute.
        """
        seen, deadline, wake_at = self.pulse(), time.monotonic() + within, time.monotonic() + WAKES
        while not done():
            if time.monotonic() > wake_at:
                self.wake()
                before, seen = seen, self.pulse()
                wake_at = time.monotonic() + WAKES
                if seen != before:
                    deadline = time.monotonic() + within
            if time.monotonic() > deadline:
                return False
            time.sleep(GLANCE)
        return True

    def pulse(self) -> tuple[int, int, int]:
        with self._ledger.reading() as session:
            return pulse(session)

    def wake(self) -> None:
        """Tell every drain to look; Redis may be away."""
        for drain in DRAINS:
            self._errands.nudge(drain)
