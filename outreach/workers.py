"""Worker processes: one queue each, forked together, replaced when one dies.

One queue a process, because RQ loses the job of a worker on two queues that is killed between pop and start.
Simple workers where it must be quick, several for calls, so that a carrier that hangs stops nobody else;
forking ones for long runs (design.md 5).
"""

import os
import signal
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import cast

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from outreach import bootstrap, jobs, settings
from outreach.crew import keep_going
from outreach.errands import QUEUES, QueueName
from outreach.lifeline import die_with
from outreach.logs import speak_json
from outreach.settings import Settings

HANDS: Mapping[QueueName, int] = MappingProxyType(
    {"calls": 4, "digest": 1, "letters": 1, "runs": 2, "collect": 1}
)
"""Processes per queue on one machine. Start `outreach worker calls` again for more."""

STOPS_WITHIN = 45.0
"""Seconds a worker has to finish what it does: a drain's 20, a carrier's timeout, and some air."""


class UnknownQueueError(ValueError):
    """A queue was asked for that does not exist; the sentence names those that do."""


class QuickWorker(SimpleWorker):
    """Runs each job in its own process, one at a time."""

    max_connection_wait_time = 2.0  # RQ would let up to a minute pass after Redis is back


class RunWorker(Worker):
    """Forks for each job, for runs that take minutes and memory."""

    max_connection_wait_time = 2.0

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with(os.getppid(), signal.SIGKILL)()
        super().main_work_horse(job, queue)


def work(queues: Sequence[str] = ()) -> None:
    """Work on these queues until SIGTERM or Ctrl+C; then finish what is begun. By default on all there are.

    Raises UnknownQueueError, BadSettings or NotConnectedError before any process is started.
    """
    unknown = [name for name in queues if name not in QUEUES]
    if unknown:
        raise UnknownQueueError(f"There is no queue {unknown[0]}; there are {', '.join(QUEUES)}.")
    chosen = settings.load()
    chosen.check_service()
    bootstrap.redis_of(chosen)
    named = cast(Sequence[QueueName], queues or _wanted(chosen))
    keep_going(
        [partial(work_on, name) for name in named for _ in range(HANDS[name])], stops_within=STOPS_WITHIN
    )


def _wanted(chosen: Settings) -> list[QueueName]:
    """Where every event is posted to the door there is nothing to collect."""
    return [name for name in QUEUES if name != "collect" or chosen.plays_connect]


def work_on(queue: QueueName) -> None:
    """Be one worker on one queue until told to stop."""
    speak_json()
    chosen = settings.load()
    jobs.open_with(bootstrap.service_office(chosen, pooled=queue != "runs"))  # forks share no connections
    kind = RunWorker if queue == "runs" else QuickWorker
    worker = kind(
        [queue],
        connection=Redis.from_url(bootstrap.redis_of(chosen)),
        job_class=jobs.Errand,
        serializer=JSONSerializer,
        log_job_description=False,
        disable_default_exception_handler=True,  # it would keep tracebacks in Redis
    )
    worker.log_result_lifespan = False
    worker.work(logging_level="WARNING")
