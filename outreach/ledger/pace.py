"""How fast we may go: one row per provider, in the database, since a wiped Redis would refill a bucket."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base


class Pace(Base):
    """The next request to a provider may leave at `next_at` (wall time)."""

    __tablename__ = "pace"

    provider: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]


def reserve(session: Session, provider: str, *, n: int, interval: timedelta, now: datetime) -> datetime:
    """Reserve `n` requests, `interval` apart. Returns when the first of them may leave."""
    starts = max(_next_at(session, provider, now), now)
    _move(session, provider, starts + n * interval)
    return starts


def opens_at(session: Session, provider: str) -> datetime | None:
    """When the next request may leave, as far as any was ever reserved."""
    return session.scalars(select(Pace.next_at).where(Pace.provider == provider)).first()


def push_back(session: Session, provider: str, *, until: datetime, now: datetime) -> None:
    """The provider said "too many": nothing more leaves before `until`."""
    if _next_at(session, provider, now) < until:
        _move(session, provider, until)


def _next_at(session: Session, provider: str, now: datetime) -> datetime:
    """Locked, and made where there is none."""
    mine = select(Pace.next_at).where(Pace.provider == provider).with_for_update()
    known = session.scalars(mine).one_or_none()
    if known is None:
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        session.execute(dialect.insert(Pace).values(provider=provider, next_at=now).on_conflict_do_nothing())
        known = session.scalars(mine).one()
    return known


def _move(session: Session, provider: str, next_at: datetime) -> None:
    session.execute(update(Pace).where(Pace.provider == provider).values(next_at=next_at))
