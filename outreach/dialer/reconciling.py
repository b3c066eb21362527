"""What nobody told us is found by asking the carrier (P1, P3). Only here do `sending` and `unknown` move.

Carriers know no demo clock, so everything here is wall time. Nothing is open while the carrier is asked, and
what it says is judged against the row as it stands then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from rq.timeouts import BaseTimeoutException
from sqlalchemy.orm import Session

from outreach.dialer import endings, reports
from outreach.dialer.carrier import CallOrder, Carrier, CarrierError, Leg
from outreach.ledger import attempts, log, policies, tasks
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.destinations import Destination
from outreach.ledger.log import Entry
from outreach.ledger.people import User
from outreach.rules.outcomes import Outcome
from outreach.rules.policy import Doubt

NOT_TAKEN = "The call centre did not take it: nothing was dialled. Press again."
CLOCKS_DIFFER = timedelta(seconds=60)
"""the carrier's clock may be so far behind ours"""

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each doubt may last before the carrier is asked (`rules.policy.Doubt`)."""

    taken: timedelta
    reported: timedelta
    given_up: timedelta
    rep_over: timedelta

    @classmethod
    def of(cls, doubt: Doubt) -> "Patience":
        seconds = (doubt.click_taken, doubt.call_reported, doubt.call_given_up, doubt.rep_over)
        return cls(*(timedelta(seconds=n) for n in seconds))

    def is_over(self, attempt: CallAttempt, wall: datetime) -> bool:
        """Whether it is time to ask about this call."""
        if attempt.state == "requested":
            return wall - attempt.moved_at >= self.taken
        if attempt.ask_at:
            return wall >= attempt.ask_at
        if attempt.rep_over_at and attempt.asked_at is None:
            return wall - attempt.rep_over_at >= self.rep_over
        return wall - (attempt.asked_at or attempt.moved_at) >= self.reported


def reconcile(ledger: Ledger, carrier: Carrier, clock: Clock, patience: Patience | None = None) -> list[str]:
    """Ask about every call that has been quiet for too long. Returns the ids of those it looked into.

    `patience` is the policy's, unless another is given. What goes wrong with one call stops no other.
    """
    with ledger.reading() as session:
        patience = patience or Patience.of(policies.in_force(session).policy.doubt)
        wall = clock.wall()
        quiet = [*attempts.live(session), *attempts.unexplained(session, since=wall - reports.LATE)]
        doubtful = [one for one in quiet if one.provider == carrier.name and patience.is_over(one, wall)]
        orders = {one.id: _order(session, one) for one in doubtful}
    for attempt in doubtful:
        try:
            _resolve(ledger, carrier, clock, patience, attempt, orders[attempt.id])
        except CarrierError as error:
            logger.warning("the carrier could not be asked", attempt=attempt.id, error=str(error))
        except BaseTimeoutException:
            raise  # RQ ends the whole job
        except Exception:
            logger.exception("a call in doubt could not be resolved", attempt=attempt.id)
    return [attempt.id for attempt in doubtful]


def _resolve(
    ledger: Ledger,
    carrier: Carrier,
    clock: Clock,
    patience: Patience,
    attempt: CallAttempt,
    order: CallOrder,
) -> None:
    if attempt.state == "requested":
        with ledger.writing() as session:
            found = attempts.lock(session, attempt.id)
            if found is not None:
                endings.withdraw(session, found, NOT_TAKEN, now=clock.now(), wall=clock.wall())
        return
    call_id = attempt.provider_ref
    if call_id is None:
        since = (attempt.sent_at or attempt.moved_at) - CLOCKS_DIFFER
        candidates = carrier.find(order, since)
        with ledger.writing() as session:
            call_id = _bind(session, attempt.id, candidates, patience, clock)
    if call_id is not None:
        legs = carrier.legs(call_id)
        with ledger.writing() as session:
            stuck = _hear(session, attempt.id, call_id, legs, clock)
        if stuck:
            carrier.end(call_id)


def _bind(
    session: Session, attempt_id: str, candidates: list[Leg], patience: Patience, clock: Clock
) -> str | None:
    """Of the candidates the one that is no other attempt's; None: in doubt, or never."""
    now, wall = clock.now(), clock.wall()
    attempt = attempts.lock(session, attempt_id)
    if attempt is None or attempt.state not in ("sending", "unknown"):
        return None
    taken = attempts.claimed(session, attempt.provider, [leg.call_id for leg in candidates])
    free = [leg for leg in candidates if leg.call_id not in taken]
    attempts.move(attempt, "unknown", wall)
    attempt.checks, attempt.asked_at = attempt.checks + 1, wall
    attempt.detail = _evidence(attempt, free, wall)
    if len(free) == 1:
        attempt.provider_ref = free[0].call_id
        attempts.move(attempt, "accepted", wall)
        _note(session, attempt, "call found by asking", now)
        return attempt.provider_ref
    if free:
        _ask_a_person(session, attempt, "Several calls of the carrier could be this one: decide which", now)
    elif attempt.checks >= 2 and wall - (attempt.sent_at or wall) >= patience.given_up:
        why = attempt.detail
        endings.end(session, attempt, Outcome.NOT_PLACED, state="not_placed", now=now, wall=wall, why=why)
    return None


def _hear(session: Session, attempt_id: str, call_id: str, legs: list[Leg], clock: Clock) -> bool:
    """Take in what the carrier says of a call. True: it lies in the carrier's queue and should be ended."""
    now, wall = clock.now(), clock.wall()
    attempt = attempts.lock(session, attempt_id)
    if attempt is None:
        return False
    if not legs:
        _ask_a_person(session, attempt, "The carrier does not know a call it had accepted", now)
    for leg in sorted(legs, key=lambda leg: leg.of):  # the customer's first: it alone has the outcome
        reports.hear(session, attempt, reports.of_leg(leg, call_id), now=now, wall=wall)
    alone = bool(legs) and all(leg.of == "rep" for leg in legs)
    if attempt.state == "bridging" and attempt.rep_over_at and alone:
        why = "the rep hung up before the customer's phone rang"
        endings.end(session, attempt, Outcome.CANCELED, now=now, wall=wall, why=why)
    attempt.asked_at, attempt.checks = wall, attempt.checks + 1
    attempt.ask_at = _again(attempt, wall)
    return attempt.state == "accepted" and any(leg.state == "queued" for leg in legs)


def _again(attempt: CallAttempt, wall: datetime) -> datetime | None:
    """A carrier's books may lag behind its own report of an end: ask soon, then ever later."""
    if attempt.ask_at is None or attempt.state == "ended":
        return None
    return wall + timedelta(seconds=min(2**attempt.checks, 120))


def _order(session: Session, attempt: CallAttempt) -> CallOrder:
    return CallOrder(
        attempt_id=attempt.id,
        rep_phone=session.get_one(User, attempt.rep_id).phone or "",
        to=session.get_one(Destination, attempt.destination_id).address,
        caller_id=attempt.caller_id or "",
        rep=session.get_one(User, attempt.rep_id).login,
    )


def _evidence(attempt: CallAttempt, free: list[Leg], wall: datetime) -> str:
    """What was asked and what came, each time, one line each."""
    found = ", ".join(leg.call_id for leg in free) or "no call that is not another's"
    line = f"{wall:%Y-%m-%d %H:%M:%S}Z asked {attempt.provider}, sent {attempt.sent_at:%H:%M:%S}Z: {found}"
    return f"{attempt.detail}\n{line}" if attempt.detail else line


def _note(session: Session, attempt: CallAttempt, what: str, now: datetime) -> None:
    entry = Entry(
        at=now,
        actor="reconciler",
        what=what,
        account_id=attempt.account_id,
        channel="call",
        about=attempt.id,
        text=attempt.detail,
    )
    log.append(session, entry)


def _ask_a_person(session: Session, attempt: CallAttempt, title: str, now: datetime) -> None:
    tasks.open_task(
        session,
        key=tasks.call_in_doubt(attempt.id),
        kind=tasks.CALL_IN_DOUBT,
        title=title,
        due_on=attempt.day,
        now=now,
        account_id=attempt.account_id,
        for_role="supervisor",
    )
