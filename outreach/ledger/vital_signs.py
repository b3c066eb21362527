"""Is the house at work: what stands still, what waits, and since when. Partial indexes only, no history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.ledger import attempts, commitments, imports, inbox, letters, tasks, touches
from outreach.ledger.leases import Lease
from outreach.ledger.pace import Pace

TICK = "tick"
"""the lease of outreach.tick"""

HELD_BACK = timedelta(seconds=30)
"""a provider that must wait so long is worth a word"""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What `/readyz` says of the database's side."""

    ticking: bool
    """a tick holds its lease at this moment (wall time)"""
    ledger_as_of: date | None
    imported_at: datetime | None


def signs(session: Session, wall: datetime) -> Signs:
    tick = session.get(Lease, TICK)
    newest = (
        select(imports.Import.as_of, imports.Import.applied_at)
        .where(imports.Import.state == "applied")
        .order_by(imports.Import.id.desc())
        .limit(1)
    )
    as_of, applied_at = session.execute(newest).one_or_none() or (None, None)
    return Signs(tick is not None and tick.until > wall, as_of, applied_at)


def waiting(session: Session) -> Mapping[str, Mapping[Row, int]]:
    """Gauge -> labels -> how many: everything that is under way or waits for somebody."""
    attempt, letter, touch, event = attempts.CallAttempt, letters.Letter, touches.Touch, inbox.Event
    return {
        "calls_live": _count(session, attempt.state, where=attempts.LIVE),
        "letters_in_doubt": _count(session, letter.state, where=letters.IN_DOUBT),
        "touches_unended": _count(session, touch.channel, touch.state, where=touches.UNENDED),
        "events_waiting": _count(session, event.provider, event.state, where=inbox.WAITING),
        "tasks_open": _count(session, tasks.Task.for_role, where=tasks.OPEN),
        "holds_standing": _count(session, commitments.Hold.kind, where=commitments.STANDING),
    }


def oldest_event(session: Session, wall: datetime) -> timedelta:
    """How long the event has waited that waits longest."""
    since = session.scalar(select(func.min(inbox.Event.received_at)).where(inbox.WAITING))
    return wall - since if since else timedelta(0)


def held_back(session: Session, wall: datetime) -> Mapping[str, datetime]:
    """Provider -> until when (wall time) its own pace lets nothing leave; only those that stand for long."""
    query = select(Pace.provider, Pace.next_at).where(Pace.next_at > wall + HELD_BACK)
    return dict(session.execute(query.order_by(Pace.provider)).all())


def _count(session: Session, *by: object, where: object) -> Mapping[Row, int]:
    query = select(*by, func.count()).where(where).group_by(*by)  # type: ignore[call-overload]
    return {tuple(row[:-1]): row[-1] for row in session.execute(query)}
