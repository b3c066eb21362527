"""Who was given which account to introduce themselves (product.md 2)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

TO_INTRODUCE = text("introduce_until IS NOT NULL")


class Assignment(Base):
    """One hand-over of an account to a rep."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index("ix_assignments_account", "account_id"),
        Index(
            "ix_assignments_to_introduce",
            *("account_id", "introduce_until"),
            postgresql_where=TO_INTRODUCE,
            sqlite_where=TO_INTRODUCE,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    rep_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    assigned_on: Mapped[date]
    introduce_until: Mapped[date | None]
    """the last day on which the introduction may still fire; None: none is wanted"""
    assigned_by: Mapped[str]
    created_at: Mapped[datetime]
