"""Call attempts: one request to a carrier each. The partial unique indexes are half of promise P1."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base

LIVE = text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')")
COUNTED = text("counts")


def _one_live(name: str, column: str) -> Index:
    return Index(
        f"uq_call_attempts_live_{name}", column, unique=True, postgresql_where=LIVE, sqlite_where=LIVE
    )


class CallAttempt(Base):
    """From the click to the outcome. States, ranks: rules.outcomes; no carrier overwrites a disposition."""

    __tablename__ = "call_attempts"
    __table_args__ = (
        _one_live("account", "account_id"),
        _one_live("destination", "destination_id"),
        _one_live("rep", "rep_id"),
        Index(
            "ix_call_attempts_caps", "destination_id", "day", postgresql_where=COUNTED, sqlite_where=COUNTED
        ),
        Index("ix_call_attempts_account_day", "account_id", "day"),
        Index("ix_call_attempts_rep_day", "rep_id", "day"),
        Index("ix_call_attempts_in_doubt", "ask_at", postgresql_where=LIVE, sqlite_where=LIVE),
        Index("ix_call_attempts_provider", "provider", "provider_ref"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touches.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("destinations.id"))
    rep_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date]
    """the organization's date of the click: caps count by it"""
    step: Mapped[str]
    state: Mapped[str] = mapped_column(default="requested")
    outcome: Mapped[str | None]
    disposition: Mapped[str | None]
    answered_by: Mapped[str | None]
    counts: Mapped[bool] = mapped_column(default=True)
    """rang or may have rung: it stands against the caps"""
    provider: Mapped[str]
    provider_ref: Mapped[str | None]
    """the carrier's id of the rep's leg"""
    customer_ref: Mapped[str | None]
    """the carrier's id of the customer's leg"""
    caller_id: Mapped[str | None]
    progress: Mapped[str | None]
    """the carrier's last word on the customer's leg: queued, ringing, connected"""
    detail: Mapped[str | None]
    requested_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """wall time of the one request: carriers know no demo clock"""
    bridging_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    """wall time of its end: a report more than 24 h after it is late"""
    ask_at: Mapped[datetime]
    """wall time from which the reconciler asks the carrier about it, while it is live"""
    checks: Mapped[int] = mapped_column(default=0)
    """how often the carrier was asked in vain"""
    seconds: Mapped[int | None]
    wrapped_at: Mapped[datetime | None]
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
