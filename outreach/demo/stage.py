"""The demo's processes: Redis, sandbox, web, workers, tick, each a real one, all ended together."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from outreach import embedded_redis, lifeline

STARTS_WITHIN = 60.0
STOPS_WITHIN = 10.0
CALL_BACKS = 0.2
"""share of the people who were not reached and call back"""


class StageError(Exception):
    """A process of the demo did not start or died; the sentence names its log file."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays: its folder, its ports, and the environment every process is given."""

    folder: Path
    port: int
    seed: int
    environment: Mapping[str, str] = field(repr=False)
    speed: float = 400.0
    """how much faster than life the sandbox's calls go"""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return self.environment["OUTREACH_SANDBOX_URL"]

    @property
    def truth_file(self) -> Path:
        return self.folder / "truth.jsonl"


def set_stage(
    folder: Path, *, port: int, seed: int, redis_url: str, database_url: str | None = None
) -> Stage:
    """A stage with fresh secrets. What the environment says of the providers to play is kept, and of the
    database where no URL is given; all else is the demo's own."""
    kept = {name: value for name, value in os.environ.items() if not _ours(name)}
    own = f"sqlite:///{folder / 'outreach.sqlite3'}"
    database = database_url or os.environ.get("OUTREACH_DATABASE_URL", own)
    chosen = {
        "OUTREACH_VAR": str(folder),
        "OUTREACH_FILES": str(folder / "files"),
        "OUTREACH_DATABASE_URL": database,
        "OUTREACH_REDIS_URL": redis_url,
        "OUTREACH_BASE_URL": f"http://127.0.0.1:{port}",
        "OUTREACH_SANDBOX_URL": f"http://127.0.0.1:{port + 10}",
        "OUTREACH_SECRET_KEY": secrets.token_hex(32),
        "OUTREACH_CARRIER": "sandbox",
        "OUTREACH_SANDBOX_PROVIDER": os.environ.get("OUTREACH_SANDBOX_PROVIDER", ""),
        "OUTREACH_MAILER": "sandbox",
        "OUTREACH_SANDBOX_MAIL_PROVIDER": os.environ.get("OUTREACH_SANDBOX_MAIL_PROVIDER", "sendgrid"),
    }
    return Stage(folder=folder, port=port, seed=seed, environment=kept | chosen)


@contextmanager
def redis_of(folder: Path) -> Iterator[str]:
    with embedded_redis.running(folder) as url:
        yield url


@contextmanager
def playing(stage: Stage) -> Iterator[None]:
    """Sandbox, web, workers and tick run until the block ends. Raises StageError."""
    sandbox_port = str(stage.port + 10)
    commands: dict[str, list[str]] = {
        "sandbox": [
            "sandbox",
            *("--port", sandbox_port, "--seed", str(stage.seed)),
            *("--speed", str(stage.speed), "--truth", str(stage.truth_file)),
            *("--call-backs", str(CALL_BACKS), "--replies"),
        ],
        "web": ["web", "--bind", f"127.0.0.1:{stage.port}"],
        "worker": ["worker"],
        "tick": ["tick"],
    }
    with ExitStack() as stack:
        children = [stack.enter_context(process(stage, *command)) for command in commands.items()]
        until_up(stage, "sandbox", f"{stage.sandbox_url}/healthz")
        until_up(stage, "web", f"{stage.base_url}/healthz")
        try:
            yield
        finally:
            for child in children:
                child.terminate()  # all at once: one after the other they would take as long as all together


@contextmanager
def process(
    stage: Stage, name: str, arguments: list[str], module: str = "outreach"
) -> Iterator[subprocess.Popen[bytes]]:
    """One `outreach` process, its output in `<name>.log`, asked to stop at the end and then made to."""
    with (stage.folder / f"{name}.log").open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=dict(stage.environment),
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=lifeline.die_with(os.getpid()),
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def until_up(stage: Stage, name: str, url: str) -> None:
    """Wait until a process answers at its address. Raises StageError naming its log file."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.05)
    raise StageError(f"{name} did not start; see {stage.folder / f'{name}.log'}")


def _ours(name: str) -> bool:
    return name.startswith(("OUTREACH_", "TWILIO_", "SENDGRID_", "AWS_"))
