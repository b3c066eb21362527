"""The crew: who dies is replaced, who is told to stop finishes, and nobody outlives a killed parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BOSS = """
import sys
from functools import partial
from tests.test_crew import toil
from outreach.crew import keep_going
keep_going([partial(toil, sys.argv[1])] * 2, stops_within=float(sys.argv[2]))
"""


def toil(folder: str) -> None:
    """A worker that leaves a file while it lives, and finishes its work when asked to stop."""
    mine = Path(folder) / str(os.getpid())
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    mine.write_text("at work")
    while not stop:
        time.sleep(0.01)
    mine.write_text("finished")


def shirk(folder: str) -> None:
    """A worker that does not listen."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (Path(folder) / str(os.getpid())).write_text("at work")
    time.sleep(60)


Hire = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def hire(tmp_path: Path) -> Iterator[Hire]:
    bosses: list[subprocess.Popen[bytes]] = []

    def start(script: str = BOSS, stops_within: float = 20) -> "subprocess.Popen[bytes]":
        bosses.append(subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(stops_within)]))
        assert eventually(lambda: len(at_work(tmp_path)) == 2)
        return bosses[-1]

    yield start
    for boss in bosses:
        boss.kill()
        boss.wait()


def at_work(folder: Path) -> set[int]:
    return {
        int(path.name) for path in folder.iterdir() if path.read_text() == "at work" and alive(int(path.name))
    }


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(true: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


def test_one_that_was_killed_is_replaced(hire: Hire, tmp_path: Path) -> None:
    hire()
    before = at_work(tmp_path)
    os.kill(min(before), signal.SIGKILL)
    assert eventually(lambda: len(at_work(tmp_path) - before) == 1)
    assert max(before) in at_work(tmp_path)


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_everybody_finishes(hire: Hire, tmp_path: Path, word: signal.Signals) -> None:
    boss = hire()
    boss.send_signal(word)
    assert boss.wait(20) == 0
    assert {path.read_text() for path in tmp_path.iterdir()} == {"finished"}


def test_who_does_not_listen_is_ended(hire: Hire, tmp_path: Path) -> None:
    boss = hire(BOSS.replace("toil", "shirk"), stops_within=0.1)
    boss.terminate()
    assert boss.wait(20) == 0
    assert at_work(tmp_path) == set()


def test_nobody_outlives_a_parent_that_was_killed(hire: Hire, tmp_path: Path) -> None:
    boss = hire()
    boss.kill()
    assert eventually(lambda: at_work(tmp_path) == set())
