"""Errands: placed once, woken once, and never a burden when Redis is gone."""

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from outreach.errands import DRAINS, QUEUE_OF, STALE, Errands, NoErrands


@pytest.fixture
def errands(redis_url: str) -> Errands:
    return Errands(redis_url)


def waiting(redis_url: str, queue: str) -> list[tuple[str | None, list[str]]]:
    jobs = Queue(queue, connection=Redis.from_url(redis_url), serializer=JSONSerializer).jobs
    return [(job.func_name, list(job.args)) for job in jobs]


def test_a_call_to_place_carries_its_id_and_nothing_else(errands: Errands, redis_url: str) -> None:
    assert errands.place("abcdefghijklmno")
    assert waiting(redis_url, "calls") == [("place", ["abcdefghijklmno"])]


def test_the_description_keeps_no_argument_and_the_job_is_not_kept(errands: Errands, redis_url: str) -> None:
    errands.place("abcdefghijklmno")
    with Redis.from_url(redis_url) as redis:
        [job] = [key for key in redis.keys("rq:job:*") if isinstance(key, bytes)]
        assert redis.hget(job, "description") == b"place"
        assert redis.hget(job, "result_ttl") == b"0"
        assert redis.hget(job, "retries_left") is None
        assert 0 < int(redis.ttl(job)) <= STALE


@pytest.mark.parametrize("drain", DRAINS)
def test_two_nudges_wake_a_drain_once(errands: Errands, redis_url: str, drain: str) -> None:
    assert errands.nudge(drain)  # type: ignore[arg-type]
    assert errands.nudge(drain)  # type: ignore[arg-type]
    assert waiting(redis_url, QUEUE_OF[drain]) == [(drain, [])]


def test_a_drain_that_began_can_be_woken_again(errands: Errands, redis_url: str) -> None:
    errands.nudge("digest")
    errands.taken_up("digest")
    errands.nudge("digest")
    assert len(waiting(redis_url, "digest")) == 2


def test_a_drain_that_listens_is_not_woken_until_it_says_so(errands: Errands, redis_url: str) -> None:
    errands.hold("collect", 30)
    errands.nudge("collect")
    assert waiting(redis_url, "collect") == []
    errands.taken_up("collect")
    errands.nudge("collect")
    assert len(waiting(redis_url, "collect")) == 1


def test_a_lost_nudge_is_forgotten_after_seconds(errands: Errands, redis_url: str) -> None:
    errands.nudge("letters")
    with Redis.from_url(redis_url) as redis:
        assert 0 < int(redis.ttl("nudge:letters")) <= 5


def test_without_redis_everything_answers_false_and_nothing_raises() -> None:
    gone = Errands("unix:///nowhere/redis.sock")
    assert not gone.alive()
    assert not gone.place("abcdefghijklmno")
    assert not gone.nudge("digest")
    assert not gone.taken_up("digest")
    assert not gone.hold("collect", 1)


def test_no_errands_promises_nothing() -> None:
    none = NoErrands()
    assert not any((none.alive(), none.place("a"), none.nudge("plan"), none.taken_up("plan")))
