"""Plans that were made, and who was left out of them by which rule, as intervals."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.among import among, ids_named
from outreach.ledger.base import Base, Key
from outreach.ledger.receivables import Account
from outreach.rules.policy import Policy

FIRST_WEEK = timedelta(days=7)
RUNNING_ON = text("until IS NULL")
OVER = text("until IS NOT NULL")


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


def first_day(session: Session, policy: Policy) -> date | None:
    """With which the first week of mail begins: that of the first plan, or of a go-live after it."""
    days = (policy.organization.go_live_on, session.scalar(select(func.min(Plan.day))))
    return max(filter(None, days), default=None)


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
        Index("ix_left_outs_ended", "account_id", "until", postgresql_where=OVER, sqlite_where=OVER),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str]
    """call or email; both, where nothing is to be done about the account at all"""
    rule: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]


def left_out_calls(session: Session, rep_ids: Collection[int], on: date) -> Sequence[tuple[str, str]]:
    """The accounts of these reps that had a reason for a call on a day and got none: number, and which rule
    kept them from it. In the order of the accounts."""
    found: dict[int, tuple[str, str]] = {}
    for half in _OF_CALLS:
        rows = session.connection().execute(half, {"reps": rep_ids, "on": on}).fetchall()
        found.update((id_, (number, rule)) for id_, number, rule in rows)
    return [found[id_] for id_ in sorted(found)]


_L, _A = LeftOut.__table__.c, Account.__table__.c
_CALLS = (
    select(_A.id, _A.number, _L.rule)
    .join_from(Account.__table__, LeftOut.__table__, _L.account_id == _A.id)
    .where(among(_A.rep_id, ids_named("reps")), _L.channel == "call", _L.since <= bindparam("on"))
)
# Each half has its index; asked for both at once a database reads every interval there ever was.
_OF_CALLS = _CALLS.where(RUNNING_ON), _CALLS.where(OVER, _L.until > bindparam("on"))
