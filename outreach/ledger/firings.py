"""Firings: a step's reason to act, once per account, step, subject and cycle (product.md 2)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

OPEN = text("state = 'open'")


class Firing(Base):
    """Open until every side its step names has ended; superseded or lapsed with a reason; never silent."""

    __tablename__ = "firings"
    __table_args__ = (
        UniqueConstraint("account_id", "step", "subject", "cycle"),
        Index("ix_firings_open", "account_id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    step: Mapped[str]
    subject: Mapped[str]
    """the invoice's number, the account's number, or the item's id"""
    cycle: Mapped[str]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    fired_on: Mapped[date]
    raw_on: Mapped[date]
    """the day the step became true"""
    touch_on: Mapped[date]
    """the business day its touches are dated"""
    days_past_due: Mapped[int | None]
    state: Mapped[str] = mapped_column(default="open")
    """open, done, superseded, lapsed"""
    call_side: Mapped[str] = mapped_column(default="none")
    email_side: Mapped[str] = mapped_column(default="none")
    """none (the step has no such side), open, done, unreached"""
    call_rule: Mapped[str | None]
    email_rule: Mapped[str | None]
    """why a side that is open has no touch, in the gate's words; None while it has one"""
    tries: Mapped[int] = mapped_column(default=0)
    """attempts that rang for it"""
    emails: Mapped[int] = mapped_column(default=0)
    """letters accepted for it: its next place"""
    call_again_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    ended_why: Mapped[str | None]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    created_at: Mapped[datetime]
