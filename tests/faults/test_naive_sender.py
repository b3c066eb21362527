"""The control arm: a harness that finds nothing wrong with a naive sender would prove nothing about ours."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from outreach.demo import stage as demo
from outreach.reports.conservation import happened, twice
from tests.faults import naive, scoreboard
from tests.faults.ground import Ground, level_ground
from tests.faults.patience import wait_for
from tests.faults.processes import Restartable
from tests.faults.storm import ANSWERS, WEBHOOKS, Storm
from tests.sandbox.playing import open_door

SWEEPS_EVERY = 2.0


@contextmanager
def installation(messages: int, seed: int) -> Iterator[tuple[Ground, Restartable]]:
    """A naive one: an outbox with calls and letters, its workers, and a door that takes every report."""
    with ExitStack() as stack:
        door = stack.enter_context(open_door())
        ground = stack.enter_context(level_ground(seed=seed, door_url=door.url))
        naive.Wiring(ground.redis.url, ground.stage.sandbox_url, door.url).write(ground.folder)
        naive.fill(ground.folder, calls=messages // 2, letters=messages - messages // 2)
        crew = stack.enter_context(
            Restartable(
                lambda: demo.process(ground.stage, "naive", [str(ground.folder)], "tests.faults.naive")
            )
        )
        yield ground, crew


class Sweeper:
    """Asks again for what is not marked, every other second."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._at = ground, 0.0

    def __call__(self) -> None:
        if time.monotonic() - self._at > SWEEPS_EVERY:
            naive.sweep(self._ground.folder)
            self._at = time.monotonic()

    def is_done(self) -> bool:
        self()
        return not naive.undone(self._ground.folder)


def test_a_naive_sender_sends_twice(is_full: bool) -> None:
    began, seed = time.monotonic(), 7
    with installation(messages=200 if is_full else 120, seed=seed) as (ground, crew):
        sweeper = Sweeper(ground)
        ground.faults(answers=ANSWERS, webhooks=WEBHOOKS, seed=seed)
        storm = Storm(random.Random(seed), [crew], [], ground.redis, ground.stage.truth_file, work=2)
        blows = storm.rage(20 if is_full else 10, sweeper)
        wait_for(sweeper.is_done, "the end of the naive sender's work")
        truth, webhooks = ground.truth(), ground.get("/sandbox/faults")
    duplicates = list(twice(happened(truth)))
    scoreboard.SCORES["naive sender"] = scoreboard.harm(blows, truth, webhooks) | {
        "sent twice": len(duplicates),
        "seconds": round(time.monotonic() - began),
    }
    assert duplicates, "the harness is blind: it finds no duplicate of a sender that must have sent some"
