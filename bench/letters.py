"""How many letters a second leave, with every durable row? Beside a plain loop over SendGrid's own client.

The loop knows its letter already: it renders nothing, asks no gate, remembers nothing. Ours reads the facts,
writes the words, asks the gate, commits `sending`, posts, and commits the answer.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Content, From, Mail, ReplyTo, To

from bench import sink
from bench.ledger import FIRST_DAY, NOW, POLICY, Say, Shape, build
from outreach.campaigns.planning import planner, release
from outreach.ledger import policies, touches
from outreach.ledger.base import Ledger
from outreach.mail.drafting import Ready, draft
from outreach.mail.mailer import Message
from outreach.mail.mailroom import Mailroom
from outreach.mail.posting import send_due
from outreach.mail.sendgrid_mail import SendGridMailer

BATCHES = (1, 10, 20)
TARGET_RATIO = 1.2
KEY = "SG.bench"
AFTERNOON = datetime.combine(FIRST_DAY, clock_time(22, 30), UTC)
"""past 15:00 and before 18:00 from New York to Denver; Los Angeles waits"""
PLAIN = "the SDK's plain loop"


@dataclass(frozen=True, slots=True)
class Afternoon:
    """A clock whose business time stands still."""

    def now(self) -> datetime:
        return AFTERNOON

    def wall(self) -> datetime:
        return datetime.now(UTC)


def run(
    seconds: float = 5.0, *, url: str | None = None, accounts: int = 40_000, say: Say = lambda words: None
) -> dict[str, Any]:
    """Seed, plan, send for `seconds` each way. `url`: an empty database; default: SQLite in a new folder."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder, sink.running() as host:
        chosen = url or f"sqlite:///{Path(folder) / 'bench.db'}"
        with closing(Ledger(chosen)) as ledger:
            _fill(ledger, Shape(invoices=2 * accounts, accounts=accounts, reps=20, late_payers=1.0), say)
            room = _room(ledger, Path(folder), host)
            letter = _one(room)
            plain = [_plain(letter, host, seconds, say)]
            ours = [_ours(room, batch, seconds, say) for batch in BATCHES]
            plain.append(_plain(letter, host, seconds, say))
    floor = sum(one["a_second"] for one in plain) / len(plain)
    return {
        "database": chosen.partition(":")[0].partition("+")[0],
        "targets": {"ratio": TARGET_RATIO, "batch": BATCHES[-1]},
        "figures": [one | {"ratio": round(one["a_second"] / floor, 2)} for one in (*plain, *ours)],
    }


def _fill(ledger: Ledger, shape: Shape, say: Say) -> None:
    build(ledger, shape, say)
    document = POLICY.read_text("utf-8").replace("first_week_per_day = 200", "first_week_per_day = 1000000")
    with ledger.writing() as session:
        policies.load(session, document, actor="bench", why="all in one day", now=NOW)
    say("planning")
    planner.plan(ledger, day=FIRST_DAY, now=NOW, listing=False)
    release.release(ledger, day=FIRST_DAY, actor="bench", now=NOW)


def _room(ledger: Ledger, folder: Path, host: str) -> Mailroom:
    return Mailroom(
        ledger=ledger,
        mailer=SendGridMailer(KEY, host=host),
        clock=Afternoon(),
        files=folder / "files",
        mail_from="Accounts Receivable <billing@outreach.example>",
        reply_domain="reply.outreach.example",
        keys=["bench" * 8],
    )


def _one(room: Mailroom) -> Message:
    """A letter as we would send it: what the loop sends over and over."""
    with room.ledger.reading() as session:
        policy, now = policies.in_force(session).policy, room.clock.now()
        due = touches.due_mail(session, now, limit=1)
        (drafted,) = draft(room, session, due, now, policy)
    assert isinstance(drafted, Ready), drafted
    return drafted.written.message


def _plain(letter: Message, host: str, seconds: float, say: Say) -> dict[str, Any]:
    client = SendGridAPIClient(KEY, host=host)

    def send_for(until: float) -> int:
        sent = 0
        while time.perf_counter() < until:
            mail = Mail(
                From(letter.sender.address, letter.sender.name), To(letter.to.address), letter.subject
            )
            mail.content = [Content("text/plain", letter.text), Content("text/html", letter.html)]
            mail.reply_to = ReplyTo(letter.reply_to.address)
            sent += client.send(mail).status_code == 202
        return sent

    return _measured(PLAIN, send_for, seconds, say)


def _ours(room: Mailroom, batch: int, seconds: float, say: Say) -> dict[str, Any]:
    def send_for(until: float) -> int:
        progress = send_due(room, seconds=until - time.perf_counter(), batch=batch)
        assert progress.more, "the ledger was too small for this machine: give it more accounts"
        return progress.sent

    return _measured(f"batches of {batch}", send_for, seconds, say)


def _measured(what: str, send_for: Callable[[float], int], seconds: float, say: Say) -> dict[str, Any]:
    say(f"measuring {what}")
    began, worked = time.perf_counter(), time.process_time()
    sent = send_for(began + seconds)
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    return {
        "what": what,
        "letters": sent,
        "a_second": round(sent / took, 1),
        "cpu_ms_a_letter": round(cpu / max(sent, 1) * 1000, 2),
    }
