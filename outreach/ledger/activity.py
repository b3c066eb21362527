"""What was done on one day: each rep's pace, and the day's letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, distinct, func, select
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.letters import Letter
from outreach.ledger.people import User
from outreach.ledger.touches import Touch
from outreach.rules.outcomes import ANSWERED, RANG, Disposition

PROMISED = [Disposition.PROMISE_TO_PAY, Disposition.WILL_PAY_IN_RUN]


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


def paces(session: Session, day: date) -> Sequence[tuple[User, Pace]]:
    """Every rep at work here, by name, also those who have called nobody yet."""
    reps = session.scalars(select(User).where(User.role == "rep", User.active).order_by(User.name)).all()
    by_rep = _paces(session, day)
    return [(rep, by_rep.get(rep.id, Pace())) for rep in reps]


def letters_by_state(session: Session, day: date) -> Mapping[str, int]:
    query = select(Letter.state, func.count()).where(Letter.day == day).group_by(Letter.state)
    return dict(session.execute(query.order_by(Letter.state)).all())


def held_letters(session: Session) -> int:
    """Letters of a first day that wait for a supervisor's release."""
    held = select(func.count()).where(Touch.state == "held", Touch.channel == "email")
    return session.scalars(held).one()


def _paces(session: Session, day: date, rep_id: int | None = None) -> Mapping[int, Pace]:
    query = (
        select(
            CallAttempt.rep_id,
            func.count(distinct(case((CallAttempt.outcome.in_(RANG), CallAttempt.account_id)))),
            func.count(),
            func.count(case((CallAttempt.outcome.in_(ANSWERED), 1))),
            func.count(case((CallAttempt.disposition.in_(PROMISED), 1))),
        )
        .where(CallAttempt.day == day)
        .group_by(CallAttempt.rep_id)
    )
    if rep_id is not None:
        query = query.where(CallAttempt.rep_id == rep_id)
    return {rep: Pace(*figures) for rep, *figures in session.execute(query)}
