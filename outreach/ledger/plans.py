"""Plans that were made, and who was left out of them by which rule, as intervals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

RUNNING_ON = text("until IS NULL")


class Plan(Base):
    """One run of the planner over the whole ledger for one date."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    touch_day: Mapped[date]
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    """a supervisor let the letters leave that a first day's plan had held"""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class LeftOut(Base):
    """An account was left out by a rule from `since` until `until` (None: still); written when it changes."""

    __tablename__ = "left_outs"
    __table_args__ = (
        Index(
            "uq_left_outs_running",
            "account_id",
            "channel",
            unique=True,
            postgresql_where=RUNNING_ON,
            sqlite_where=RUNNING_ON,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str]
    """call or email; both, where nothing is to be done about the account at all"""
    rule: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
