"""Touches: one planned call or email to one customer on one day (product.md 2)."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

UNENDED = text("state IN ('open', 'held', 'started')")
DUE_MAIL = text("state = 'open' AND channel = 'email'")


class Touch(Base):
    """Unique by (account, channel, date, n). Its rank is fixed at plan time."""

    __tablename__ = "touches"
    __table_args__ = (
        UniqueConstraint("account_id", "channel", "day", "n"),
        Index("ix_touches_unended", "day", postgresql_where=UNENDED, sqlite_where=UNENDED),
        Index("ix_touches_due_mail", "not_before", postgresql_where=DUE_MAIL, sqlite_where=DUE_MAIL),
        Index("ix_touches_desk", "rep_id", "day", "rank"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str]
    """call or email"""
    day: Mapped[date]
    n: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="open")
    """open, held, started, done, skipped, expired, failed, unconfirmed"""
    reason: Mapped[str | None]
    step: Mapped[str]
    """the highest of its firings: it decides letter and script"""
    tier: Mapped[int | None]
    rank: Mapped[int | None]
    value_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(JSON)
    rep_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("destinations.id"))
    not_before: Mapped[datetime | None]
    not_after: Mapped[datetime | None]
    """the window in which it may leave, worked out at plan time; the gate asks again"""
    tries: Mapped[int] = mapped_column(default=0)
    """attempts inside it that did not count (failed, not placed, canceled, rep did not answer)"""
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TouchFiring(Base):
    """A firing carried by a touch."""

    __tablename__ = "touch_firings"

    touch_id: Mapped[int] = mapped_column(ForeignKey("touches.id"), primary_key=True)
    firing_id: Mapped[int] = mapped_column(ForeignKey("firings.id"), primary_key=True, index=True)
