"""Tasks: what a person must do, with a due day."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.log import Entry, append

OPEN = text("done_at IS NULL")
CALL_IN_DOUBT = "call in doubt"
"""kind of the task to find out what became of a call; its key names the attempt"""
ESCALATION = "escalation"
"""kind of the task that something has become a supervisor's; its key names the log's entry `about` it"""


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


def finish(session: Session, task: Task, *, by: str, now: datetime) -> None:
    """Done: it leaves every list and goes into the log. The caller holds the account's lock."""
    if task.done_at is None:
        task.done_at, task.done_by = now, by
        entry = Entry(at=now, actor=by, what="task done", account_id=task.account_id, text=task.title)
        append(session, entry)


def open_task(
    session: Session,
    *,
    key: str,
    kind: str,
    title: str,
    due_on: date,
    now: datetime,
    account_id: int | None = None,
    owner_id: int | None = None,
    for_role: str = "rep",
) -> bool:
    """Open a task, unless one with this key is open already. Returns whether it is new."""
    row = {"key": key, "kind": kind, "title": title, "due_on": due_on, "created_at": now}
    row |= {"account_id": account_id, "owner_id": owner_id, "for_role": for_role}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(Task).values(row).on_conflict_do_nothing().returning(Task.id)
    return session.execute(insert).scalar_one_or_none() is not None


def call_in_doubt(attempt_id: str) -> str:
    """The key of the task to find out what became of a call."""
    return f"{CALL_IN_DOUBT}:{attempt_id}"


def by_key(session: Session, key: str) -> Task | None:
    """The open task with this key."""
    return session.scalars(select(Task).where(Task.key == key, OPEN)).one_or_none()


def open_tasks(session: Session, account_id: int) -> Sequence[Task]:
    """What is to be done about an account, the oldest due first."""
    query = select(Task).where(Task.account_id == account_id, OPEN)
    return session.scalars(query.order_by(Task.due_on, Task.id)).all()
