"""The whole house in a storm: web, two machines' workers, tick, robot reps, all real, on one database."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from outreach.campaigns.planning.planner import plan
from outreach.demo import stage as demo
from outreach.demo.clockwork import Clockwork
from outreach.demo.day import play
from outreach.demo.reps import Rep
from outreach.errands import Errands
from outreach.ledger.base import Ledger
from tests.faults.ground import Ground, await_answer, level_ground
from tests.faults.processes import Restartable
from tests.faults.town import DAY, PASSWORD, Town, opening

CREWS = 2
GLANCE = 0.6
"""seconds between two looks of a robot at its desk"""
WAKES_EVERY = 3.0
"""seconds: the sweep would come every thirty"""


@dataclass
class House:
    """Everything runs, and it is the hour at which letters may leave."""

    ground: Ground
    ledger: Ledger
    clockwork: Clockwork
    crews: Sequence[Restartable]
    tick: Restartable
    reps: Sequence[Rep]
    _woken_at: float = 0.0

    @property
    def ahead(self) -> timedelta:
        """How far the business's time is ahead of the world's."""
        return self.clockwork.clock.now() - self.clockwork.clock.wall()

    def wake(self) -> None:
        """Wake every drain now and then."""
        if time.monotonic() - self._woken_at > WAKES_EVERY:
            self._woken_at = time.monotonic()
            self.clockwork.wake()

    def end_the_day(self) -> None:
        """Until what was begun has ended, and what was left too: the clock moves on when all is quiet."""
        play(self.ledger, self.clockwork, self.reps, DAY, lambda words: None)


@contextmanager
def open_house(database_url: str, town: Town, seed: int) -> Iterator[House]:
    """Settle the town, plan its day, set the clock, open the doors."""
    with ExitStack() as stack:
        ground = stack.enter_context(level_ground(seed=seed, database_url=database_url))
        ledger = stack.enter_context(closing(Ledger(database_url)))
        errands = stack.enter_context(closing(Errands(ground.redis.url)))
        clockwork = Clockwork(ledger, errands, ground.stage.sandbox_url)
        town.settle(ledger, clockwork.clock.now())
        plan(ledger, day=DAY, now=clockwork.move_to(opening(ledger)))
        bind = ground.stage.base_url.removeprefix("http://")
        stack.enter_context(demo.process(ground.stage, "web", ["web", "--bind", bind]))
        crews = [stack.enter_context(_kept_going(ground, "worker")) for _ in range(CREWS)]
        tick = stack.enter_context(_kept_going(ground, "tick"))
        await_answer(f"{ground.stage.base_url}/healthz")
        reps = [Rep(ground.stage.base_url, login, PASSWORD, seed, GLANCE) for login in town.logins]
        yield House(ground, ledger, clockwork, crews, tick, reps)


_lives = count(1)


def _kept_going(ground: Ground, command: str) -> Restartable:
    """Each life of it has a log file of its own."""
    return Restartable(lambda: demo.process(ground.stage, f"{command}-{next(_lives)}", [command]))
