"""Single steps of the house, each to be taken by a process of its own that can be told where to die.

A server of forks takes them: the test's own process has threads, and must not fork.
"""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from multiprocessing.process import BaseProcess
from types import MappingProxyType

from werkzeug.serving import make_server

from outreach import bootstrap, jobs, settings
from outreach.app import create_app
from outreach.campaigns.conversations import wrapup
from outreach.campaigns.planning import planner
from outreach.dialer import clicks
from outreach.ledger import crash
from outreach.lifeline import die_with
from outreach.office import Office
from outreach.rules.outcomes import Disposition
from tests.faults.patience import HANGS

DIED = 137
"""the exit code of a process that came to its crashpoint"""
PLANNER_POINTS = ("plan firings", "plan touches")


def _door(office: Office, listener: socket.socket) -> None:
    """The listener is the test's own: whoever knocks between two doors waits for the next."""
    host, port = listener.getsockname()
    make_server(host, port, create_app(office), threaded=True, fd=listener.fileno()).serve_forever()


def _click(office: Office, touch_id: int, rep_id: int) -> None:
    clicks.request_call(
        office.ledger,
        office.errands,
        office.clock,
        provider="twilio",
        caller_ids=office.caller_ids,
        touch_id=touch_id,
        rep_id=rep_id,
    )


def _save(office: Office, attempt_id: str, login: str) -> None:
    wrap = wrapup.WrapUp(disposition=Disposition.REFUSED, note="will not pay")
    wrapup.save(office.ledger, office.clock, attempt_id, wrap, by=login)


def _plan(office: Office, day: date) -> None:
    """In small bites, so that there is a half-way; a planner that has died is not waited for long."""
    planner.ROWS_AT_ONCE, planner.PLACES_AT_ONCE = 60, 25
    planner.PATIENCE = timedelta(seconds=1)
    planner.plan(office.ledger, day=day, now=office.clock.now())


STEPS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "door": _door,
        "click": _click,
        "save": _save,
        "plan": _plan,
        "place": lambda office, attempt_id: jobs.place(attempt_id),
        "letters": lambda office: jobs.letters(),
        "digest": lambda office: jobs.digest(),
        "sweep": lambda office: jobs.sweep(),
    }
)


def take(environment: Mapping[str, str], step: str, arguments: tuple[object, ...]) -> None:
    """What the child does."""
    die_with(os.getppid(), signal.SIGKILL)()
    os.environ.update(environment)
    office = bootstrap.service_office(settings.load())
    jobs.open_with(office)
    STEPS[step](office, *arguments)


class Nursery:
    """Where children come from that know the whole house already."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])

    def start(self, step: str, *arguments: object, crash_at: str = "") -> BaseProcess:
        environment = {**self._environment, crash.AT: crash_at}
        child = self._context.Process(target=take, args=(environment, step, arguments), daemon=True)
        child.start()
        return child

    def take(self, step: str, *arguments: object, crash_at: str = "") -> int | None:
        """Take a step to its end, or to its death. Returns the exit code."""
        child = self.start(step, *arguments, crash_at=crash_at)
        child.join(HANGS)
        assert child.exitcode is not None, f"{step} hangs"
        return child.exitcode
