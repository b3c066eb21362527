"""What waits for a person: tasks, calls in doubt, letters nobody can vouch for, senseless reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, literal, select

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.inbox import FOR_A_PERSON, Event, digested
from outreach.ledger.letters import UNCONFIRMED, Letter
from outreach.ledger.log import Entry, LogEntry, LogText, append
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.scope import NotFound, Scope
from outreach.ledger.tasks import CALL_IN_DOUBT, ESCALATION, OPEN, Task, call_in_doubt

MOST = 200
"""rows of each kind that a page shows"""
TOLD = ("call saved", "dispute opened")
"""what the log calls the entry with the words of whoever handed something up"""


class DoubtfulCall(NamedTuple):
    """A live call of which only a person can find out what became."""

    call: CallAttempt
    account: Account
    rep: User
    task: Task


class Escalation(NamedTuple):
    """A call or a dispute that has become a supervisor's, with the words that tell of it."""

    task: Task
    account: Account
    by: str | None
    words: str | None
    links: Mapping[str, str] | None
    """to the voicemail or reply that it is about"""


@dataclass(frozen=True, slots=True)
class Tray:
    escalations: Sequence[Escalation]
    tasks: Sequence[tuple[Task, Account | None]]
    doubtful: Sequence[DoubtfulCall]
    unconfirmed: Sequence[tuple[Letter, Account]]
    parked: Sequence[Event]


def tray(scope: Scope) -> Tray:
    """One person's tray. Calls in doubt and reports nobody can place belong to supervisors."""
    doubtful, parked = (_doubtful(scope), _parked(scope)) if scope.sees_all else ((), ())
    return Tray(_escalations(scope), _tasks(scope), doubtful, _unconfirmed(scope), parked)


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
        .where(OPEN, Task.kind.not_in((CALL_IN_DOUBT, ESCALATION)), scope.tasks())
        .order_by(Task.due_on, Task.id)
        .limit(MOST)
    )
    return [(task, account) for task, account in scope.session.execute(query)]


def _escalations(scope: Scope) -> Sequence[Escalation]:
    told = and_(
        Task.key == literal(f"{ESCALATION}:").concat(LogEntry.about),
        LogEntry.account_id == Task.account_id,
        LogEntry.what.in_(TOLD),
    )
    query = (
        select(Task, Account, LogEntry.actor, LogText.body, LogEntry.links)
        .join(Account, Account.id == Task.account_id)
        .outerjoin(LogEntry, told)
        .outerjoin(LogText, LogText.id == LogEntry.text_id)
        .where(OPEN, Task.kind == ESCALATION, scope.tasks())
        .order_by(Task.due_on, Task.id)
        .limit(MOST)
    )
    return [Escalation(*row) for row in scope.session.execute(query)]


def _doubtful(scope: Scope) -> Sequence[DoubtfulCall]:
    query = (
        select(CallAttempt, Account, User, Task)
        .join(Account, Account.id == CallAttempt.account_id)
        .join(User, User.id == CallAttempt.rep_id)
        .join(Task, Task.key == literal(call_in_doubt("")).concat(CallAttempt.id))
        .where(OPEN)
        .order_by(CallAttempt.requested_at)
        .limit(MOST)
    )
    return [DoubtfulCall(*row) for row in scope.session.execute(query)]


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
