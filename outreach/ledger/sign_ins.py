"""Failed sign-ins, counted per login and per address, and how long to wait after them (trust.md 4)."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from outreach.ledger.people import FailedSignIn

WINDOW = timedelta(minutes=15)
FREE_PER_LOGIN, FREE_PER_ADDRESS = 5, 50
"""tries without a wait; an address may be a whole office behind one router"""


def wait_until(session: Session, login: str, ip: str, *, now: datetime) -> datetime | None:
    """The moment of the next try allowed to this login from this address; None: now."""
    by_login = _wait_until(session, FailedSignIn.login == login, FREE_PER_LOGIN, now)
    by_address = _wait_until(session, FailedSignIn.ip == ip, FREE_PER_ADDRESS, now)
    waits = [until for until in (by_login, by_address) if until and until > now]
    return max(waits, default=None)


def count_try(session: Session, login: str, ip: str, *, now: datetime) -> None:
    """Count a try as failed before its password is looked at: parallel tries cannot slip past the count."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.at <= now - WINDOW))
    session.add(FailedSignIn(login=login, ip=ip, at=now))
    session.flush()


def forgive(session: Session, login: str) -> None:
    """They signed in: their own failures are forgotten, those of their address are not."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.login == login))


def _wait_until(session: Session, theirs: ColumnElement[bool], free: int, now: datetime) -> datetime | None:
    query = select(func.count(), func.max(FailedSignIn.at)).where(theirs, FailedSignIn.at > now - WINDOW)
    failures, last = session.execute(query).one()
    if failures < free:
        return None
    return last + min(timedelta(seconds=2 ** min(failures - free, 12)), WINDOW)
