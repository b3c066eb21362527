"""Waiting for what must come, on whatever machine: only what never comes is a failure."""

import time
from collections.abc import Callable

HANGS = 300.0
"""seconds without the awaited, after which it will not come any more"""
GLANCE = 0.05


def wait_for(true: Callable[[], bool], what: str, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait until it is true. Fails, naming `what`, only where it hangs."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + HANGS, f"{what} never came"
        meanwhile()
        time.sleep(GLANCE)
