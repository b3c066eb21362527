"""What waits for a person: tasks, letters nobody can vouch for, and reports that make no sense."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.ledger.inbox import FOR_A_PERSON, Event, digested
from outreach.ledger.letters import UNCONFIRMED, Letter
from outreach.ledger.log import Entry, append
from outreach.ledger.receivables import Account
from outreach.ledger.scope import NotFound, Scope
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


def digest_again(scope: Scope, event_id: int, *, wall: datetime) -> None:
    """A report of the tray is tried once more: what it speaks of may be known by now. Raises NotFound."""
    event = _event(scope, event_id)
    event.state, event.tries, event.next_try_at = "new", 0, wall


def put_away(scope: Scope, event_id: int, *, by: str, now: datetime, wall: datetime) -> None:
    """Somebody has looked: the report stays in the ledger and leaves the tray. Raises NotFound."""
    event = _event(scope, event_id)
    digested(event, wall, state="put away")
    links = {"provider": event.provider, "event": event.key}
    append(scope.session, Entry(at=now, actor=by, what="report put away", links=links))


def _event(scope: Scope, event_id: int) -> Event:
    query = select(Event).where(Event.id == event_id, FOR_A_PERSON)
    event = scope.session.scalars(query).one_or_none()
    if event is None or not scope.sees_all:
        raise NotFound
    return event


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
