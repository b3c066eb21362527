"""The inbox of the door: every provider event exactly once, raw, before anything is done about it (P3)."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

WAITING = text("state IN ('new', 'waiting')")


class Event(Base):
    """A provider's report. States: new, waiting (its attempt is not known yet), digested, parked (a person
    must look), quarantined (signed but stale or unreadable), late."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("provider", "key"),
        Index("ix_events_waiting", "next_try_at", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_events_about", "about"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider: Mapped[str]
    key: Mapped[str]
    """what makes two posts the same event; named by webhooks/<provider>"""
    kind: Mapped[str]
    about: Mapped[str | None]
    """the attempt or letter it speaks of, if it says so"""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[str | None]
    """what we answered (TwiML), given again to the same question"""
    state: Mapped[str] = mapped_column(default="new")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    detail: Mapped[str | None]
    received_at: Mapped[datetime]
    digested_at: Mapped[datetime | None]
