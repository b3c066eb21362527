"""What was done on one day: each rep's pace, and the day's letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, distinct, func, select, true
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.letters import UNCONFIRMED, Letter
from outreach.ledger.log import INBOUND, LogEntry
from outreach.ledger.people import User
from outreach.ledger.touches import UNENDED, Touch
from outreach.rules.outcomes import ANSWERED, RANG, Disposition

PROMISED = [Disposition.PROMISE_TO_PAY, Disposition.WILL_PAY_IN_RUN]
CALLS: Mapping[str, ColumnElement[bool]] = {
    "called": CallAttempt.outcome.in_(sorted(RANG)),
    "calls": true(),
    "answered": CallAttempt.outcome.in_(sorted(ANSWERED)),
    "promises": CallAttempt.disposition.in_(PROMISED),
}
"""figure of a pace -> the attempts it counts; `called` counts their customers"""

HELD = and_(Touch.state == "held", Touch.channel == "email")
"""letters that wait for a supervisor's release"""


@dataclass(frozen=True, slots=True)
class Pace:
    """One rep's calls of one day."""

    called: int = 0
    """distinct customers with at least one attempt that rang (product.md 2)"""
    calls: int = 0
    answered: int = 0
    promises: int = 0


def pace(session: Session, rep_id: int, day: date) -> Pace:
    return _paces(session, day, rep_id).get(rep_id, Pace())


def paces(session: Session, day: date, who: ColumnElement[bool]) -> Sequence[tuple[User, Pace]]:
    """The pace of these people, by name, also of those who have called nobody yet."""
    reps = session.scalars(select(User).where(who).order_by(User.name, User.id)).all()
    by_rep = _paces(session, day)
    return [(rep, by_rep.get(rep.id, Pace())) for rep in reps]


def at_work() -> ColumnElement[bool]:
    """Reps who work here."""
    return and_(User.role == "rep", User.active)


def letters_by_state(session: Session, day: date) -> Mapping[str, int]:
    """The day's letters; those nobody can vouch for count whatever their day."""
    of_day = select(Letter.state, func.count()).where(Letter.day == day, Letter.state != "unconfirmed")
    states = dict(session.execute(of_day.group_by(Letter.state)).all())
    unconfirmed = session.scalar(select(func.count()).select_from(Letter).where(UNCONFIRMED))
    return states | ({"unconfirmed": unconfirmed} if unconfirmed else {})


def replies(session: Session, since: datetime, until: datetime) -> int:
    """What came in by mail within a stretch of time."""
    came = (INBOUND, LogEntry.at >= since, LogEntry.at < until, LogEntry.channel == "email")
    return session.execute(select(func.count()).select_from(LogEntry).where(*came)).scalar_one()


def held_letters(session: Session) -> int:
    """Letters of a first day that wait for a supervisor's release."""
    return session.scalars(select(func.count()).select_from(Touch).where(UNENDED, HELD)).one()


def _paces(session: Session, day: date, rep_id: int | None = None) -> Mapping[int, Pace]:
    query = (
        select(
            CallAttempt.rep_id,
            func.count(distinct(case((CALLS["called"], CallAttempt.account_id)))),
            func.count(),
            func.count(case((CALLS["answered"], 1))),
            func.count(case((CALLS["promises"], 1))),
        )
        # By the reps, so that the index on rep and day serves: no index knows a day alone.
        .where(CallAttempt.rep_id.in_(select(User.id)), CallAttempt.day == day)
        .group_by(CallAttempt.rep_id)
    )
    if rep_id is not None:
        query = query.where(CallAttempt.rep_id == rep_id)
    return {rep: Pace(*figures) for rep, *figures in session.execute(query)}
