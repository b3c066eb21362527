"""A rep's desk: the calls planned for one day in their order, and how each of them stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from outreach.ledger import reach, touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch
from outreach.rules.policy import Policy
from outreach.rules.steps import Channel


@dataclass(frozen=True, slots=True)
class Line:
    """One planned call."""

    touch: Touch
    account: Account
    way: reach.Way | None
    """the contact and number it was planned for; None: they are gone"""
    last: CallAttempt | None
    """its newest attempt"""


def lines(session: Session, rep_id: int, day: date, policy: Policy) -> Sequence[Line]:
    """Every call of the rep's day by rank, also those that are over."""
    newest = aliased(CallAttempt)
    last = select(newest.id).where(newest.touch_id == Touch.id).order_by(newest.requested_at.desc()).limit(1)
    query = (
        select(Touch, Account, CallAttempt)
        .join(Account, Account.id == Touch.account_id)
        .outerjoin(CallAttempt, CallAttempt.id == last.correlate(Touch).scalar_subquery())
        .where(Touch.rep_id == rep_id, Touch.day == day, Touch.channel == "call")
        .order_by(Touch.rank.is_(None), Touch.rank, Touch.tier, Touch.id)
    )
    rows = session.execute(query).all()
    ways = reach.ways(session, [touch.account_id for touch, *_ in rows], Channel.CALL, policy)
    return [
        Line(touch, account, _way(ways.get(account.id, ()), touch), last) for touch, account, last in rows
    ]


def line(session: Session, touch: Touch, policy: Policy) -> Line:
    """One call by itself, whatever its day and rep."""
    last = select(CallAttempt).where(CallAttempt.touch_id == touch.id)
    ways = reach.ways(session, [touch.account_id], Channel.CALL, policy)
    return Line(
        touch,
        session.get_one(Account, touch.account_id),
        _way(ways.get(touch.account_id, ()), touch),
        session.scalars(last.order_by(CallAttempt.requested_at.desc()).limit(1)).first(),
    )


def reasons(session: Session, touch: Touch) -> Sequence[str]:
    """Why it is to be called; of a call that is over, why it was."""
    if touch.state not in ("open", "started"):
        return touch.reasons
    return touches.calls_left(session, {touch.id: touch.reasons})[touch.id]


def _way(ways: Sequence[reach.Way], touch: Touch) -> reach.Way | None:
    own = (way for way in ways if way.destination_id == touch.destination_id)
    return next((way for way in own if way.contact_id == touch.contact_id), None)
