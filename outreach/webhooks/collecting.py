"""Events that lie in a queue are fetched: stored in the inbox, committed, and only then deleted there (P3).

A drain that listens: it waits at the queue for a while, asks the carrier how those calls ended that are over,
and nudges itself for the next while.
"""

import hashlib
import time
from collections.abc import Sequence

import structlog

from outreach import news
from outreach.dialer.amazon_connect import NAME
from outreach.dialer.reconciling import reconcile
from outreach.ledger import inbox
from outreach.ledger.inbox import Arrival
from outreach.office import Message, Office, QueueError
from outreach.webhooks.amazon_connect import arrival, raw
from outreach.webhooks.post import UnreadableError

LONGEST = 10.0
"""seconds a drain listens before it begins anew"""
LASTS = 10.0
"""seconds its last request may take beyond that"""

log = structlog.get_logger()


def collect(office: Office, seconds: float = LONGEST) -> int:
    """Fetch what lies there and what comes within `seconds`. Returns how many messages that were."""
    if office.events is None:
        return 0
    office.errands.hold("collect", seconds + LASTS)
    stop, taken = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < stop:
            messages = office.events.receive()
            if messages:
                keep(office, messages)
                office.events.delete(messages)
                taken += len(messages)
            _ask(office)
    except QueueError as trouble:
        log.warning("the queue of events cannot be read; the tick will try again", error=str(trouble))
        office.errands.taken_up("collect")
    else:
        office.errands.taken_up("collect")
        office.errands.nudge("collect")
    return taken


def _ask(office: Office) -> None:
    """Here and not in the digest, which must not wait for a carrier; the sweep does the same, if later."""
    if office.carrier is not None:
        asked = reconcile(office.ledger, office.carrier, office.clock)
        office.news.tell(*map(news.attempt, asked))


def keep(office: Office, messages: Sequence[Message]) -> None:
    """Into the inbox, each once. What cannot be read, or is not ours, is kept for a person to look at."""
    wall, good = office.clock.wall(), list[Arrival]()
    with office.ledger.writing() as session:
        for message in messages:
            try:
                good.append(arrival(message.body, office.keys.connect_instance or ""))
            except UnreadableError as error:
                odd = [_odd(message)]
                inbox.store_many(session, NAME, odd, wall=wall, state="quarantined", detail=str(error))
        fresh = inbox.store_many(session, NAME, good, wall=wall)
    if fresh:
        office.errands.nudge("digest")


def _odd(message: Message) -> Arrival:
    body = raw(message.body)
    return Arrival(f"quarantine:{hashlib.sha256(body).hexdigest()}", "unreadable", None, body)
