"""Kill -9, at random moments, of workers, their forked children, and now and then their parent."""

import os
import random
import signal
from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`, parents before children."""
    found: list[int] = []
    for child in _children(pid):
        found += [child, *descendants(child)]
    return found


def kill_one(parent: int, dice: random.Random) -> int | None:
    """Kill one process below `parent`; None if there is none just now."""
    living = descendants(parent)
    if not living:
        return None
    chosen = dice.choice(living)
    return chosen if kill(chosen) else None


def kill(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def _children(pid: int) -> list[int]:
    """The kernel lists children by the thread that forked them."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found
