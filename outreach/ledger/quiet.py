"""Is anything under way, and when is the next thing due? What the demo's clock asks before it moves on."""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.inbox import Event
from outreach.ledger.letters import Letter
from outreach.ledger.touches import Touch
from outreach.ledger.voicemails import AUDIO_AWAITED, Voicemail

LIVE = ("requested", "sending", "unknown", "accepted", "bridging")


def under_way(session: Session, now: datetime, wall: datetime) -> dict[str, int]:
    """What the house is busy with at this moment, by kind; {} when it is quiet.

    A letter in doubt is not: only time, or a report, settles it.
    """
    counts: dict[str, Select[int]] = {
        "calls": _count(CallAttempt).where(CallAttempt.state.in_(LIVE)),
        "calls to save": _count(Touch).where(Touch.state == "started", Touch.channel == "call"),
        "letters due": _count(Touch).where(
            Touch.state == "open", Touch.channel == "email", Touch.not_before <= now
        ),
        "letters": _count(Letter).where(Letter.state == "sending"),
        "recordings": _count(Voicemail).where(AUDIO_AWAITED, Voicemail.next_try_at <= wall),
        "reports": _count(Event).where(Event.state.in_(("new", "waiting")), Event.next_try_at <= wall),
    }
    found = {what: session.execute(query).scalar_one() for what, query in counts.items()}
    return {what: n for what, n in found.items() if n}


def next_due(session: Session, now: datetime, *, doubt: timedelta) -> datetime | None:
    """When something comes due next. `doubt`: how long an unknown letter waits for an event."""
    opens = select(func.min(Touch.not_before)).where(Touch.state == "open", Touch.not_before > now)
    found = list(filter(None, session.scalars(opens)))
    oldest = session.execute(select(func.min(Letter.created_at)).where(Letter.state == "unknown")).scalar()
    if oldest and oldest + doubt > now:
        found.append(oldest + doubt)
    return min(found, default=None)


def pulse(session: Session) -> tuple[int, int, int]:
    """Calls that ended, letters taken, reports digested: as long as it changes, the house is alive."""
    return (
        session.execute(_count(CallAttempt).where(CallAttempt.state.not_in(LIVE))).scalar_one(),
        session.execute(_count(Letter).where(Letter.accepted_at.is_not(None))).scalar_one(),
        session.execute(_count(Event).where(Event.digested_at.is_not(None))).scalar_one(),
    )


def unended(session: Session, until: date) -> int:
    """How many touches dated up to this day have no end yet."""
    query = _count(Touch).where(Touch.day <= until, Touch.state.in_(("open", "held", "started")))
    return session.execute(query).scalar_one()


def _count(table: type[CallAttempt | Touch | Letter | Event | Voicemail]) -> Select[int]:
    return select(func.count()).select_from(table)
