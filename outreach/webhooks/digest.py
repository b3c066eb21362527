"""The digest: every event the door has stored is taken in, once, each in a transaction of its own (P3).

A drain: it works for a while, one row after the other, and nudges again if rows remain. A row that fails
waits and stops no other.
"""

import time
from collections.abc import Sequence
from datetime import datetime

import structlog
from rq.timeouts import BaseTimeoutException

from outreach.ledger import inbox
from outreach.ledger.base import Ledger
from outreach.ledger.crash import crashpoint
from outreach.ledger.inbox import Event
from outreach.office import Office
from outreach.webhooks.post import Digest, Digested, Provider
from outreach.webhooks.providers import PROVIDERS

AT_ONCE = 100
LONGEST = 20.0
"""seconds a drain works before it lets others"""

log = structlog.get_logger()


def digest(office: Office, seconds: float = LONGEST) -> int:
    """Take in what is due. Returns how many events that were."""
    office.errands.taken_up("digest")
    stop, taken = time.monotonic() + seconds, 0
    while events := _due(office):
        for event_id, provider in events:
            if time.monotonic() > stop:
                office.errands.nudge("digest")
                return taken
            take_in(office, event_id, provider)
            taken += 1
    return taken


def take_in(office: Office, event_id: int, provider: str) -> None:
    """Take in one event. What goes wrong with it is written on its row, and is the business of no other."""
    try:
        changed = _digest(office, event_id, PROVIDERS[provider])
    except BaseTimeoutException:
        raise  # RQ ends the job, not the row
    except Exception as error:
        log.exception("an event could not be digested", event_id=event_id)
        _put_aside(office.ledger, event_id, type(error).__name__, office.clock.wall())
    else:
        crashpoint("event.digested")
        if changed:
            office.news.tell(*changed)


def _due(office: Office) -> Sequence[tuple[int, str]]:
    with office.ledger.reading() as session:
        return inbox.due(session, office.clock.wall(), limit=AT_ONCE)


def _digest(office: Office, event_id: int, provider: Provider) -> tuple[str, ...]:
    now, wall = office.clock.now(), office.clock.wall()
    prepared = _prepared(office, event_id, provider)
    with office.ledger.writing() as session:
        event = inbox.take(session, event_id)
        if event is None:
            return ()  # another drain was faster
        digest_one = prepared or provider.digest
        done = digest_one(session, event, now, wall)
        _write_down(event, done, wall)
        crashpoint("event.digesting")
        return done.changed


def _prepared(office: Office, event_id: int, provider: Provider) -> Digest | None:
    """What the event's provider must do outside a transaction; most need nothing of the kind."""
    if provider.prepare is None:
        return None
    with office.ledger.reading() as session:
        event = inbox.undigested(session, event_id)
    return provider.prepare(office, event) if event else None


def _write_down(event: Event, done: Digested, wall: datetime) -> None:
    if done.state == "waiting":
        inbox.wait(event, wall)
    else:
        inbox.digested(event, wall, state=done.state)
        event.detail = done.why


def _put_aside(ledger: Ledger, event_id: int, why: str, wall: datetime) -> None:
    with ledger.writing() as session:
        event = inbox.take(session, event_id)
        if event is not None:
            inbox.failed(event, why, wall)
