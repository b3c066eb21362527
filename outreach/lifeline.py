"""Children that end with their parent, however it ended: nobody works on for a house that is gone."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def die_with(parent: int, last_word: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """For a child, right after its fork: the kernel sends it `last_word` when `parent` ends (Linux only).

    The lifeline is the thread of the parent that forked, so fork from one that lasts.
    """
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)  # looked up before the fork: after it, locks may be held by nobody

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, last_word)
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(1)

    return ask
