"""What a carrier says of one leg of a call, in our words, and how far it moves the call (P3, P5).

Reports come in any order, twice, early or never, so nothing here depends on which came before: states and
progress have ranks, ids are bound once, and the outcome is settled by the customer's leg alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy.orm import Session

from outreach.dialer import endings
from outreach.dialer.carrier import Answerer, Ended, Leg, LegOf, LegState, LegTrouble
from outreach.ledger import attempts
from outreach.ledger.attempts import CallAttempt
from outreach.rules.outcomes import Outcome, may_refine
from outreach.rules.states import CALL_EXITS, CALL_LIVE

LATE = timedelta(hours=24)
"""that long after its end a call is closed: a later report is kept and changes nothing (trust.md 4, row 2)"""

_OVER = get_args(Ended)
_PROGRESS = ("queued", "ringing", "connected")
_ANSWERED: dict[str | None, Outcome] = {
    "human": Outcome.ANSWERED_HUMAN,
    "machine": Outcome.MACHINE,
    "fax": Outcome.FAX,
    "unknown": Outcome.ANSWERED_UNKNOWN,
    None: Outcome.ANSWERED_UNKNOWN,
}
_UNANSWERED: dict[LegState, Outcome] = {
    "busy": Outcome.BUSY,
    "no_answer": Outcome.NO_ANSWER,
    "canceled": Outcome.CANCELED,
    "failed": Outcome.FAILED,
    "abandoned": Outcome.ABANDONED,
    "not_placed": Outcome.NOT_PLACED,
}
_TROUBLE: dict[LegTrouble, Outcome] = {"bad number": Outcome.BAD_NUMBER, "blocked": Outcome.BLOCKED}

Verdict = Literal["heard", "late", "of another call"]


@dataclass(frozen=True, slots=True)
class Report:
    """One leg at one moment. What a report does not say is None."""

    of: LegOf
    call_id: str | None
    """the carrier's id of this leg"""
    rep_call_id: str | None
    """the carrier's id of the rep's leg, which this one hangs on"""
    state: LegState | None = None
    answered_by: Answerer | None = None
    trouble: LegTrouble | None = None
    seconds: int | None = None
    conclusive: bool = True
    """False: the leg is over, but why is told by another report"""


def hear(session: Session, attempt: CallAttempt, report: Report, *, now: datetime, wall: datetime) -> Verdict:
    """Take in one report on a call whose locks are held."""
    if attempt.state not in CALL_LIVE and wall - attempt.moved_at > LATE:
        return "late"
    if not _is_ours(attempt, report):
        return "of another call"
    attempt.provider_ref = attempt.provider_ref or report.rep_call_id
    attempts.move(attempt, "accepted", wall)
    if report.of == "rep":
        _hear_rep(session, attempt, report, now, wall)
    else:
        _hear_customer(session, attempt, report, now, wall)
    return "heard"


def of_leg(leg: Leg, rep_call_id: str) -> Report:
    """What the carrier said when asked; it says all it knows."""
    return Report(
        of=leg.of,
        call_id=leg.call_id,
        rep_call_id=rep_call_id,
        state=leg.state,
        answered_by=leg.answered_by,
        trouble=leg.trouble,
        seconds=leg.seconds,
    )


def outcome_of(state: LegState, answered_by: str | None, trouble: LegTrouble | None) -> Outcome:
    """The outcome of a customer's leg that is over (providers.md A 2.3)."""
    if state == "completed":
        return _ANSWERED[answered_by]
    if state == "failed" and trouble:
        return _TROUBLE[trouble]
    return _UNANSWERED[state]


def _is_ours(attempt: CallAttempt, report: Report) -> bool:
    """An attempt is one call: a second one under its id must never move it, nor one that was given up."""
    if attempt.state == "requested" or attempt.state in CALL_EXITS:
        return False
    same_customer = report.of == "rep" or _may_be_same(attempt.customer_ref, report.call_id)
    return same_customer and _may_be_same(attempt.provider_ref, report.rep_call_id)


def _may_be_same(ours: str | None, theirs: str | None) -> bool:
    return ours is None or theirs is None or ours == theirs


def _hear_rep(session: Session, attempt: CallAttempt, report: Report, now: datetime, wall: datetime) -> None:
    """The end of the rep's leg says nothing about the customer, unless the customer was never rung."""
    if report.state not in _OVER:
        return
    attempt.rep_over_at = attempt.rep_over_at or wall
    if attempt.state == "accepted":
        outcome = Outcome.CANCELED if report.state == "canceled" else Outcome.REP_NO_ANSWER
        endings.end(session, attempt, outcome, now=now, wall=wall)


def _hear_customer(
    session: Session, attempt: CallAttempt, report: Report, now: datetime, wall: datetime
) -> None:
    attempt.customer_ref = attempt.customer_ref or report.call_id
    if attempt.answered_by in (None, "unknown"):
        attempt.answered_by = report.answered_by or attempt.answered_by
    attempts.move(attempt, "bridging", wall)
    _advance(attempt, report.state, now)
    if attempt.state == "ended":
        _refine(session, attempt, report, now)
    elif report.state and report.state in _OVER and report.conclusive:
        attempt.seconds = report.seconds or 0
        outcome = outcome_of(report.state, attempt.answered_by, report.trouble)
        endings.end(session, attempt, outcome, now=now, wall=wall)


def _advance(attempt: CallAttempt, state: LegState | None, now: datetime) -> None:
    before = _PROGRESS.index(attempt.progress) if attempt.progress else -1
    if state in _PROGRESS and _PROGRESS.index(state) > before:
        attempt.progress = state
    if attempt.progress == "connected" and attempt.connected_at is None:
        attempt.connected_at = now


def _refine(session: Session, attempt: CallAttempt, report: Report, now: datetime) -> None:
    """Machine detection may come after the end; whatever else does is known already."""
    if report.answered_by is None or attempt.outcome is None:
        return
    heard = _ANSWERED[report.answered_by]
    if may_refine(Outcome(attempt.outcome), heard):
        endings.refine(session, attempt, heard, now=now)
