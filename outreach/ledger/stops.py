"""Switches that stop what would leave: the kill switch, and paused steps or channels."""

from datetime import datetime

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key

IN_FORCE = text("lifted_at IS NULL")


class Stop(Base):
    """In force until lifted. `scope` is everything, calls, emails, or step:<step>."""

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
    return {stop.scope: stop.why for stop in session.scalars(select(Stop).where(Stop.lifted_at.is_(None)))}
