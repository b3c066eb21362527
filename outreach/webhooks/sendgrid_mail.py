"""SendGrid at the door: its papers and the keys of its events (providers.md B2.2)."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sqlalchemy.orm import Session

from outreach.ledger.inbox import Arrival, Event
from outreach.mail.sendgrid_mail import NAME
from outreach.mail.sendgrid_reports import NoEventError, mid, translate
from outreach.office import DoorKeys
from outreach.webhooks.hearing import hear
from outreach.webhooks.post import Digested, Papers, Post, Provider, UnreadableError

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
STALE = 600
"""seconds after or before which a valid signature is kept, but not acted upon (interface.md)"""

_NAME = re.compile(r"[a-z_]{1,40}")
_ID = re.compile(r"[A-Za-z0-9_=-]{1,100}")


def papers(post: Post, keys: DoorKeys, wall: datetime) -> Papers:
    """ECDSA over the timestamp and the body as it came; whatever is malformed is false."""
    signatures, timestamps = post.headers.getlist(SIGNATURE), post.headers.getlist(TIMESTAMP)
    if not keys.sendgrid_public_key or len(signatures) != 1 or len(timestamps) != 1:
        return Papers.FALSE
    signature, timestamp = signatures[0], timestamps[0]
    try:
        signed = timestamp.encode("ascii") + post.body
        public_key(keys.sendgrid_public_key).verify(
            base64.b64decode(signature, validate=True), signed, _ECDSA
        )
        age = abs(wall.timestamp() - int(timestamp))
    except (InvalidSignature, ValueError, TypeError):
        return Papers.FALSE
    return Papers.STALE if age > STALE else Papers.GOOD


def read(post: Post) -> list[Arrival]:
    """Each event of the array by itself, so that one which makes no sense holds up no other."""
    try:
        events = json.loads(post.body)
    except (ValueError, RecursionError):
        raise UnreadableError("it is no JSON") from None
    if not isinstance(events, list):
        raise UnreadableError("it is no list of events")
    return [_arrival(event) for event in events]


def _arrival(event: object) -> Arrival:
    facts = event if isinstance(event, dict) else {}
    name, given = str(facts.get("event")), str(facts.get("sg_event_id") or "")
    content = _content_key(facts) if facts else _digest(event)
    return Arrival(
        key=given if _ID.fullmatch(given) else f"content:{content}",
        kind=name if _NAME.fullmatch(name) else "unreadable",
        about=mid(facts) or None,
        body=json.dumps(event).encode(),
        also=content,
    )


def _content_key(event: Mapping[str, Any]) -> str:
    """What makes it the same event where sg_event_id has changed with a retry, or is missing."""
    message = mid(event) or event.get("sg_message_id") or event.get("smtp-id")
    which = (event.get("url"), event.get("attempt"))
    return _digest([event.get("event"), message, event.get("email"), event.get("timestamp"), *which])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=4)
def public_key(encoded: str) -> ec.EllipticCurvePublicKey:
    """SendGrid gives it as base64 of DER. Raises ValueError for anything else."""
    key = load_der_public_key(base64.b64decode(encoded, validate=True))
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("not an elliptic-curve key")
    return key


_ECDSA = ec.ECDSA(SHA256())


def digest(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
    """One event moves its letter, marks its address, writes the log (mail.reports)."""
    facts = json.loads(event.body)
    if not isinstance(facts, dict):
        return Digested("parked", why="it is no event")
    try:
        report = translate(facts)
    except NoEventError as error:
        return Digested("parked", why=str(error))
    if report is None:
        return Digested(why=f"nothing is done about {event.kind}")
    return hear(session, report, NAME, now, wall)


PROVIDER = Provider(kinds=frozenset({"events"}), papers=papers, read=read, digest=digest)
