"""Calls that came in: who called, whom they were offered to, and whether somebody took them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.receivables import Account

NOT_OVER = text("over_at IS NULL")
FORGOTTEN = timedelta(hours=1)
"""so long after it came a call whose end was never reported keeps nobody busy any more"""


class InboundCall(Base):
    """One call of somebody to a number of ours, from the moment the carrier asked what to do with it."""

    __tablename__ = "inbound_calls"
    __table_args__ = (
        UniqueConstraint("provider", "ref"),
        Index("ix_inbound_calls_not_over", "rep_id", postgresql_where=NOT_OVER, sqlite_where=NOT_OVER),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider: Mapped[str]
    ref: Mapped[str]
    """the carrier's id of the caller's leg"""
    from_number: Mapped[str | None]
    """E.164; None: withheld"""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("destinations.id"))
    matched_by: Mapped[str]
    """how the account was found, in words"""
    rep_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """whom it was offered to; None: nobody was there"""
    came_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    """wall time of the carrier's question"""
    taken_at: Mapped[datetime | None]
    """the rep pressed a key: a voicemail of the rep's own presses none"""
    over_at: Mapped[datetime | None]
    """the rep's part is over, taken or not"""


def by_ref(session: Session, provider: str, ref: str) -> InboundCall | None:
    query = select(InboundCall).where(InboundCall.provider == provider, InboundCall.ref == ref)
    return session.scalars(query).one_or_none()


def ringing(session: Session, rep_id: int, wall: datetime) -> tuple[InboundCall, Account] | None:
    """Who calls this rep just now, or speaks to them."""
    under_way = (NOT_OVER, InboundCall.rep_id == rep_id, InboundCall.asked_at > wall - FORGOTTEN)
    query = select(InboundCall, Account).join(Account, Account.id == InboundCall.account_id).where(*under_way)
    row = session.execute(query.order_by(InboundCall.id.desc()).limit(1)).first()
    return (row[0], row[1]) if row else None


def busy(session: Session, rep_ids: Collection[int], wall: datetime) -> set[int]:
    """Which of these reps are rung by a caller, or speak to one."""
    under_way = (NOT_OVER, InboundCall.rep_id.in_(rep_ids), InboundCall.asked_at > wall - FORGOTTEN)
    return {rep_id for rep_id in session.scalars(select(InboundCall.rep_id).where(*under_way)) if rep_id}
