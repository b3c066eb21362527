"""Voicemails: what callers left when nobody took their call, from the first report of it to our answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base

UNANSWERED = text("state IN ('unassigned', 'waiting')")
AUDIO_AWAITED = text("audio = 'awaited'")
GIVEN_UP_AFTER = timedelta(days=1)
"""of wall time: a sound that has not come by then is not asked for any more"""
LONGEST_PAUSE = timedelta(hours=1)


class Voicemail(Base):
    """States: empty (a recording with nothing in it), unassigned (nobody knows who called), waiting,
    answered. Unique by the carrier's id of the recording."""

    __tablename__ = "voicemails"
    __table_args__ = (
        UniqueConstraint("provider", "ref"),
        Index("ix_voicemails_unanswered", "due_at", postgresql_where=UNANSWERED, sqlite_where=UNANSWERED),
        Index(
            "ix_voicemails_audio_awaited",
            "next_try_at",
            postgresql_where=AUDIO_AWAITED,
            sqlite_where=AUDIO_AWAITED,
        ),
        Index("ix_voicemails_account", "account_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    ref: Mapped[str]
    """the carrier's id of the recording"""
    call_ref: Mapped[str]
    from_number: Mapped[str | None]
    """E.164; None: withheld"""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("destinations.id"))
    matched_by: Mapped[str]
    """how the account was found, in words"""
    state: Mapped[str]
    came_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """4 working hours after it came (product.md 2)"""
    seconds: Mapped[int | None]
    transcription: Mapped[str] = mapped_column(default="awaited")
    """awaited, done, failed"""
    transcript: Mapped[str | None]
    audio: Mapped[str] = mapped_column(default="awaited")
    """awaited, kept, absent (the carrier says there is none), never came"""
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    """wall time at which the carrier is asked for the sound"""
    heard_at: Mapped[datetime]
    """wall time of the first report"""
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answered_why: Mapped[str | None]


def by_ref(session: Session, provider: str, ref: str) -> Voicemail | None:
    query = select(Voicemail).where(Voicemail.provider == provider, Voicemail.ref == ref)
    return session.scalars(query).one_or_none()


def keep(session: Session, row: dict[str, Any]) -> Voicemail:
    """The row of this recording, made now if it is new, locked. Of two reports at once the second waits."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(Voicemail).values(row).on_conflict_do_nothing())
    query = select(Voicemail).where(Voicemail.provider == row["provider"], Voicemail.ref == row["ref"])
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def lock(session: Session, voicemail_id: str) -> Voicemail | None:
    """The voicemail as it stands now. Its account, if it has one, is locked before."""
    query = select(Voicemail).where(Voicemail.id == voicemail_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def to_fetch(session: Session, wall: datetime, *, limit: int) -> Sequence[str]:
    """Whose sound is to be asked for now, longest due first."""
    due = select(Voicemail.id).where(AUDIO_AWAITED, Voicemail.next_try_at <= wall)
    return session.scalars(due.order_by(Voicemail.next_try_at).limit(limit)).all()


def put_off(voicemail: Voicemail, wall: datetime) -> bool:
    """The sound did not come: ask again, less and less often. False once it was asked for long enough."""
    voicemail.tries += 1
    if wall - voicemail.heard_at >= GIVEN_UP_AFTER:
        voicemail.audio = "never came"
        return False
    pause = timedelta(seconds=5 * 2 ** min(voicemail.tries, 12))
    voicemail.next_try_at = wall + min(pause, LONGEST_PAUSE)
    return True
