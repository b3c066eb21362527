"""What may have made room in a day's queue, or reasons for more of it, since a moment."""

from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.imports import Import
from outreach.ledger.people import User
from outreach.ledger.touches import Touch


def has_come(session: Session, day: date, since: datetime) -> bool:
    """Whether a file has been applied, or a call of the day has failed."""
    applied = exists().where(Import.applied_at >= since)
    calls = exists().where(CallAttempt.rep_id.in_(select(User.id)), CallAttempt.day == day)
    failed = calls.where(Touch.id == CallAttempt.touch_id, Touch.state == "failed", Touch.ended_at >= since)
    return bool(session.scalar(select(applied | failed)))
