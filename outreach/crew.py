"""A crew of processes that is kept going: who ends is replaced, who is told to stop finishes what it does."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog

from outreach.lifeline import die_with

RESTS = 1.0
"""Seconds before a process that ended is replaced."""

log = structlog.get_logger()


def keep_going(tasks: Sequence[Callable[[], None]], *, stops_within: float) -> None:
    """Fork a process for each task and replace it whenever it ends, until SIGTERM or Ctrl+C.

    Then each is sent SIGTERM once, and SIGKILL after `stops_within` seconds. Call it from the main thread.
    """
    stop: list[int] = []
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda number, _: stop.append(number))
    hands = [_hire(task) for task in tasks]
    while not stop:
        wait([hand.sentinel for hand in hands], timeout=0.2)
        for place, hand in enumerate(hands):
            if not stop and not hand.is_alive():
                log.warning("a process ended; starting another", exit_code=hand.exitcode)
                time.sleep(RESTS)
                hands[place] = _hire(tasks[place])
    _dismiss(hands, stops_within)


def _hire(task: Callable[[], None]) -> BaseProcess:
    hand = multiprocessing.get_context("fork").Process(target=_begin, args=(task, os.getpid()))
    hand.start()
    return hand


def _begin(task: Callable[[], None], parent: int) -> None:
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL)
    os.setpgrp()  # Ctrl+C is for the parent, who tells us once: RQ takes a second word for "drop everything"
    die_with(parent)()
    task()


def _dismiss(hands: Sequence[BaseProcess], stops_within: float) -> None:
    deadline = time.monotonic() + stops_within
    for hand in hands:
        hand.terminate()
    for hand in hands:
        hand.join(max(0.0, deadline - time.monotonic()))
    for hand in hands:
        hand.kill()  # what it had begun stands in its row
