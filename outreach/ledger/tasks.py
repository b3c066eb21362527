"""Tasks: what a person must do, with a due day."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

OPEN = text("done_at IS NULL")


class Task(Base):
    """`key` keeps the same task from being opened twice while it is open."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("uq_tasks_open_key", "key", unique=True, postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_tasks_account", "account_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str]
    title: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    for_role: Mapped[str] = mapped_column(default="rep")
    due_on: Mapped[date]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
