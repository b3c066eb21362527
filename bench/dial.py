"""From a rep's click to the carrier's request: how long, with the whole house at work?

Each rep clicks once, on the page, at an even pace; web, workers, tick and sandbox are processes of their own.
The carrier answers late; what is measured ends when its request arrives there.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from bench.ledger import FIRST_DAY, NOW, Say, Shape, build
from outreach.campaigns.planning import planner
from outreach.demo.forms import Browser, Form
from outreach.demo.stage import Stage, process, redis_of, set_stage, until_up
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.clock import set_shift
from outreach.ledger.passwords import hashed
from outreach.ledger.people import User

TARGET_P50_MS, TARGET_P95_MS = 40, 100
PORT = 8751
LATE_MS = 250
PATIENCE = 30.0
"""seconds until a request that has not arrived is given up"""
PASSWORD = "one click each"  # noqa: S105 - of reps that live for a minute, on loopback
OPENS = NOW + timedelta(hours=6)
"""10 o'clock in California, noon in New York: everybody may be called"""
FAULTS = f"[answers]\nlate = 1.0\nlate_ms = {LATE_MS}\n"


def run(
    clicks: int = 120, *, a_second: float = 8.0, url: str | None = None, say: Say = lambda words: None
) -> dict[str, Any]:
    """Seed, plan, sign in, click. `url`: an empty database; default: SQLite in a new folder."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as made, redis_of(Path(made)) as redis_url:
        folder = Path(made)
        chosen = url or f"sqlite:///{folder / 'bench.db'}"
        stage = set_stage(folder, port=PORT, seed=1, redis_url=redis_url, database_url=chosen)
        with closing(Ledger(chosen)) as ledger:
            _fill(ledger, clicks, say)
            with _house(stage):
                say("signing in")
                desks = [_sign_in(stage, f"rep{n}") for n in range(1, clicks + 1)]
                say(f"clicking {a_second:g} times a second")
                clicked = _click(desks, a_second)
                waits = _waits(ledger, stage, clicked)
            database = ledger.url.get_backend_name()
    cuts = statistics.quantiles(waits, n=100)
    return {
        "database": database,
        "targets": {"p50_ms": TARGET_P50_MS, "p95_ms": TARGET_P95_MS},
        "clicks": clicks,
        "a_second": a_second,
        "carrier_answers_after_ms": LATE_MS,
        "placed": len(waits),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p95_ms": round(cuts[94] * 1000, 1),
        "max_ms": round(max(waits) * 1000, 1),
    }


def _fill(ledger: Ledger, reps: int, say: Say) -> None:
    accounts = 10 * reps
    build(ledger, Shape(invoices=5 * accounts, accounts=accounts, reps=reps, late_payers=1.0), say)
    password = hashed(PASSWORD)
    with ledger.writing() as session:
        for user in session.scalars(select(User)):
            user.phone, user.password_hash = f"+1212555{user.id:04}", password
        set_shift(session, OPENS - datetime.now(UTC))
    say("planning")
    planner.plan(ledger, day=FIRST_DAY, now=NOW, listing=False)


@contextmanager
def _house(stage: Stage) -> Iterator[None]:
    faults = stage.folder / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")
    sandbox = ["sandbox", "--port", str(PORT + 10), "--faults", str(faults), "--truth", str(stage.truth_file)]
    with (
        process(stage, "sandbox", sandbox),
        process(stage, "web", ["web", "--bind", f"127.0.0.1:{PORT}"]),
        process(stage, "worker", ["worker"]),
        process(stage, "tick", ["tick"]),
    ):
        until_up(stage, "sandbox", f"{stage.sandbox_url}/healthz")
        until_up(stage, "web", f"{stage.base_url}/healthz")
        yield


def _sign_in(stage: Stage, login: str) -> tuple[str, Browser, Form]:
    browser = Browser(stage.base_url).get("/sign-in")
    sign_in = browser.form("sign-in")
    assert sign_in is not None
    browser.submit(sign_in, login=login, password=PASSWORD).get("/desk")
    dial = browser.form("/dial")
    assert dial is not None, f"{login} has nobody to call"
    assert not dial.disabled, f"{login} may not call: see the desk"
    return login, browser, dial


def _click(desks: list[tuple[str, Browser, Form]], a_second: float) -> Mapping[str, datetime]:
    """Login -> when its click left the browser."""
    clicked: dict[str, datetime] = {}

    def click(login: str, browser: Browser, dial: Form) -> None:
        clicked[login] = datetime.now(UTC)
        browser.submit(dial)

    began, threads = time.monotonic(), []
    for nth, desk in enumerate(desks):
        time.sleep(max(0.0, began + nth / a_second - time.monotonic()))
        threads.append(threading.Thread(target=click, args=desk))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return clicked


def _waits(ledger: Ledger, stage: Stage, clicked: Mapping[str, datetime]) -> list[float]:
    """Seconds from each click to its request's arrival at the carrier; never arrived: left out."""
    until, arrived = time.monotonic() + PATIENCE, dict[str, datetime]()
    while len(arrived) < len(clicked) and time.monotonic() < until:
        time.sleep(0.5)
        arrived = _arrived(ledger, stage)
    return [(arrived[login] - at).total_seconds() for login, at in clicked.items() if login in arrived]


def _arrived(ledger: Ledger, stage: Stage) -> dict[str, datetime]:
    """Login -> when the request of its call came to the carrier."""
    with ledger.reading() as session:
        query = select(CallAttempt.id, User.login).join(User, User.id == CallAttempt.rep_id)
        logins = dict(list(session.execute(query)))
    told = requests.get(f"{stage.sandbox_url}/sandbox/truth", timeout=10).json()["requests"]
    return {logins[one["order"]]: datetime.fromisoformat(one["at"]) for one in told if one["order"] in logins}
