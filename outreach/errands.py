"""Errands: the names of jobs, queues and nudges, spelled once, and the one way to ask for them.

The row is the truth, the RQ job only a nudge (design.md 5): Redis may be emptied at any moment. So nothing
here raises or waits longer than `PATIENCE`; what could not be asked for is found by the sweep.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

Drain = Literal["digest", "letters", "sweep", "plan", "figures", "uploads", "collect", "operations"]
QueueName = Literal["calls", "digest", "letters", "runs", "collect"]

PLACE = "place"
DRAINS: tuple[Drain, ...] = get_args(Drain)
QUEUES: tuple[QueueName, ...] = get_args(QueueName)
QUEUE_OF: Mapping[str, QueueName] = MappingProxyType(
    {
        PLACE: "calls",
        "digest": "digest",
        "letters": "letters",
        "sweep": "runs",
        "plan": "runs",
        "figures": "runs",
        "uploads": "runs",
        "collect": "collect",
        "operations": "runs",
    }
)
TIMEOUT: Mapping[str, int] = MappingProxyType(
    {
        PLACE: 60,
        "digest": 120,
        "letters": 120,
        "sweep": 300,
        "plan": 3600,
        "figures": 600,
        "uploads": 7200,
        "collect": 120,
        "operations": 300,
    }
)
"""Seconds after which a job is taken to hang. Far beyond its usual time, because RQ ends it at any line."""

PATIENCE = 0.2
"""Seconds a request or a worker waits for a Redis that is down."""

NUDGE_LASTS = 5
"""Seconds for which a second nudge of the same drain is not repeated."""

STALE = 60
"""Seconds after which a job nobody took is dropped: by then the sweep has seen its row."""

log = structlog.get_logger()


def impatient(redis_url: str) -> Redis:
    """A client that answers or raises within `PATIENCE`; redis-py by itself would try ten times."""
    return Redis.from_url(
        redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )


class Errands:
    """Ask workers for something. Every method answers False where Redis is down, and never raises."""

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url
        self._redis = impatient(redis_url)
        self._queues = {
            name: Queue(name, connection=self._redis, serializer=JSONSerializer) for name in QUEUES
        }

    def place(self, attempt_id: str) -> bool:
        """Ask for the call `attempt_id`, whose row is committed, to be placed now."""
        try:
            self._enqueue(PLACE, attempt_id)
        except RedisError as error:
            return _unreachable(PLACE, error)
        return True

    def nudge(self, drain: Drain) -> bool:
        """Wake a drain. True also where one has just been woken and has not begun to read."""
        try:
            if self._redis.set(_nudge_key(drain), 1, nx=True, ex=NUDGE_LASTS):
                self._enqueue(drain)
        except RedisError as error:
            return _unreachable(drain, error)
        return True

    def taken_up(self, drain: Drain) -> bool:
        """A drain says so before its first read: from here on a new nudge means a new run."""
        try:
            self._redis.delete(_nudge_key(drain))
        except RedisError as error:
            return _unreachable(drain, error)
        return True

    def hold(self, drain: Drain, seconds: float) -> bool:
        """A drain that listens for so long says so: until then no nudge is worth another run."""
        try:
            self._redis.set(_nudge_key(drain), 1, px=int(seconds * 1000))
        except RedisError as error:
            return _unreachable(drain, error)
        return True

    def alive(self) -> bool:
        """True if Redis answers."""
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False

    def redis_version(self) -> tuple[int, ...]:
        """Of the server that answers, such as (7, 2, 4); empty if none does."""
        try:
            told = str(self._redis.info("server")["redis_version"])
        except RedisError:
            return ()
        return tuple(int(part) for part in told.split(".") if part.isdecimal())

    def close(self) -> None:
        self._redis.close()

    def _enqueue(self, job: str, *args: str) -> None:
        self._queues[QUEUE_OF[job]].enqueue_call(
            job,
            args=args,
            description=job,  # RQ would keep the arguments in it, in clear and for ever
            timeout=TIMEOUT[job],
            ttl=STALE,
            result_ttl=0,
            failure_ttl=STALE,
        )


class NoErrands:
    """For commands that need no Redis: whatever they leave to do is found by the sweep."""

    def place(self, attempt_id: str) -> bool:
        return False

    def nudge(self, drain: Drain) -> bool:
        return False

    def taken_up(self, drain: Drain) -> bool:
        return False

    def hold(self, drain: Drain, seconds: float) -> bool:
        return False

    def alive(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close."""


def _nudge_key(drain: Drain) -> str:
    return f"nudge:{drain}"


def _unreachable(job: str, error: RedisError) -> bool:
    log.warning("redis did not take an errand; the sweep will", job=job, error=type(error).__name__)
    return False
