"""Processes that are killed and started again. They end with the thread that started them."""

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType

from tests.faults.killing import kill

Starting = Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]


class Restartable:
    """One process at a time; `start` says how it begins and is asked to stop."""

    def __init__(self, start: Starting) -> None:
        self._start, self._running = start, ExitStack()

    def __enter__(self) -> "Restartable":
        self._child = self._running.enter_context(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    @property
    def pid(self) -> int:
        return self._child.pid

    def kill_and_restart(self) -> None:
        kill(self.pid)
        self._running.close()
        self._child = self._running.enter_context(self._start())
