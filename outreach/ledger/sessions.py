"""Who is signed in: sessions on the server, so that they can be ended here (trust.md 4, row 11).

All times are wall time: the demo's clock jumps, and nobody should be signed out by that.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.ledger.people import SignedIn, User

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
"""how exactly `seen_at` is kept: a write for every page would be a commit for every glance"""


def start(session: Session, user_id: int, *, now: datetime) -> str:
    """A new session. Returns the secret that goes into the cookie; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignedIn).where(_over(now)))
    session.add(SignedIn(token_hash=_hash(token), user_id=user_id, started_at=now, seen_at=now))
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime) -> tuple[User, datetime] | None:
    """Whose session it is, and when they were last seen; None if it is over or never was."""
    asked = {"token": _hash(token), "seen_after": now - IDLE, "started_after": now - ABSOLUTE}
    row = session.execute(_FIND, asked).first()
    return (row[0], row[1]) if row else None


_FIND = (
    select(User, SignedIn.seen_at)
    .join(SignedIn, SignedIn.user_id == User.id)
    .where(
        SignedIn.token_hash == bindparam("token"),
        SignedIn.seen_at > bindparam("seen_after"),
        SignedIn.started_at > bindparam("started_after"),
        User.active,
    )
)


def note_seen(session: Session, token: str, *, now: datetime) -> None:
    session.execute(update(SignedIn).where(SignedIn.token_hash == _hash(token)).values(seen_at=now))


def end(session: Session, token: str) -> None:
    session.execute(delete(SignedIn).where(SignedIn.token_hash == _hash(token)))


def end_all(session: Session, user_id: int) -> None:
    """Sign a person out everywhere: after a new password, or when they leave."""
    session.execute(delete(SignedIn).where(SignedIn.user_id == user_id))


def _over(now: datetime) -> ColumnElement[bool]:
    return or_(SignedIn.seen_at <= now - IDLE, SignedIn.started_at <= now - ABSOLUTE)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def last_seen(session: Session) -> datetime | None:
    """When anybody touched a page last."""
    return session.scalar(select(func.max(SignedIn.seen_at)))
