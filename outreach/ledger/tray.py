"""What waits for a person: tasks, letters nobody can vouch for, and reports that make no sense."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from outreach.ledger.inbox import FOR_A_PERSON, Event
from outreach.ledger.letters import UNCONFIRMED, Letter
from outreach.ledger.receivables import Account
from outreach.ledger.scope import Scope
from outreach.ledger.tasks import Task

MOST = 200
"""rows of each kind that a page shows"""


@dataclass(frozen=True, slots=True)
class Tray:
    tasks: Sequence[tuple[Task, Account | None]]
    unconfirmed: Sequence[tuple[Letter, Account]]
    parked: Sequence[Event]


def tray(scope: Scope) -> Tray:
    """One person's tray. Reports nobody can place belong to supervisors: they name no account."""
    return Tray(_tasks(scope), _unconfirmed(scope), _parked(scope) if scope.sees_all else ())


def _tasks(scope: Scope) -> Sequence[tuple[Task, Account | None]]:
    query = (
        select(Task, Account)
        .outerjoin(Account, Account.id == Task.account_id)
        .where(Task.done_at.is_(None), scope.tasks())
        .order_by(Task.due_on, Task.id)
        .limit(MOST)
    )
    return [(task, account) for task, account in scope.session.execute(query)]


def _unconfirmed(scope: Scope) -> Sequence[tuple[Letter, Account]]:
    query = (
        select(Letter, Account)
        .join(Account, Account.id == Letter.account_id)
        .where(UNCONFIRMED, scope.accounts())
        .order_by(Letter.created_at)
        .limit(MOST)
    )
    return [(letter, account) for letter, account in scope.session.execute(query)]


def _parked(scope: Scope) -> Sequence[Event]:
    query = select(Event).where(FOR_A_PERSON).order_by(Event.id.desc())
    return scope.session.scalars(query.limit(MOST)).all()
