"""SQLite has one writer. Whoever wants to write waits here for the turn, in every process of this machine.

SQLite's own way of waiting is to look again after ever longer naps, up to 100 ms: with a dozen processes
the database lies idle while everybody sleeps. Here the next one is woken the moment the turn is free.
SQLite's own lock still guards whatever does not ask us.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """The turn at one database. A process that dies gives its turn back."""

    def __init__(self, path: str | None) -> None:
        """`path`: a file of its own beside the database's; None: the database is this process's alone."""
        self._path = path
        self._threads = threading.Lock()
        self._opened: tuple[int, int] | None = None

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Hold the turn until the block ends."""
        with self._threads:
            if self._path is None:
                yield
                return
            file = self._file(self._path)
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Whoever asks again opens it anew."""
        if self._opened is not None and self._opened[0] == os.getpid():
            os.close(self._opened[1])
        self._opened = None

    def _file(self, path: str) -> int:
        process = os.getpid()
        if self._opened is None or self._opened[0] != process:  # a fork would share its parent's turn
            self._opened = process, os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._opened[1]
