"""The tick wakes what is due, one tick at a time, and misses only rounds while the database is away."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from outreach.campaigns import timetable
from outreach.errands import QUEUE_OF, Errands
from outreach.intake import uploads
from outreach.ledger import leases, papers, policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock
from outreach.ledger.uploads import Upload
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Message, Office
from outreach.reports.figures import refresh
from outreach.tick import LAPSES, tick


class StoppedClock(WallClock):
    """Monday 23 November 2026, noon in New York, until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 17, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def wall(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def office(ledger: Ledger, redis_url: str, clock: StoppedClock, tmp_path: Path) -> Office:
    with ledger.writing() as session:
        document = Path("config/outreach.toml").read_text()
        policies.load(session, document, actor="tests", why="a beginning", now=clock.moment)
    return Office(
        ledger=ledger,
        clock=clock,
        errands=Errands(redis_url),
        news=News(None),
        files=tmp_path,
        addresses=Addresses("http://127.0.0.1:8000", "billing@outreach.example", "reply.outreach.example"),
        keys=DoorKeys(),
        secret_keys=("a" * 32,),
    )


class Somewhere:
    """A queue that no test asks."""

    def receive(self) -> Sequence[Message]:
        raise AssertionError

    def delete(self, messages: Sequence[Message]) -> None:
        raise AssertionError


def test_a_round_wakes_the_collector_where_events_must_be_fetched(office: Office) -> None:
    assert "collect" in tick(replace(office, events=Somewhere()), "one")


def test_a_round_wakes_every_drain(office: Office, redis_url: str) -> None:
    assert set(tick(office, "one")) == {"digest", "letters", "sweep", "plan", "figures"}
    with Redis.from_url(redis_url) as redis:
        lengths = {name: redis.llen(f"rq:queue:{name}") for name in set(QUEUE_OF.values())}
    assert lengths == {"calls": 0, "digest": 1, "letters": 1, "runs": 3, "collect": 0}


def test_a_file_that_waits_wakes_a_worker(office: Office) -> None:
    now = office.clock.now()
    with office.ledger.writing() as session:
        kept = {"media_type": "text/csv", "retention": "import"}
        paper = papers.record(session, "0" * 64, size=1, now=now, **kept)
        named = {"file_name": "open.csv", "source": "ledger", "created_by": "sam"}
        session.add(Upload(id="one", paper_id=paper.id, created_at=now, moved_at=now, **named))
    assert "uploads" in tick(office, "one")
    with office.ledger.writing() as session:
        leases.take(session, uploads.LEASE, holder="worker", until=now + 3 * LAPSES, now=now)
    assert "uploads" not in tick(office, "one"), "a worker is at it"


def test_the_timetable_is_woken_only_while_something_is_due(office: Office, clock: StoppedClock) -> None:
    with office.ledger.writing() as session:
        policy = policies.in_force(session).policy
        for run in timetable.come(policy, clock.moment):
            leases.take(session, run.lease, holder="a worker", until=clock.moment, now=clock.moment)
            leases.finish(session, run.lease, holder="a worker", now=clock.moment)
    assert "plan" not in tick(office, "one")
    clock.moment += timedelta(days=1)
    assert "plan" in tick(office, "one")


def test_the_figures_are_woken_only_while_they_are_old(office: Office, clock: StoppedClock) -> None:
    assert refresh(office.ledger, clock.moment)
    assert "figures" not in tick(office, "one")
    clock.moment += timedelta(days=1)
    assert "figures" in tick(office, "one")


def test_two_ticks_take_turns(office: Office, clock: StoppedClock) -> None:
    assert tick(office, "one")
    assert tick(office, "two") == []
    clock.moment += LAPSES
    assert tick(office, "two")
    assert tick(office, "one") == []


def test_without_redis_a_round_wakes_nobody_and_goes_on(office: Office) -> None:
    assert tick(replace(office, errands=Errands("unix:///nowhere/redis.sock")), "one") == []
