"""How many webhooks a second does the door take, each checked and committed? Beside a bare Flask route.

Both stand behind the same gunicorn and are asked by the same client over kept connections. The bare route
reads the body and answers 204; it checks no papers and remembers nothing.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, TCPConnector
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from bench.ledger import Say, found
from outreach.demo.stage import Stage, process, redis_of, set_stage, until_up
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.inbox import Event
from outreach.sandbox import keys

TARGET_RATIO, TARGET_P99_MS = 0.2, 100
PORT = 8741
LANES = 16
"""posts under way at once"""
DOOR, BARE = "our door", "bare Flask"


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where posts go, and what is posted: addresses with bodies and their papers, made before."""

    what: str
    port: int
    posts: Sequence[tuple[str, bytes, dict[str, str]]]


def run(posts: int = 20_000, *, url: str | None = None, say: Say = lambda words: None) -> dict[str, Any]:
    """Post, measure, count what is stored. `url`: an empty database; default: SQLite in a new folder."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as made, redis_of(Path(made)) as redis_url:
        chosen = url or f"sqlite:///{Path(made) / 'bench.db'}"
        stage = set_stage(Path(made), port=PORT, seed=1, redis_url=redis_url, database_url=chosen)
        with closing(Ledger(chosen)) as ledger:
            found(ledger)
            figures = _figures(stage, posts, say)
            with ledger.reading() as session:
                stored = session.scalar(select(func.count()).select_from(Event))
        return {
            "database": ledger.url.get_backend_name(),
            "targets": {"ratio": TARGET_RATIO, "p99_ms": TARGET_P99_MS},
            "lost": posts - (stored or 0),
            "figures": figures,
        }


def _figures(stage: Stage, posts: int, say: Say) -> list[dict[str, Any]]:
    door = Letterbox(DOOR, PORT, _signed(stage, posts))
    bare = Letterbox(BARE, PORT + 1, door.posts)
    command = ["--config", "config/gunicorn.conf.py", "--bind", f"127.0.0.1:{bare.port}", "bench.bare:app"]
    with (
        process(stage, "web", ["web", "--bind", f"127.0.0.1:{PORT}"]),
        process(stage, "bare", command, module="gunicorn"),
    ):
        for port in (PORT, PORT + 1):
            until_up(stage, "web", f"http://127.0.0.1:{port}/healthz")
        measured = [_measured(box, say) for box in (bare, door)]
    floor = measured[0]["a_second"]
    return [one | {"ratio": round(one["a_second"] / floor, 2)} for one in measured]


def _signed(stage: Stage, posts: int) -> list[tuple[str, bytes, dict[str, str]]]:
    """Reports of calls, as Twilio posts them."""
    account = keys.load(stage.folder / "sandbox.json")
    validator = RequestValidator(account.auth_token)
    made = []
    for nth in range(posts):
        path = f"/webhooks/twilio/status?attempt={new_id()}"
        form = {
            "AccountSid": account.account_sid,
            "CallSid": f"CA{nth:032x}",
            "CallStatus": "ringing",
            "CallbackSource": "call-progress-events",
            "Direction": "outbound-dial",
            "From": "+12125550190",
            "SequenceNumber": "1",
            "Timestamp": "Sat, 21 Nov 2026 19:50:00 +0000",
            "To": "+13035550123",
        }
        papers = {"X-Twilio-Signature": validator.compute_signature(stage.base_url + path, form)}
        papers["Content-Type"] = "application/x-www-form-urlencoded"
        made.append((path, urlencode(form).encode(), papers))
    return made


def _measured(box: Letterbox, say: Say) -> dict[str, Any]:
    say(f"measuring {box.what}")
    took, waits, answers = asyncio.run(_post(box))
    bad = sorted(set(answers) - {204})
    if bad:
        raise RuntimeError(f"{box.what} answered {bad}")
    cuts = statistics.quantiles(waits, n=100)
    return {
        "what": box.what,
        "posts": len(waits),
        "a_second": round(len(waits) / took, 1),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
    }


async def _post(box: Letterbox) -> tuple[float, list[float], list[int]]:
    waits, answers, left = list[float](), list[int](), iter(box.posts)

    async def lane(http: ClientSession) -> None:
        for path, body, papers in left:
            began = time.perf_counter()
            async with http.post(f"http://127.0.0.1:{box.port}{path}", data=body, headers=papers) as answer:
                await answer.read()
                answers.append(answer.status)
            waits.append(time.perf_counter() - began)

    async with ClientSession(connector=TCPConnector(limit=LANES)) as http:
        began = time.perf_counter()
        await asyncio.gather(*(lane(http) for _ in range(LANES)))
        return time.perf_counter() - began, waits, answers
