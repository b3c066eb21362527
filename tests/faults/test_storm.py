"""The storm: kills, words lost and doubled, stops in mid-flight; then the carriers' own list is counted."""

import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import make_url

from outreach.demo.day import at_work
from outreach.reports.conservation import happened, twice, violations
from tests.faults import scoreboard
from tests.faults.house import House, open_house
from tests.faults.stops import Stopper, outrun
from tests.faults.storm import ANSWERS, WEBHOOKS, Storm
from tests.faults.town import DAY, Town, spread_letters

SEED = 11


@dataclass(frozen=True)
class Form:
    """How long a run is."""

    kills: int
    work: int
    """orders between two blows"""
    town: Town
    letters_over: timedelta
    """how long it takes until all letters are due"""
    stop_every: float
    """seconds"""


FULL = Form(100, 1, Town(customers=80, reps=4), timedelta(seconds=60), stop_every=2.0)
SHORT = Form(10, 1, Town(customers=40, reps=3), timedelta(seconds=30), stop_every=1.0)


def test_nothing_is_sent_twice_and_nothing_is_lost(database_url: str, is_full: bool) -> None:
    began, form = time.monotonic(), FULL if is_full else SHORT
    with open_house(database_url, form.town, SEED) as house:
        clock, ahead = house.clockwork.clock, house.ahead
        stopper = Stopper(house.ledger, clock, random.Random(SEED), form.stop_every)
        spread_letters(house.ledger, clock.now(), form.letters_over)
        raging = time.monotonic()
        blows = storm(house, form, stopper)
        calm = time.monotonic()
        with at_work(house.reps):
            house.end_the_day()
        truth, over = house.ground.truth(), time.monotonic()
        with house.ledger.reading() as session:
            broken = violations(session, happened(truth), until=DAY)
            too_late = list(outrun(session, stopper.made, ahead))
        duplicates = list(twice(happened(truth)))
        harm = scoreboard.harm(blows, truth, house.ground.get("/sandbox/faults"))
        scoreboard.SCORES[make_url(database_url).get_backend_name()] = harm | {
            "stops raced, outrun": f"{len(stopper.made)}, {len(too_late)}",
            "sent twice": len(duplicates),
            "lost, or otherwise wrong": len(broken) - len(duplicates),
            "seconds (of them storm, calm)": f"{over - began:.0f} ({calm - raging:.0f}, {over - calm:.0f})",
        }
        assert broken + too_late == []


def storm(house: House, form: Form, stopper: Stopper) -> Counter[str]:
    """So many kills while calls and letters run."""
    ground = house.ground
    dice = random.Random(SEED)
    storm = Storm(dice, house.crews, [house.tick], ground.redis, ground.stage.truth_file, form.work)

    def meanwhile() -> None:
        house.wake()
        stopper()

    ground.faults(answers=ANSWERS, webhooks=WEBHOOKS, seed=SEED)
    with at_work(house.reps):
        blows = storm.rage(form.kills, meanwhile)
    ground.faults()
    return blows
