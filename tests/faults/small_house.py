"""A small house in which every step is taken by hand: it dies where the test says, and goes on without it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from socket import create_server, socket

import pytest
from sqlalchemy import select

from outreach import bootstrap, jobs, settings
from outreach.campaigns.planning.planner import plan
from outreach.demo.clockwork import Clockwork
from outreach.errands import Errands
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.clock import Clock
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.touches import Touch
from outreach.office import Office
from outreach.reports.conservation import Happened, happened, violations
from tests.faults.ground import Ground, await_answer, level_ground
from tests.faults.steps import DIED, Nursery
from tests.faults.town import DAY, Town, opening, spread_letters

TOWN = Town(customers=40, reps=1)
OUTLASTED = timedelta(hours=3)
"""longer than any doubt lasts"""


@dataclass(frozen=True)
class Later:
    """The clock so much later: no test waits for a doubt to be outlasted."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.by

    def wall(self) -> datetime:
        return self.clock.wall() + self.by


@dataclass
class SmallHouse:
    """Customers are taken from the day's plan one by one. Nothing happens by itself but at the door."""

    ground: Ground
    office: Office
    nursery: Nursery
    listener: socket
    _customers: Iterator[int] = field(default_factory=lambda: iter(range(1, TOWN.customers + 1)))
    _door: BaseProcess | None = None

    def open_door(self, crash_at: str = "") -> BaseProcess:
        """The providers' door; the one that is open is closed."""
        self.close_door()
        self._door = self.nursery.start("door", self.listener, crash_at=crash_at)
        await_answer(f"{self.ground.stage.base_url}/healthz")
        return self._door

    def close_door(self) -> None:
        if self._door is not None:
            self._door.kill()
            self._door.join()

    def next_touch(self, channel: str) -> Touch:
        """What is planned for a customer nobody has been at."""
        account_id = next(self._customers)
        with self.office.ledger.reading() as session:
            mine = (Touch.account_id == account_id, Touch.channel == channel)
            return session.scalars(select(Touch).where(*mine)).one()

    def make_due(self, letter: Touch) -> None:
        with self.office.ledger.writing() as session:
            session.get_one(Touch, letter.id).not_before = self.office.clock.now()

    def click(self, crash_at: str = "") -> CallAttempt:
        """A rep's click on the next customer."""
        touch = self.next_touch("call")
        ended = self.nursery.take("click", touch.id, touch.rep_id, crash_at=crash_at)
        assert ended == (DIED if crash_at else 0)
        with self.office.ledger.reading() as session:
            return session.scalars(select(CallAttempt).where(CallAttempt.touch_id == touch.id)).one()

    def attempt(self, id_: str) -> CallAttempt:
        with self.office.ledger.reading() as session:
            return session.get_one(CallAttempt, id_)

    def touch(self, id_: int | None) -> Touch:
        with self.office.ledger.reading() as session:
            return session.get_one(Touch, id_)

    def letters(self, touch: Touch) -> Sequence[Letter]:
        with self.office.ledger.reading() as session:
            query = select(Letter).join(LetterTouch, LetterTouch.letter_id == Letter.id)
            return session.scalars(query.where(LetterTouch.touch_id == touch.id)).all()

    def settle(self) -> None:
        """What the house does by itself in time: reports are taken in, doubts are looked into."""
        self.truth()
        for nth in (1, 2):  # a call is given up when the carrier has not known it twice
            jobs.open_with(replace(self.office, clock=Later(self.office.clock, nth * OUTLASTED)))
            jobs.digest()
            jobs.sweep()

    def truth(self) -> Happened:
        """What truly happened, once nothing is under way."""
        return happened(self.ground.truth())

    def broken(self) -> list[str]:
        """Promises that are broken. Other customers' touches of the day wait for their turn."""
        truth = self.truth()
        with self.office.ledger.reading() as session:
            return violations(session, truth, until=DAY - timedelta(days=1))


@contextmanager
def small_house(database_url: str) -> Iterator[SmallHouse]:
    with ExitStack() as stack:
        ground = stack.enter_context(level_ground(seed=1, speed=3000.0, database_url=database_url))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in ground.stage.environment.items():
            patch.setenv(name, value)
        office = bootstrap.service_office(settings.load())
        stack.enter_context(closing(office.ledger))
        errands = stack.enter_context(closing(Errands(ground.redis.url)))
        clockwork = Clockwork(office.ledger, errands, ground.stage.sandbox_url)
        TOWN.settle(office.ledger, clockwork.clock.now())
        plan(office.ledger, day=DAY, now=clockwork.move_to(opening(office.ledger)))
        spread_letters(office.ledger, clockwork.clock.now() + timedelta(days=1), timedelta())
        ground.script(**TOWN.easy_going())
        office = replace(office, clock=clockwork.clock, errands=errands)
        listener = stack.enter_context(create_server(("127.0.0.1", ground.stage.port)))
        house = SmallHouse(ground, office, Nursery(ground.stage.environment), listener)
        stack.callback(house.close_door)
        house.open_door()
        yield house
