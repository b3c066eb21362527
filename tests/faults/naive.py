"""The control arm: how it is usually done. A job per message, tried again by the queue when it fails, marked
when done, and a sweeper for what was forgotten. All that it uses is real; only its order is wrong.

    python -m tests.faults.naive FOLDER     its workers
"""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from redis import Redis
from rq import Queue, Retry, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from sendgrid import SendGridAPIClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from outreach.crew import keep_going
from outreach.sandbox import keys

HANDS = 4
TIMEOUT = 5.0
ABANDONED = timedelta(seconds=TIMEOUT + 1)
REP = "+13035550199"


@dataclass(frozen=True)
class Wiring:
    """Where a naive installation finds its things; written down for its workers."""

    redis_url: str
    sandbox_url: str
    door_url: str

    @classmethod
    def read(cls, folder: Path) -> "Wiring":
        return cls(**json.loads((folder / "wiring.json").read_text()))

    def write(self, folder: Path) -> None:
        (folder / "wiring.json").write_text(json.dumps(asdict(self)))


@contextmanager
def outbox(folder: Path) -> Iterator[sqlite3.Connection]:
    """Messages and whether they are done."""
    with closing(sqlite3.connect(folder / "naive.sqlite3", timeout=30)) as database, database:
        yield database


def fill(folder: Path, calls: int, letters: int) -> None:
    wanted = [(f"call{n:04}",) for n in range(calls)] + [(f"mail{n:04}",) for n in range(letters)]
    with outbox(folder) as database:
        database.execute("CREATE TABLE messages (id TEXT PRIMARY KEY, done INTEGER NOT NULL DEFAULT 0)")
        database.executemany("INSERT INTO messages (id) VALUES (?)", wanted)


def undone(folder: Path) -> Sequence[str]:
    with outbox(folder) as database:
        return [row[0] for row in database.execute("SELECT id FROM messages WHERE done = 0 ORDER BY id")]


def sweep(folder: Path) -> None:
    """Ask again for everything that is not marked and that nobody seems to be at."""
    with Redis.from_url(Wiring.read(folder).redis_url) as redis:
        queue = Queue(connection=redis)
        waiting = set(queue.job_ids)
        for message in undone(folder):
            if message not in waiting and not _is_begun(message, redis):
                queue.enqueue(send, str(folder), message, job_id=message, retry=Retry(max=3))


def _is_begun(message: str, redis: "Redis") -> bool:
    try:
        job = Job.fetch(message, connection=redis)
    except NoSuchJobError:
        return False
    begun = job.started_at if job.get_status() == JobStatus.STARTED else None
    return begun is not None and datetime.now(UTC) - begun < ABANDONED


def send(folder: str, message: str) -> None:
    """The job: look whether it is done, send, and only then remember."""
    with outbox(Path(folder)) as database:
        (done,) = database.execute("SELECT done FROM messages WHERE id = ?", (message,)).fetchone()
    if done:
        return
    post = _call if message.startswith("call") else _mail
    post(Path(folder), message)
    with outbox(Path(folder)) as database:
        database.execute("UPDATE messages SET done = 1 WHERE id = ?", (message,))


def _call(folder: Path, message: str) -> None:
    own, wiring = keys.load(folder / "sandbox.json"), Wiring.read(folder)
    client = Client(own.account_sid, own.auth_token, http_client=TwilioHttpClient(timeout=TIMEOUT))
    client.api.base_url = wiring.sandbox_url
    client.calls.create(to=REP, from_=own.caller_ids[0], url=f"{wiring.door_url}/answer?attempt={message}")


def _mail(folder: Path, message: str) -> None:
    client = SendGridAPIClient(
        keys.load(folder / "sandbox.json").sendgrid_api_key, host=Wiring.read(folder).sandbox_url
    )
    client.client.timeout = TIMEOUT
    to = {"to": [{"email": f"{message}@example.com"}], "custom_args": {"mid": message}}
    text = {"type": "text/plain", "value": "Please pay."}
    mail = {"personalizations": [to], "from": {"email": "billing@outreach.example"}, "subject": "Overdue"}
    client.client.mail.send.post(request_body={**mail, "content": [text]})


def work(folder: Path) -> None:
    Worker(["default"], connection=Redis.from_url(Wiring.read(folder).redis_url)).work(
        logging_level="CRITICAL"
    )


if __name__ == "__main__":
    os.environ.pop("PYTHONWARNINGS", None)
    keep_going([partial(work, Path(sys.argv[1]))] * HANDS, stops_within=5)
