"""The embedded Redis: adopted if it lives, started again if it dies, gone when its parent goes."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from outreach import embedded_redis

PARENT = """
import sys, time
from pathlib import Path
from outreach.embedded_redis import running
with running(Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="outreach-redis-") as path:  # short enough for a socket
        yield Path(path)


def pid_in(folder: Path) -> int:
    return int((folder / "redis.pid").read_text())


def eventually(true: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(true())


def test_it_lives_as_long_as_its_block(folder: Path) -> None:
    assert embedded_redis.live(folder) is None
    with embedded_redis.running(folder) as url:
        assert embedded_redis.live(folder) == url
    assert embedded_redis.live(folder) is None


def test_a_live_one_is_adopted_and_left_alone(folder: Path) -> None:
    with embedded_redis.running(folder) as owner:
        pid = pid_in(folder)
        with embedded_redis.running(folder) as adopter:
            assert (adopter, pid_in(folder)) == (owner, pid)
        assert embedded_redis.live(folder)


def test_it_is_started_again_with_its_data(folder: Path) -> None:
    with embedded_redis.running(folder) as url:
        with Redis.from_url(url) as redis:
            redis.set("kept", "yes")
            redis.execute_command("CONFIG", "SET", "appendfsync", "always")
            redis.set("kept", "surely")
        first = pid_in(folder)
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: embedded_redis.live(folder) and pid_in(folder) != first)
        with Redis.from_url(url) as redis:
            assert redis.get("kept") == b"surely"


def test_it_dies_with_a_parent_that_was_killed(folder: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"up\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: embedded_redis.live(folder) is None)


def test_a_path_too_long_for_a_socket_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(embedded_redis.NoRedis, match="OUTREACH_REDIS_URL"):
        embedded_redis.EmbeddedRedis(tmp_path / ("deep" * 30)).start()


def test_a_machine_with_its_own_server_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "valkey-server"
    own.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded_redis.server_binary() == str(own)


def test_elsewhere_the_wheel_carries_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert os.access(embedded_redis.server_binary(), os.X_OK)
