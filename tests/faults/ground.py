"""What every arm of the experiment stands on: a folder, a Redis and a sandbox of its own, on free ports."""

import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from outreach import embedded_redis
from outreach.demo import stage as demo
from outreach.demo.stage import Stage
from tests.faults.patience import wait_for
from tests.faults.storm import RedisServer


@dataclass(frozen=True)
class Ground:
    """`stage` names the ports and the environment; the sandbox plays already."""

    stage: Stage
    redis: RedisServer

    @property
    def folder(self) -> Path:
        return self.stage.folder

    def get(self, path: str) -> Any:
        return requests.get(self.stage.sandbox_url + path, timeout=30).json()

    def faults(self, **table: Any) -> None:
        self._post("/sandbox/faults", table)

    def script(self, **table: Any) -> None:
        self._post("/sandbox/script", table)

    def _post(self, path: str, table: Mapping[str, Any]) -> None:
        requests.post(self.stage.sandbox_url + path, json=table, timeout=30).raise_for_status()

    def truth(self) -> Mapping[str, Any]:
        """What truly happened, once nothing is under way any more."""
        wait_for(lambda: bool(self.get("/sandbox/quiet")["quiet"]), "the sandbox's quiet")
        found: Mapping[str, Any] = self.get("/sandbox/truth")
        return found


@contextmanager
def level_ground(
    *, seed: int, speed: float = 300.0, door_url: str | None = None, database_url: str | None = None
) -> Iterator[Ground]:
    """The sandbox reports to `door_url`, by default to the stage's own port."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        redis_url = stack.enter_context(embedded_redis.running(folder))
        stage = demo.set_stage(folder, port=free_port(), seed=seed, redis_url=redis_url)
        own = {"OUTREACH_DATABASE_URL": database_url} if database_url else {}
        stage = replace(stage, environment={**stage.environment, **own})
        stack.enter_context(_sandbox(stage, speed, door_url or stage.base_url))
        yield Ground(stage, RedisServer(redis_url, folder / "redis.pid"))


@contextmanager
def _folder() -> Iterator[Path]:
    """A short path of its own: pytest's folders are too deep for a Unix socket. Kept when the test fails."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-faults-"))
    try:
        yield folder
    except BaseException as error:
        error.add_note(f"the logs of every process are in {folder}")
        raise
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _sandbox(stage: Stage, speed: float, door_url: str) -> Iterator[None]:
    own = replace(stage, environment={**stage.environment, "OUTREACH_BASE_URL": door_url})
    port = own.sandbox_url.rpartition(":")[2]
    options = ["--port", port, "--seed", str(own.seed), "--speed", str(speed)]
    with demo.process(own, "sandbox", ["sandbox", *options, "--truth", str(own.truth_file)]):
        await_answer(f"{own.sandbox_url}/healthz")
        yield


def await_answer(url: str) -> None:
    def answers() -> bool:
        try:
            return requests.get(url, timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False

    wait_for(answers, f"an answer from {url}")


def free_port() -> int:
    """One that is free, with the tenth after it, where the stage puts its sandbox."""
    while True:
        with socket.socket() as web, socket.socket() as sandbox:
            web.bind(("127.0.0.1", 0))
            port: int = web.getsockname()[1]
            try:
                sandbox.bind(("127.0.0.1", port + 10))
            except (OSError, OverflowError):
                continue
            return port
