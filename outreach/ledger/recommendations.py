"""Recommendations to place an account with an outside agency, or to file a lien (product.md 4)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import JSON, ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import recommendations
from outreach.rules.recommendations import State

LIVE = text("state IN ('requested', 'approved', 'placed')")
What = Literal["agency", "lien"]
WHATS: tuple[What, ...] = get_args(What)


class Recommendation(Base):
    """One recommendation. Every step of it stands in the log; this is where it is now."""

    __tablename__ = "recommendations"
    __table_args__ = (
        Index("uq_recommendations_live", "account_id", unique=True, postgresql_where=LIVE, sqlite_where=LIVE),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    what: Mapped[str]
    """agency or lien"""
    state: Mapped[str] = mapped_column(default="requested")
    why: Mapped[str]
    amounts: Mapped[dict[str, int]] = mapped_column(JSON)
    """currency -> what was past due when it was asked for, in minor units"""
    evidence_id: Mapped[int] = mapped_column(ForeignKey("papers.id"))
    """the pack, as it was when it was asked for"""
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    partner: Mapped[str | None]
    """with whom it is placed"""
    moved_by: Mapped[str | None]
    moved_at: Mapped[datetime | None]
    moved_why: Mapped[str | None]
    """of its last step"""


def move(row: Recommendation, state: State, *, by: str, why: str, now: datetime) -> bool:
    """Move it, by the one guard of its states. False: it may not go there."""
    if not recommendations.may_move(row.state, state):
        return False
    row.state, row.moved_by, row.moved_at, row.moved_why = state, by, now, why
    return True


def listed(session: Session, *, everything: bool = False) -> Sequence[tuple[Recommendation, Account, Paper]]:
    """The newest first; without `everything` those that are not over."""
    query = select(Recommendation, Account, Paper).join(Account, Account.id == Recommendation.account_id)
    query = query.join(Paper, Paper.id == Recommendation.evidence_id)
    if not everything:
        query = query.where(Recommendation.state.in_(recommendations.LIVE))
    return [(row[0], row[1], row[2]) for row in session.execute(query.order_by(Recommendation.id.desc()))]


def past_due(session: Session, account_id: int, today: date) -> dict[str, int]:
    """Currency -> minor units that are past due."""
    ours = (Invoice.account_id == account_id, Invoice.open_minor > 0, Invoice.due_on < today)
    query = select(Invoice.currency, func.sum(Invoice.open_minor)).where(*ours).group_by(Invoice.currency)
    return {currency: int(amount) for currency, amount in session.execute(query)}
