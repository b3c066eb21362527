"""The life of one call from the worker's claim to the carrier's answer (design.md 4, P1, P2).

Claim and answer are one short transaction each. Between them is the one request, and no transaction is open.
"""

import time
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.dialer import endings, permission
from outreach.dialer.carrier import (
    Answer,
    CallOrder,
    Carrier,
    HandOff,
    LegOf,
    Placed,
    Refused,
    RefusedWhy,
    Unknown,
)
from outreach.dialer.clicks import withdraw
from outreach.ledger import attempts, pace, policies, tasks
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.crash import crashpoint
from outreach.ledger.destinations import Destination
from outreach.ledger.people import User
from outreach.rules.outcomes import Outcome

LONGEST_WAIT = timedelta(seconds=10)
"""for our turn with the carrier; a rep who has to wait longer had better press again"""

THROTTLED = "The carrier takes no more calls just now: nothing was dialled. Try again in a minute."


def place(ledger: Ledger, carrier: Carrier, clock: Clock, attempt_id: str) -> Answer | None:
    """The worker's job: claim the click and make its one request. None: there was nothing to do.

    A job that comes twice, or late, finds the row claimed. A worker that dies in here leaves it `sending`,
    which only the reconciler and the carrier's reports move.
    """
    if not _wait_for_turn(ledger, carrier, clock, attempt_id):
        return None
    with ledger.writing() as session:
        order = _claim(session, attempt_id, clock, carrier.rings_first)
    if order is None:
        return None
    crashpoint("call.claimed")
    answer = carrier.place(order)
    crashpoint("call.answered")
    settle(ledger, carrier.name, clock, attempt_id, answer)
    crashpoint("call.settled")
    return answer


def settle(ledger: Ledger, provider: str, clock: Clock, attempt_id: str, answer: Answer) -> None:
    """Write down what the carrier answered; reports may have come before it and know more already."""
    now, wall = clock.now(), clock.wall()
    with ledger.writing() as session:
        attempt = attempts.lock(session, attempt_id)
        if attempt is None:
            return
        match answer:
            case Placed(call_id):
                attempt.provider_ref = attempt.provider_ref or call_id
                attempts.move(attempt, "accepted", wall)
            case Refused():
                _refused(session, attempt, answer, provider, now, wall)
            case Unknown(detail):
                if attempts.move(attempt, "unknown", wall):
                    attempt.detail = detail
            case HandOff():
                pass  # nothing rings before the rep's browser redeems it


def hang_up(ledger: Ledger, carrier: Carrier, clock: Clock, attempt_id: str) -> None:
    """End a call at the rep's wish. Raises CarrierError; what it comes to, the carrier reports."""
    if withdraw(ledger, clock, attempt_id, "withdrawn by the rep"):
        return
    with ledger.reading() as session:
        attempt = session.get(CallAttempt, attempt_id)
    if attempt is not None and attempt.provider_ref is not None:
        carrier.end(attempt.provider_ref)


def _wait_for_turn(ledger: Ledger, carrier: Carrier, clock: Clock, attempt_id: str) -> bool:
    """Wait before the claim and not after it, so that between gate and request there is nothing."""
    with ledger.writing() as session:
        attempt = session.get(CallAttempt, attempt_id)
        if attempt is None or attempt.state != "requested":
            return False
        wall = clock.wall()
        turn = pace.reserve(session, carrier.name, n=1, interval=carrier.interval, now=wall)
    if turn - wall > LONGEST_WAIT:
        withdraw(ledger, clock, attempt_id, THROTTLED)
        return False
    time.sleep((turn - wall).total_seconds())
    return True


def _claim(session: Session, attempt_id: str, clock: Clock, rings_first: LegOf) -> CallOrder | None:
    """Locks, gate, compare-and-set. What the gate refuses now ends here, with its words."""
    now, wall = clock.now(), clock.wall()
    attempt = attempts.lock(session, attempt_id)
    if attempt is None or attempt.state != "requested":
        return None
    rep = session.get_one(User, attempt.rep_id)
    allowed = permission.ask_again(session, attempt, policies.in_force(session).policy, now)
    no_phone = rings_first == "rep" and not rep.phone
    if allowed.answer.answer != "yes" or no_phone or not attempt.caller_id:
        why = allowed.answer.words or "no phone or caller id"
        endings.end(session, attempt, Outcome.NOT_PLACED, state="not_placed", now=now, wall=wall, why=why)
        return None
    permission.put_down(session, attempt, allowed)
    attempts.move(attempt, "sending", wall)
    attempt.sent_at = wall
    if rings_first == "customer":
        attempt.bridging_at = now  # the request itself lets the customer's phone ring
    to = session.get_one(Destination, attempt.destination_id).address
    return CallOrder(attempt.id, rep_phone=rep.phone or "", to=to, caller_id=attempt.caller_id, rep=rep.login)


_REFUSED_AS: dict[RefusedWhy, Outcome] = {
    "throttled": Outcome.NOT_PLACED,
    "unreachable": Outcome.NOT_PLACED,
    "rep phone": Outcome.REP_NO_ANSWER,
    "bad number": Outcome.BAD_NUMBER,
    "blocked": Outcome.BLOCKED,
    "settings": Outcome.FAILED,
    "failed": Outcome.FAILED,
}


def _refused(
    session: Session, attempt: CallAttempt, answer: Refused, provider: str, now: datetime, wall: datetime
) -> None:
    """A proof that nothing rang. What only we can mend is a task for whoever runs the installation."""
    outcome = _REFUSED_AS[answer.why]
    endings.end(session, attempt, outcome, state="refused", now=now, wall=wall, why=answer.detail)
    if answer.retry_after:
        pace.push_back(session, provider, until=wall + answer.retry_after, now=wall)
    if answer.why in ("settings", "rep phone"):
        whose = f"{provider}:{attempt.rep_id}" if answer.why == "rep phone" else provider
        tasks.open_task(
            session,
            key=f"carrier:{answer.why}:{whose}:{answer.detail}",
            kind="carrier",
            title=answer.detail,
            due_on=attempt.day,
            now=now,
            for_role="admin",
        )
