"""Switches that stop what would leave: the kill switch, and paused steps or channels."""

from datetime import datetime

from sqlalchemy import Index, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key

IN_FORCE = text("lifted_at IS NULL")


class Stop(Base):
    """In force until lifted. `scope` is everything, calls, emails, step:<step>, or mailer:<name> where
    another mailer goes on."""

    __tablename__ = "stops"
    __table_args__ = (
        Index("uq_stops_in_force", "scope", unique=True, postgresql_where=IN_FORCE, sqlite_where=IN_FORCE),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scope: Mapped[str]
    why: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]


def in_force(session: Session) -> dict[str, str]:
    """Scope -> why, for every stop in force."""
    return dict(session.execute(_IN_FORCE).all())


_IN_FORCE = select(Stop.scope, Stop.why).where(Stop.lifted_at.is_(None))


def stop(session: Session, scope: str, why: str, *, by: str, now: datetime) -> bool:
    """Put a stop in force. False: one of this scope is in force already, and stays as it is."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = {"scope": scope, "why": why, "set_by": by, "set_at": now}
    insert = dialect.insert(Stop).values(row).on_conflict_do_nothing().returning(Stop.id)
    return session.execute(insert).scalar_one_or_none() is not None
