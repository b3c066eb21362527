"""What follows an attempt: the ladder of rules.retries, written down as touches, marks and tasks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

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
    """Ask the ladder for each firing the call carried, and plan the next touch of those that go on."""
    if attempt.touch_id is None:
        return
    case = _Case(session, attempt, session.get_one(Touch, attempt.touch_id), policy, now)
    if title := retries.MEND.get(_try(attempt).effective):
        _mark(case)
        _open_task(case, attempt.account_id, "mend contact", title)
    place, going_on = place_of(session, attempt, policy), list[tuple[Next, Firing]]()
    duty = duty_of(session.get_one(User, attempt.rep_id), policy)
    for firing in open_calls(session, case.touch):
        following = retries.after(
            _tries(case, firing), steps.step(firing.step), place, policy, now=now, duty=duty
        )
        if title := following.task:
            kind = "unreached" if following.act == "unreached" else "mend contact"
            _open_task(case, firing.account_id, kind, title, following.task_for)
        if following.act == "unreached":
            firings.end_side(session, [firing.id], "call", "unreached", why="unreached", on=case.today)
        else:
            going_on.append((following, firing))
    if going_on:
        _go_on(case, going_on)
    else:
        _end(case)


def open_calls(session: Session, touch: Touch) -> Sequence[Firing]:
    """The firings it carries whose call side is open."""
    return [firing for firing in touches.firings_of(session, touch.id) if firing.call_side == "open"]


def _go_on(case: _Case, going_on: Sequence[tuple[Next, Firing]]) -> None:
    earliest = min((following for following, _ in going_on), key=lambda one: one.not_before or case.now)
    if earliest.act == "same touch":
        touches.reopen(case.session, case.touch.id, not_before=earliest.not_before, tried=True)
        return
    _end(case)
    for following, carried in _rides(earliest, going_on).items():
        if following.act == "new touch":
            _plan(case, following, carried, case.touch.contact_id, case.touch.destination_id)
        elif following.act == "next contact":
            _turn_to_next(case, following, carried)


def _rides(earliest: Next, going_on: Sequence[tuple[Next, Firing]]) -> Mapping[Next, list[Firing]]:
    """All on the earliest touch; but what has had its calls of that day waits for its own."""
    days: dict[Next, list[Firing]] = defaultdict(list)
    for following, firing in going_on:
        waits = following.waits and following.on != earliest.on
        days[following if waits else earliest].append(firing)
    return days


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
    highest = min((steps.step(firing.step) for firing in carried), key=lambda step: step.tier or 0)
    if again is None:
        n = touches.next_n(session, case.touch.account_id, "call", on)
        again = touches.again(case.touch, day=on, n=n, not_after=following.not_after, now=case.now)
        again.contact_id, again.destination_id = contact_id, number_id
        again.tier = None
        session.add(again)
    if again.tier is None or (highest.tier or 0) < again.tier:
        again.step, again.tier = highest.name, highest.tier
    if not _has_its_hour(again):
        again.not_before = max(filter(None, (again.not_before, following.not_before)), default=None)
    session.flush()
    touches.carry(session, again.id, [firing.id for firing in carried])


def _has_its_hour(touch: Touch) -> bool:
    """What they asked for is due at its hour, whatever else rides on that call."""
    return steps.step(touch.step).subject is steps.Subject.ITEM


def _mark(case: _Case) -> None:
    """A wrong person is marked on the contact, a dead number on the number: others may share either."""
    attempt = case.attempt
    if attempt.disposition == Disposition.WRONG_NUMBER and attempt.contact_id is not None:
        case.session.get_one(Contact, attempt.contact_id).left_on = attempt.day
        return
    destination = case.session.get_one(Destination, attempt.destination_id)
    destination.bad_at, destination.bad_why = case.now, str(attempt.outcome).replace("_", " ")


def _turn_to_next(case: _Case, following: Next, carried: Sequence[Firing]) -> None:
    """The customer's next, or that of a child where its parent has none."""
    case.session.flush()
    accounts = [case.touch.account_id, *(firing.account_id for firing in carried)]
    ways = reach.ways(case.session, accounts, Channel.CALL, case.policy)
    theirs = next((ways[id_] for id_ in accounts if ways.get(id_)), [])
    way = reach.choose(theirs, reach.need_of(steps.step(case.touch.step), Channel.CALL))
    if way and way.is_usable:
        _plan(case, following, carried, way.contact_id, way.destination_id)
        return
    for firing in carried:
        firing.call_rule = "no number"


def _tries(case: _Case, firing: Firing) -> list[Try]:
    """Its attempts, and of a weekly step the last of what was still open of the week before."""
    ids, since = [firing.id], None
    if steps.step(firing.step).cycle is steps.Cycle.WEEK:
        ids += firings.superseded_by(case.session, firing)
        since = cadence.carried_since(firing.fired_on, case.policy)
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
        default_country=policy.organization.country,
        every_source=policy.hours.every_source,
    )


def _open_task(case: _Case, account_id: int, kind: str, title: str, for_role: str = "rep") -> None:
    tasks.open_task(
        case.session,
        key=f"call:{account_id}:{title}",
        kind=kind,
        title=title,
        due_on=case.policy.business_days.add_business_days(case.today, 1),
        now=case.now,
        account_id=account_id,
        for_role=for_role,
    )
