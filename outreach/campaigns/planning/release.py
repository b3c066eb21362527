"""A supervisor lets the mail leave that a first day's plan has held (product.md 2, trigger law)."""

from datetime import date, datetime
from typing import cast

from sqlalchemy import CursorResult, update

from outreach.ledger import log, policies, touches
from outreach.ledger.base import Ledger
from outreach.ledger.plans import Plan


def release(ledger: Ledger, *, day: date, actor: str, now: datetime) -> int:
    """Let the held letters leave that were planned up to `day` or its next business day. Returns how many.

    From then on plans hold nothing any more. Twice releases once.
    """
    with ledger.writing() as session:
        touch_day = policies.in_force(session).policy.business_days.roll_forward(day)
        count = touches.release(session, touch_day)
        fresh = update(Plan).where(Plan.released_at.is_(None), Plan.touch_day <= touch_day)
        released = cast("CursorResult[object]", session.execute(fresh.values(released_at=now))).rowcount
        if count or released:
            text = f"{count} letters of {touch_day} may leave"
            log.append(session, log.Entry(at=now, actor=actor, what="letters released", text=text))
    return count
