"""The demo from curtain to curtain: headless to its proof, or open to whoever signs in."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from outreach import policy_files
from outreach.demo import population
from outreach.demo.clockwork import Clockwork
from outreach.demo.day import at_work, play
from outreach.demo.reps import Rep
from outreach.demo.stage import Stage, playing, redis_of, set_stage
from outreach.demo.summary import summary
from outreach.errands import Errands
from outreach.ledger import policies, schema
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock
from outreach.ledger.receivables import Account
from outreach.ledger.sessions import last_seen
from outreach.policy_files import policy_file

IDLE = timedelta(minutes=2)
"""Nobody touched a page for so long: the open demo's clock moves on."""

Tell = Callable[[str], None]


class NotEmptyError(Exception):
    """The database given to the demo holds somebody's data."""


@dataclass(frozen=True, slots=True)
class Show:
    """What is played. With a `file` its invoices are worked, as of `as_of`, else the cast's."""

    folder: Path
    port: int = 8000
    seed: int = 1
    accounts: int = 300
    file: Path | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A stage with everybody on it, and the day that is played."""

    stage: Stage
    ledger: Ledger
    clockwork: Clockwork
    day: date


def headless(show: Show, tell: Tell) -> dict[str, Any]:
    """Play one day with robot reps. Returns its summary, the proof among it."""
    with set_up(show, tell) as scene, playing(scene.stage):
        tell("The house is open; the reps begin.")
        reps = [Rep(scene.stage.base_url, login, population.PASSWORD, show.seed) for login in population.REPS]
        with at_work(reps):
            play(scene.ledger, scene.clockwork, reps, scene.day, tell)
        return summary(scene.ledger, scene.stage.sandbox_url, scene.day)


def interactive(show: Show, tell: Tell) -> None:
    """Keep the house open until Ctrl+C."""
    with set_up(show, tell) as scene, playing(scene.stage):
        tell(_welcome(scene))
        while True:
            time.sleep(1)
            _move_on_when_idle(scene)


@contextmanager
def set_up(show: Show, tell: Tell) -> Iterator[Scene]:
    """Everything up to the processes: a fresh folder, schema, people, invoices, plan."""
    shutil.rmtree(show.folder, ignore_errors=True)
    show.folder.mkdir(parents=True)
    with redis_of(show.folder) as redis_url:
        stage = set_stage(show.folder.resolve(), port=show.port, seed=show.seed, redis_url=redis_url)
        with closing(Ledger(stage.environment["OUTREACH_DATABASE_URL"])) as ledger:
            errands = Errands(redis_url)
            day = _found(ledger, show)
            clockwork = Clockwork(ledger, errands, stage.sandbox_url)
            clockwork.start_on(day)
            _populate(show, ledger, clockwork, day, tell)
            clockwork.start_on(day)  # the import took its time; the day begins at ten
            yield Scene(stage, ledger, clockwork, day)
            errands.close()


def _found(ledger: Ledger, show: Show) -> date:
    """Schema and policy. Returns the day to play: the next business day, or the first after the file's."""
    schema.upgrade(ledger)
    with ledger.writing() as session:
        if session.execute(select(Account.id).limit(1)).first():
            raise NotEmptyError("this database holds accounts already: give the demo an empty one")
        now = WallClock().now()
        policy = policy_files.load(session, policy_file(), actor="demo", why="the demo", now=now).policy
    start = show.as_of or policy.today(WallClock().now())
    return policy.business_days.add_business_days(start, 1)


def _populate(show: Show, ledger: Ledger, clockwork: Clockwork, day: date, tell: Tell) -> None:
    clock = clockwork.clock
    population.hire(ledger, clock)
    if show.file:
        as_of = show.as_of or day
        population.bring_file(ledger, clock, show.file, show.folder, as_of=as_of, seed=show.seed)
    else:
        population.bring_cast(ledger, clock, show.folder, day=day, accounts=show.accounts, seed=show.seed)
    tell(f"Imported; planning {day:%A %d %B %Y}.")
    population.plan_and_release(ledger, clock, day)


def _move_on_when_idle(scene: Scene) -> None:
    """To what is due next today, else to ten o'clock of the next business day."""
    clock = scene.clockwork.clock
    with scene.ledger.reading() as session:
        seen, policy = last_seen(session), policies.in_force(session).policy
    now = clock.now()
    if seen is None or clock.wall() - seen < IDLE or not scene.clockwork.is_quiet():
        return
    due = scene.clockwork.next_due()
    if due and policy.today(due) == policy.today(now):
        scene.clockwork.move_to(due + timedelta(seconds=1))
    else:
        scene.clockwork.start_on(policy.business_days.add_business_days(policy.today(now), 1))


def _welcome(scene: Scene) -> str:
    people = "\n".join(f"  {one.login:6} {one.role:11} {one.name}" for one in population.PEOPLE)
    return (
        f"It is 10:00 on {scene.day:%A %d %B %Y} in the demo. Sign in as any of\n\n{people}\n\n"
        f"with the password: {population.PASSWORD}\n\n  {scene.stage.base_url}\n\nCtrl+C ends it."
    )
