"""A planner that dies half-way, or beside another one, leaves the plan an undisturbed one would have made."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.demo import stage as demo
from outreach.ledger.base import Base, Ledger
from outreach.ledger.clock import WallClock, set_shift
from outreach.ledger.firings import Firing
from outreach.ledger.plans import LeftOut
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch, TouchFiring
from tests.faults.patience import HANGS
from tests.faults.steps import DIED, PLANNER_POINTS, Nursery
from tests.faults.town import DAY, Town, opening
from tests.services import Databases

TOWN = Town(customers=120, reps=2, ages=(1, 6, 6, 17, 40))
OF_THE_RUN = {"id", "plan_id", "created_at"}
"""numbers and moments that differ from one run to the next"""

Rows = Counter[tuple[object, ...]]


@dataclass(frozen=True)
class Plan:
    """A town whose day is to be planned, in a database of its own."""

    ledger: Ledger
    nursery: Nursery

    def make(self, crash_at: str = "") -> int | None:
        return self.nursery.take("plan", DAY, crash_at=crash_at)

    def rows(self) -> Rows:
        """All that a plan is, by what people know it by."""
        tables: tuple[type[Base], ...] = (Firing, Touch, LeftOut, Task)
        with self.ledger.reading() as session:
            found = Counter(_row(one) for table in tables for one in session.scalars(select(table)))
            carried = select(Touch, Firing).join(TouchFiring, TouchFiring.touch_id == Touch.id)
            carried = carried.join(Firing, Firing.id == TouchFiring.firing_id)
            found.update((*_row(touch), *_row(firing)) for touch, firing in session.execute(carried))
            return found


def _row(one: Base) -> tuple[object, ...]:
    columns = (column.key for column in one.__table__.columns if column.key not in OF_THE_RUN)
    return (one.__tablename__, *(str(getattr(one, column)) for column in columns))


Planning = Callable[[], AbstractContextManager[Plan]]


@pytest.fixture
def planning(databases: Databases, redis_url: str, tmp_path: Path) -> Planning:
    """The same town again and again."""
    environment = demo.set_stage(tmp_path, port=1, seed=1, redis_url=redis_url).environment

    @contextmanager
    def begin() -> Iterator[Plan]:
        with databases.migrated() as url, closing(Ledger(url)) as ledger:
            TOWN.settle(ledger, WallClock().now())
            with ledger.writing() as session:
                set_shift(session, opening(ledger) - WallClock().now())
            yield Plan(ledger, Nursery({**environment, "OUTREACH_DATABASE_URL": url}))

    return begin


@pytest.fixture
def undisturbed(planning: Planning) -> Rows:
    with planning() as plan:
        assert plan.make() == 0
        rows = plan.rows()
        assert plan.make() == 0
        assert plan.rows() == rows, "planning twice is not planning once"
        return rows


@pytest.mark.parametrize("point", PLANNER_POINTS)
def test_a_planner_dies_and_another_ends_its_work(planning: Planning, undisturbed: Rows, point: str) -> None:
    for nth in (1, 3):
        with planning() as plan:
            assert plan.make(crash_at=f"{point}:{nth}") == DIED
            assert plan.rows() != undisturbed
            assert plan.make() == 0
            assert plan.rows() == undisturbed


def test_one_of_two_planners_is_killed(planning: Planning, undisturbed: Rows) -> None:
    dice = random.Random(5)
    for _ in range(3):
        with planning() as plan:
            two = [plan.nursery.start("plan", DAY) for _ in range(2)]
            time.sleep(dice.uniform(0, 0.5))  # wherever it is by then
            dice.choice(two).kill()
            for planner in two:
                planner.join(HANGS)
            assert sorted(planner.exitcode or 0 for planner in two) in ([-9, 0], [0, 0])
            assert plan.rows() == undisturbed
