"""Amazon Connect's contact events, fetched from a queue: their keys, and the digest (providers.md A 2.2)."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from outreach import news
from outreach.dialer import reports
from outreach.dialer.amazon_connect import NAME
from outreach.dialer.connect_reports import folded, translate
from outreach.ledger import attempts
from outreach.ledger.inbox import Arrival, Event
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.office import DoorKeys
from outreach.webhooks.post import Digested, Papers, Post, Provider, UnreadableError, table

_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_WORD = re.compile(r"[A-Z_]{1,40}")


def arrival(body: str, instance_id: str) -> Arrival:
    """A message of the queue as an event of the inbox. Raises UnreadableError: a person must look.

    Its papers are the queue itself, into which its policy lets nobody else write, and our own instance.
    """
    envelope = table(body)
    given, event = str(folded(envelope).get("id")), translate(envelope)
    if event is None or not _ID.fullmatch(given) or not _ID.fullmatch(event.contact_id):
        raise UnreadableError("it is no contact event")
    if event.instance_id != instance_id:
        raise UnreadableError("it comes from another instance of Amazon Connect")
    kind = event.kind if _WORD.fullmatch(event.kind) else "unreadable"
    return Arrival(given, kind, event.contact_id, raw(body))


def raw(body: str) -> bytes:
    """The message as it is kept, whatever somebody has written into it."""
    return body.encode("utf-8", "surrogatepass")


def digest(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
    """What an event comes to. It tells that a call has ended, not how: that the carrier must be asked."""
    said = translate(table(event.body))
    if said is None or said.report is None:
        return Digested(why=f"nothing is done about {event.kind}")
    if not said.by_request:
        return Digested(why="no call of ours")
    found = attempts.by_ref(session, NAME, said.contact_id)
    attempt = attempts.lock(session, found.id) if found else None
    if attempt is None:
        return Digested("waiting")
    verdict = reports.hear(session, attempt, said.report, now=now, wall=wall)
    if verdict == "of another call":
        return Digested("parked", why=f"it speaks of another call than attempt {attempt.id} is")
    rep, account = session.get_one(User, attempt.rep_id), session.get_one(Account, attempt.account_id)
    changed = (news.attempt(attempt.id), news.desk(rep.login), news.account(account.number), news.BOARD)
    if said.is_over:
        attempts.ask_now(attempt, wall)
    return Digested("late" if verdict == "late" else "digested", changed)


def _nobody(post: Post, keys: DoorKeys, wall: datetime) -> Papers:
    return Papers.FALSE


def _nothing(post: Post) -> list[Arrival]:
    raise UnreadableError("contact events are fetched, not posted")


PROVIDER = Provider(kinds=frozenset(), papers=_nobody, read=_nothing, digest=digest)
"""It has no path at the door: its events are collected (webhooks.collecting)."""
