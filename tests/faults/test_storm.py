"""The fault run: everything that can go wrong does, at random and at once; then nothing was sent twice, and
nothing is lost, by the sandbox's own list (trust.md 2)."""

import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest

from outreach.demo.day import at_work
from outreach.ledger.clock import Clock
from outreach.reports.conservation import happened, violations
from tests.faults import scoreboard
from tests.faults.house import House, open_house
from tests.faults.stops import Stopper, outrun
from tests.faults.storm import ANSWERS, WEBHOOKS, Storm
from tests.faults.town import DAY, Town, spread_letters


@dataclass(frozen=True)
class Form:
    """How long a run is."""

    kills: int
    town: Town
    letters_over: timedelta
    """the wall time over which letters come due"""
    stop_every: float


FULL = Form(100, Town(customers=480, reps=8), timedelta(seconds=90), stop_every=1.5)
SHORT = Form(10, Town(customers=80, reps=4), timedelta(seconds=10), stop_every=1.0)


def test_nothing_is_sent_twice_and_nothing_is_lost(
    database_url: str, is_full: bool, request: pytest.FixtureRequest
) -> None:
    began, seed, form = time.monotonic(), 11, FULL if is_full else SHORT
    with open_house(database_url, form.town, seed) as house:
        clock: Clock = house.clockwork.clock
        stopper = Stopper(house.ledger, clock, random.Random(seed), form.stop_every)
        spread_letters(house.ledger, clock.now(), form.letters_over)
        ahead = house.ahead
        house.ground.faults(answers=ANSWERS, webhooks=WEBHOOKS, seed=seed)
        with at_work(house.reps):
            blows = rage(house, stopper, form.kills, seed)
            house.ground.faults()
            house.end_the_day()
        truth, webhooks = house.ground.truth(), house.ground.get("/sandbox/faults")
        with house.ledger.reading() as session:
            broken = [*violations(session, happened(truth), until=DAY), *outrun(session, stopper.made, ahead)]
    scoreboard.SCORES[database_url.partition(":")[0]] = scoreboard.harm(blows, truth, webhooks) | {
        "stops raced": len(stopper.made),
        "seconds": round(time.monotonic() - began),
    }
    assert broken == []


def rage(house: House, stopper: Stopper, kills: int, seed: int) -> Counter[str]:
    storm = Storm(
        random.Random(seed), house.crews, [house.tick], house.ground.redis, house.ground.stage.truth_file
    )

    def meanwhile() -> None:
        house.wake()
        stopper()

    return storm.rage(kills, meanwhile)
