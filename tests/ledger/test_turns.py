"""One writer at a time, over all processes; who dies gives the turn back, and a fork takes none along."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from outreach.ledger.turns import Turns

HOLD = """
import sys
from outreach.ledger.turns import Turns
with Turns(sys.argv[1]).mine():
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ledger-turn")


def _taken(turns: Turns) -> threading.Event:
    """Set once another thread has had the turn."""
    had = threading.Event()

    def take() -> None:
        with turns.mine():
            had.set()

    threading.Thread(target=take, daemon=True).start()
    return had


def test_a_turn_in_another_process_is_waited_for(path: str) -> None:
    with _holder(path) as other:
        had = _taken(Turns(path))
        assert not had.wait(0.3)
        other.communicate()  # its input ends, and with it the turn
        assert had.wait(10)


def test_a_process_that_is_killed_gives_its_turn_back(path: str) -> None:
    with _holder(path) as other:
        had = _taken(Turns(path))
        assert not had.wait(0.3)
        other.kill()
        assert had.wait(10)


def test_threads_of_one_process_wait_too(path: str) -> None:
    turns = Turns(path)
    with turns.mine():
        had = _taken(turns)
        assert not had.wait(0.3)
    assert had.wait(10)


def test_a_fork_waits_for_its_parent(path: str) -> None:
    turns = Turns(path)
    read, write = os.pipe()
    with turns.mine():
        pass
    other = Turns(path)  # as if in the child: its own description of the file
    with turns.mine():
        child = os.fork()
        if child == 0:  # pragma: no cover - it cannot tell
            turns._threads = threading.Lock()
            with turns.mine():
                os.write(write, b"x")
            os._exit(0)
        os.set_blocking(read, False)
        had = _taken(other)
        assert not had.wait(0.3)
        with pytest.raises(BlockingIOError):
            os.read(read, 1)
    os.waitpid(child, 0)
    assert os.read(read, 1) == b"x"
    os.close(read)
    os.close(write)
    assert had.wait(10)


def test_a_database_in_memory_has_threads_only() -> None:
    turns = Turns(None)
    with turns.mine():
        had = _taken(turns)
        assert not had.wait(0.1)
    assert had.wait(10)


def _holder(path: str) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "mine\n"
    return child
