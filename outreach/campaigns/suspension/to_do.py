"""What people must do about a suspension case: one task for each thing, closed when the case has moved on."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import tasks
from outreach.ledger.receivables import Account
from outreach.ledger.suspensions import SuspensionCase
from outreach.ledger.tasks import Task

KIND = "suspension"


def ask(
    session: Session,
    case: SuspensionCase,
    thing: str,
    title: str,
    due_on: date,
    *,
    now: datetime,
    for_role: str = "supervisor",
) -> None:
    """Open the task for one thing, once in the life of the case: what was done is not asked for again.

    `title` may name the account as {account}.
    """
    key = f"{KIND}:{case.id}:{thing}"
    known = select(Task.id).where(Task.account_id == case.account_id, Task.key == key)
    if session.scalars(known.limit(1)).first() is not None:
        return
    account = session.get_one(Account, case.account_id)
    tasks.open_task(
        session,
        key=key,
        kind=KIND,
        title=title.replace("{account}", account.name),
        due_on=due_on,
        now=now,
        account_id=case.account_id,
        owner_id=account.rep_id if for_role == "rep" else None,
        for_role=for_role,
    )


def close(session: Session, case: SuspensionCase, *, by: str, now: datetime, thing: str = "") -> None:
    """Finish the open tasks of a case; with `thing` those about it alone."""
    start = f"{KIND}:{case.id}:{thing}"
    for task in tasks.open_tasks(session, case.account_id):
        if task.key.startswith(start):
            tasks.finish(session, task, by=by, now=now)
