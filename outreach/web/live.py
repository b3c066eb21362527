"""Names of what changed, as they are told: pages that are open fetch what they may see (design.md 7).

A stream holds no database connection. One listening thread per process feeds all of its streams.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread

from flask import Blueprint, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState

from outreach import news
from outreach.news import News
from outreach.web.access import allow, user

bp = Blueprint("live", __name__)

BEAT = 15.0
"""seconds after which a silent stream says that it is still there"""
LASTS = 600.0
"""seconds of one stream: its browser comes again, and shows again who it is"""
NAME = re.compile(r"[\w:.@-]+")
"""what may stand in an event's line and in htmx's list of triggers"""
HELD = 100
"""names a slow stream may be behind; beyond that they are lost, which costs a glance at an old page"""

Ear = Queue[str]


class Listener:
    """Hears the news once for all streams of this process: from the first, so after any fork, to the last."""

    def __init__(self, told: News) -> None:
        self._news = told
        self._lock = Lock()
        self._ears: set[Ear] = set()
        self._stop = Event()

    @contextmanager
    def ear(self) -> Iterator[Ear]:
        """Names told from now on."""
        ear = Ear(HELD)
        with self._lock:
            self._ears.add(ear)
            if len(self._ears) == 1:
                self._stop = Event()
                Thread(target=self._listen, args=[self._stop], name="news", daemon=True).start()
        try:
            yield ear
        finally:
            with self._lock:
                self._ears.discard(ear)
                if not self._ears:
                    self._stop.set()

    def _listen(self, stop: Event) -> None:
        for name in self._news.heard(stop):
            with self._lock:
                ears = list(self._ears)
            for ear in ears:
                _put(ear, name)


@bp.record_once
def _hire(state: BlueprintSetupState) -> None:
    state.app.extensions["listener"] = Listener(state.app.extensions["office"].news)


@bp.get("/live")
@allow("rep")
def live() -> Response:
    """A stream of the names asked for, as `?name=board`. Another rep's desk is not told."""
    mine = frozenset(name for name in request.args.getlist("name") if _may_hear(name))
    listener: Listener = current_app.extensions["listener"]
    headers = {"X-Accel-Buffering": "no"}  # or a proxy in front would keep the names to itself
    return Response(_stream(listener, mine), mimetype="text/event-stream", headers=headers)


def _may_hear(name: str) -> bool:
    return bool(NAME.fullmatch(name)) and (not name.startswith("desk:") or name == news.desk(user().login))


def _stream(listener: Listener, mine: frozenset[str]) -> Iterator[str]:
    ends = time.monotonic() + LASTS
    with listener.ear() as ear:
        yield ": listening\n\n"
        while time.monotonic() < ends:
            try:
                name = ear.get(timeout=BEAT)
            except Empty:
                yield ": still here\n\n"
                continue
            told = mine if name == news.EVERYTHING else mine & {name}
            for one in told:
                yield f"event: {one}\ndata: 1\n\n"


def _put(ear: Ear, name: str) -> None:
    with suppress(Full):
        ear.put_nowait(name)
