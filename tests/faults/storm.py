"""Trouble at random moments, dealt from one seeded deck: processes killed, Redis emptied and killed."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from redis import Redis, RedisError

from tests.faults.killing import kill, kill_one
from tests.faults.patience import wait_for
from tests.faults.processes import Restartable

PARENT_EVERY, TICK_EVERY = 16, 20
"""of so many kills one hits a crew's parent, or the tick; all others their children"""
EMPTY_EVERY, DROP_EVERY = 10, 20
"""beside so many kills Redis is emptied once, and killed once"""

LULL = 1.0
"""seconds without an order after which a blow falls all the same"""

ORDER = b'{"request":'
"""begins a line of the sandbox's list"""

ANSWERS = {
    "late": 0.79,  # a provider takes a quarter of a second; besides, a fifth of all requests goes wrong
    "lost": 0.05,
    "error_accepted": 0.03,
    "error": 0.04,
    "dropped": 0.03,
    "throttled": 0.05,
    "late_ms": 250,
    "retry_after": 1,
}
WEBHOOKS = {"duplicate": 0.2, "shuffled": 0.2, "lost": 0.1, "early": 0.2, "late_amd": 0.1, "spread_ms": 700}


@dataclass(frozen=True)
class RedisServer:
    """The Redis everybody uses; whoever started it keeps it going."""

    url: str
    pid_file: Path

    def empty(self) -> None:
        with suppress(RedisError), Redis.from_url(self.url) as redis:
            redis.flushall()

    def kill(self) -> None:
        with suppress(FileNotFoundError, ValueError):
            kill(int(self.pid_file.read_text()))


@dataclass(frozen=True)
class Storm:
    """`crews` have children; `singles`, such as the tick, have none. All are started again when killed."""

    dice: random.Random
    crews: Sequence[Restartable]
    singles: Sequence[Restartable]
    redis: RedisServer
    truth_file: Path
    """the sandbox's own list"""
    work: int
    """orders that reach a provider between two blows, where there are any"""
    pause: tuple[float, float] = (0.05, 0.5)
    """seconds between two blows, at least"""

    def rage(self, kills: int, meanwhile: Callable[[], None]) -> Counter[str]:
        """`kills` times kill -9, and what else the deck holds. Returns how often each was hit."""
        hit = Counter[str]()
        for blow in self._deck(kills):
            self._wait(meanwhile)
            hit[blow] += self._strike(blow)
        return hit

    def _wait(self, meanwhile: Callable[[], None]) -> None:
        """A pause, and then work, unless there is a lull: all are on the phone, or wait for an answer."""
        began, enough, pause = time.monotonic(), self._orders() + self.work, self.dice.uniform(*self.pause)

        def is_time() -> bool:
            waited = time.monotonic() - began
            return waited > LULL or (waited > pause and self._orders() >= enough)

        wait_for(is_time, "the next blow", meanwhile)

    def _orders(self) -> int:
        return self.truth_file.read_bytes().count(ORDER)

    def _deck(self, kills: int) -> list[str]:
        parents, singles = -(-kills // PARENT_EVERY), -(-kills // TICK_EVERY) if self.singles else 0
        deck = ["parent"] * parents + ["single"] * singles
        deck += ["child"] * ((kills - len(deck)) // len(self.crews))
        deck += ["empty Redis"] * -(-kills // EMPTY_EVERY) + ["kill Redis"] * -(-kills // DROP_EVERY)
        self.dice.shuffle(deck)
        return deck

    def _strike(self, blow: str) -> int:
        """How many it hit: children die on all machines in the same moment."""
        if blow == "child":
            for crew in self.crews:
                self._kill_a_child_of(crew)
            return len(self.crews)
        if blow == "parent":
            self.dice.choice(self.crews).kill_and_restart()
        elif blow == "single":
            self.dice.choice(self.singles).kill_and_restart()
        elif blow == "empty Redis":
            self.redis.empty()
        else:
            self.redis.kill()
        return 1

    def _kill_a_child_of(self, crew: Restartable) -> None:
        """One that is just being replaced has none: wait for it."""
        wait_for(lambda: kill_one(crew.pid, self.dice) is not None, "a child to kill")


def killed(blows: Counter[str]) -> int:
    return blows["child"] + blows["parent"] + blows["single"]
