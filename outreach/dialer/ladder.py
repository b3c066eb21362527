"""What follows an attempt: the ladder of rules.retries, written down as touches, marks and tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import attempts, firings, reach, tasks, touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.people import User
from outreach.ledger.standing import duty_of
from outreach.ledger.touches import Touch
from outreach.rules import cadence, retries, steps
from outreach.rules.outcomes import Disposition, Outcome
from outreach.rules.policy import Policy
from outreach.rules.retries import Next, Try
from outreach.rules.steps import Channel
from outreach.rules.zones import Place, locate

NOBODY_TRIED = {Outcome.FAX, Outcome.BAD_NUMBER, Outcome.BLOCKED, *retries.FAILURES}
"""outcomes after which a touch has failed, and is not done"""


@dataclass(frozen=True, slots=True)
class _Case:
    """An attempt that ended, and what it takes to write down what follows."""

    session: Session
    attempt: CallAttempt
    touch: Touch
    policy: Policy
    now: datetime

    @property
    def today(self) -> date:
        return self.policy.today(self.now)


def follow(session: Session, attempt: CallAttempt, policy: Policy, *, now: datetime) -> None:
    """Ask the ladder for each firing the call carried; those that go on ride on the earliest next touch."""
    if attempt.touch_id is None:
        return
    case = _Case(session, attempt, session.get_one(Touch, attempt.touch_id), policy, now)
    place, going_on = place_of(session, attempt, policy), list[tuple[Next, Firing]]()
    duty = duty_of(session.get_one(User, attempt.rep_id), policy)
    for firing in open_calls(session, case.touch):
        following = retries.after(
            _tries(case, firing), steps.step(firing.step), place, policy, now=now, duty=duty
        )
        if following.task:
            _open_task(case, firing, following)
        if following.act == "unreached":
            firings.end_side(session, [firing.id], "call", "unreached", why="unreached", on=case.today)
        else:
            going_on.append((following, firing))
    if going_on:
        earliest = min((following for following, _ in going_on), key=lambda one: one.not_before or now)
        _go_on(case, earliest, [firing for _, firing in going_on])
    else:
        _end(case)


def open_calls(session: Session, touch: Touch) -> Sequence[Firing]:
    """The firings it carries whose call side is open."""
    return [firing for firing in touches.firings_of(session, touch.id) if firing.call_side == "open"]


def _go_on(case: _Case, following: Next, carried: Sequence[Firing]) -> None:
    if following.act == "same touch":
        touches.reopen(case.session, case.touch.id, not_before=following.not_before, tried=True)
        return
    _end(case)
    if following.act == "new touch":
        _plan(case, following, carried, case.touch.contact_id, case.touch.destination_id)
    elif following.act == "next contact":
        _mark(case)
        _turn_to_next(case, following, carried)


def _end(case: _Case) -> None:
    outcome = Outcome(str(case.attempt.outcome))
    how: touches.End = "failed" if outcome in NOBODY_TRIED else "done"
    if not touches.end(case.session, [case.touch.id], how, outcome, now=case.now):
        touches.restate(case.session, case.touch.id, how, outcome)


def _plan(
    case: _Case, following: Next, carried: Sequence[Firing], contact_id: int | None, number_id: int | None
) -> None:
    """One more touch on the ladder's date, or a touch that day has for the same contact already."""
    session, on = case.session, following.on or case.today
    for firing in carried:
        firing.call_again_on, firing.call_rule = on, None
    planned = touches.waiting(session, case.touch.account_id, "call", on)
    again = next((touch for touch in planned if touch.contact_id == contact_id), None)
    if again is None:
        n = touches.next_n(session, case.touch.account_id, "call", on)
        again = touches.again(case.touch, day=on, n=n, not_after=following.not_after, now=case.now)
        again.contact_id, again.destination_id = contact_id, number_id
        highest = min((steps.step(firing.step) for firing in carried), key=lambda step: step.tier or 0)
        again.step, again.tier = highest.name, highest.tier
        session.add(again)
    again.not_before = max(filter(None, (again.not_before, following.not_before)), default=None)
    session.flush()
    touches.carry(session, again.id, [firing.id for firing in carried])


def _mark(case: _Case) -> None:
    """A wrong person is marked on the contact, a dead number on the number: others may share either."""
    attempt = case.attempt
    if attempt.disposition == Disposition.WRONG_NUMBER and attempt.contact_id is not None:
        case.session.get_one(Contact, attempt.contact_id).left_on = attempt.day
        return
    destination = case.session.get_one(Destination, attempt.destination_id)
    destination.bad_at, destination.bad_why = case.now, str(attempt.outcome).replace("_", " ")


def _turn_to_next(case: _Case, following: Next, carried: Sequence[Firing]) -> None:
    case.session.flush()
    account_id = case.touch.account_id
    ways = reach.ways(case.session, [account_id], Channel.CALL, case.policy)[account_id]
    way = reach.choose(ways, reach.need_of(steps.step(case.touch.step), Channel.CALL))
    if way and way.is_usable:
        _plan(case, following, carried, way.contact_id, way.destination_id)
        return
    for firing in carried:
        firing.call_rule = "no number"


def _tries(case: _Case, firing: Firing) -> list[Try]:
    """Its attempts, and of a weekly step those of the last days of the week before."""
    ids, since = [firing.id], None
    if steps.step(firing.step).cycle is steps.Cycle.WEEK:
        same = select(Firing.id).where(Firing.account_id == firing.account_id, Firing.step == firing.step)
        ids, since = list(case.session.scalars(same)), cadence.carried_since(firing.fired_on, case.policy)
    return [_try(attempt) for attempt in attempts.ended_for(case.session, ids, since=since)]


def _try(attempt: CallAttempt) -> Try:
    disposition = Disposition(attempt.disposition) if attempt.disposition else None
    return Try(attempt.requested_at, Outcome(str(attempt.outcome)), disposition)


def place_of(session: Session, attempt: CallAttempt, policy: Policy) -> Place:
    """Where the one who was called is."""
    contact = session.get(Contact, attempt.contact_id) if attempt.contact_id else None
    zones = session.get_one(Destination, attempt.destination_id).zones
    return locate(
        contact and contact.timezone,
        contact and contact.country,
        contact and contact.state,
        tuple((zones or "").split()),
        every_source=policy.hours.every_source,
    )


def _open_task(case: _Case, firing: Firing, following: Next) -> None:
    tasks.open_task(
        case.session,
        key=f"call:{firing.account_id}:{following.task}",
        kind="unreached" if following.act == "unreached" else "mend contact",
        title=following.task,
        due_on=case.policy.business_days.add_business_days(case.today, 1),
        now=case.now,
        account_id=firing.account_id,
        for_role=following.task_for,
    )
