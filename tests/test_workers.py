"""The workers as they run in production: forked, one queue each, over a real Redis and a real database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from outreach.campaigns import timetable
from outreach.errands import Errands
from outreach.ledger import leases, policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock

Environment = Mapping[str, str]
EVERY_RUN = set(timetable.RUNS)

about_processes = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
"""The database makes no difference to these."""


def start(environment: Environment, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, *command], env=environment, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def crew(service_environment: Environment, redis_url: str) -> "Iterator[subprocess.Popen[str]]":
    """`worker.py runs digest`, once every one of its processes listens."""
    process = start(service_environment, "worker.py", "runs", "digest")
    assert eventually(lambda: len(listening(redis_url)) == 3)
    yield process
    process.kill()
    process.communicate()


def listening(redis_url: str) -> set[tuple[bytes, int]]:
    """The queue and process id of each worker that has said it is there."""
    with Redis.from_url(redis_url) as redis:
        names = redis.smembers("rq:workers")
        assert isinstance(names, set)
        told = [redis.hmget(name, "queues", "pid") for name in names]
    return {(queues, int(pid)) for queues, pid in told if pid and Path(f"/proc/{int(pid)}").exists()}


def eventually(true: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(true())


def done(database_url: str) -> set[str]:
    """The runs of the timetable that have come and are done."""
    with closing(Ledger(database_url)) as ledger, ledger.reading() as session:
        come = timetable.come(policies.in_force(session).policy, WallClock().now())
        return {run.name for run in come if leases.is_done(session, run.lease)}


@pytest.mark.usefixtures("crew")
def test_a_nudge_runs_the_timetable_once_in_a_fork(redis_url: str, database_url: str, tmp_path: Path) -> None:
    before = listening(redis_url)
    assert Errands(redis_url).nudge("plan")
    assert eventually(lambda: done(database_url) == EVERY_RUN)
    assert len(list((tmp_path / "files" / "anchors").iterdir())) == 1
    assert {queue for queue, _ in before} == {b"runs", b"digest"}
    assert listening(redis_url) == before


@about_processes
@pytest.mark.usefixtures("crew")
def test_what_is_not_on_the_list_is_never_run(redis_url: str, database_url: str, tmp_path: Path) -> None:
    foreign = Queue("runs", connection=Redis.from_url(redis_url), serializer=JSONSerializer)
    foreign.enqueue_call("os.mkdir", args=[str(tmp_path / "owned")])
    Errands(redis_url).nudge("plan")
    assert eventually(lambda: done(database_url) == EVERY_RUN and foreign.count == 0)
    assert not (tmp_path / "owned").exists()


@about_processes
def test_a_worker_that_is_killed_is_replaced(crew: "subprocess.Popen[str]", redis_url: str) -> None:
    victim = next(pid for queue, pid in listening(redis_url) if queue == b"digest")
    os.kill(victim, signal.SIGKILL)
    assert eventually(
        lambda: any(queue == b"digest" and pid != victim for queue, pid in listening(redis_url))
    )


@about_processes
def test_emptied_redis_loses_no_worker(
    crew: "subprocess.Popen[str]", redis_url: str, database_url: str
) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
    assert Errands(redis_url).nudge("plan")
    assert eventually(lambda: done(database_url) == EVERY_RUN)
    assert crew.poll() is None


@pytest.mark.usefixtures("crew")
def test_a_run_that_another_holds_is_left_to_it(redis_url: str, database_url: str) -> None:
    now = WallClock().now()
    with closing(Ledger(database_url)) as ledger, ledger.writing() as session:
        come = timetable.come(policies.in_force(session).policy, now)
        expire = next(run for run in come if run.name == "expire")
        leases.take(session, expire.lease, holder="another", until=now + timedelta(hours=1), now=now)
    Errands(redis_url).nudge("plan")
    assert eventually(lambda: done(database_url) == {"suspensions", "plan", "anchor"})


@about_processes
def test_told_to_stop_they_stop(crew: "subprocess.Popen[str]", redis_url: str) -> None:
    crew.terminate()
    assert crew.wait(60) == 0
    assert listening(redis_url) == set()


@about_processes
@pytest.mark.parametrize(
    ("queues", "missing", "words"),
    [
        (
            ["voicemail"],
            None,
            "There is no queue voicemail; there are calls, digest, letters,",
        ),
        ([], "OUTREACH_CARRIER", "OUTREACH_CARRIER is not set"),
        ([], "OUTREACH_REDIS_URL", "There is no Redis"),
    ],
)
def test_what_stops_a_start_is_one_sentence(
    service_environment: Environment, queues: list[str], missing: str | None, words: str
) -> None:
    lacking = {name: value for name, value in service_environment.items() if name != missing}
    process = start(lacking, "worker.py", *queues)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (1, 2)
    assert said.startswith(f"outreach: {words}")
    assert "Traceback" not in said
