"""What the demo did, and the proof that it adds up (interface.md, demo --once)."""

from datetime import date
from typing import Any

import requests
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.demo.population import REPS
from outreach.ledger import replies
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Promise
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry
from outreach.ledger.plans import LeftOut
from outreach.ledger.replies import Reply
from outreach.ledger.touches import Touch
from outreach.ledger.voicemails import Voicemail
from outreach.reports.conservation import UNENDED, happened, violations


def summary(ledger: Ledger, sandbox_url: str, last_day: date) -> dict[str, Any]:
    """The figures; `violations` is empty when every planned touch has an end and both lists agree."""
    truth = happened(requests.get(f"{sandbox_url}/sandbox/truth", timeout=30).json())
    with ledger.reading() as session:
        planned = select(func.count()).select_from(Touch)
        left = select(func.count()).select_from(Voicemail)
        written = select(func.count()).select_from(Reply)
        return {
            "planned": session.execute(planned.where(Touch.day <= last_day)).scalar_one(),
            "touches": _by(
                session, select(Touch.state, func.count()).where(Touch.day <= last_day), Touch.state
            ),
            "firings": _by(session, select(Firing.state, func.count()), Firing.state),
            "calls": _by(session, select(_call_end(), func.count()), _call_end()),
            "letters": _by(session, select(Letter.state, func.count()), Letter.state),
            "replies": replies.count(session),
            "replies_answered": _count(session, written.where(Reply.ended_by.in_(REPS))),
            "voicemails": _count(session, left.where(Voicemail.state != "empty")),
            "voicemails_answered": _count(session, left.where(Voicemail.state == "answered")),
            "promises": _count(session, select(func.count()).select_from(Promise)),
            "log_entries": _count(session, select(func.count()).select_from(LogEntry)),
            "left_out": _by(
                session, select(LeftOut.rule, func.count()).where(LeftOut.until.is_(None)), LeftOut.rule
            ),
            "rang": sum(truth.placed.values()),
            "accepted_by_the_mailer": sum(truth.letters.values()),
            "unresolved": _count(session, planned.where(Touch.day <= last_day, Touch.state.in_(UNENDED))),
            "open_later": _count(session, planned.where(Touch.day > last_day, Touch.state.in_(UNENDED))),
            "violations": violations(session, truth, until=last_day),
        }


def _call_end() -> Any:
    return func.coalesce(CallAttempt.outcome, CallAttempt.state)


def _by(session: Session, query: Select[Any, int], column: Any) -> dict[str, int]:
    return dict(session.execute(query.group_by(column).order_by(column)).all())


def _count(session: Session, query: Select[int]) -> int:
    return session.execute(query).scalar_one()
