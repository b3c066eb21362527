"""The rep's click: a call that is asked for is a row first, and only then an errand (docs/decisions/0002)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.dialer import endings, permission
from outreach.dialer.carrier import LegOf
from outreach.errands import Errands, NoErrands
from outreach.ledger import attempts, locks, policies, touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.clock import Clock
from outreach.ledger.crash import crashpoint
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch
from outreach.rules.policy import Policy

NO_WORKER = "The call centre cannot be reached: nothing was dialled. Try again in a minute."
AT_ONCE = "Another call to this customer, to this number or by you was started at the same moment."


@dataclass(frozen=True, slots=True)
class Requested:
    """The click is committed and a worker has been asked."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """No call, and why, in a sentence for the rep. `until`: when it may be worth another click."""

    words: str
    rule: str = ""
    until: datetime | None = None


def request_call(
    ledger: Ledger,
    errands: Errands | NoErrands,
    clock: Clock,
    *,
    provider: str,
    caller_ids: tuple[str, ...],
    touch_id: int,
    rep_id: int,
    rings_first: LegOf = "rep",
) -> Requested | NotNow:
    """The rep's click on a planned call. Two clicks make one call: the second gets a sentence."""
    try:
        with ledger.writing() as session:
            made = _request(session, touch_id, rep_id, provider, caller_ids, rings_first, clock)
    except IntegrityError:  # the partial unique indexes are the last word
        return NotNow(AT_ONCE)
    if isinstance(made, NotNow):
        return made
    crashpoint("call.requested")
    if errands.place(made.attempt_id) or not withdraw(ledger, clock, made.attempt_id, NO_WORKER):
        return made
    return NotNow(NO_WORKER)


def withdraw(ledger: Ledger, clock: Clock, attempt_id: str, why: str) -> bool:
    """Take a click back. False: a worker has claimed it."""
    with ledger.writing() as session:
        attempt = attempts.lock(session, attempt_id)
        return attempt is not None and endings.withdraw(
            session, attempt, why, now=clock.now(), wall=clock.wall()
        )


def _request(
    session: Session,
    touch_id: int,
    rep_id: int,
    provider: str,
    caller_ids: tuple[str, ...],
    rings_first: LegOf,
    clock: Clock,
) -> Requested | NotNow:
    now, wall = clock.now(), clock.wall()
    in_force = policies.in_force(session)
    today = in_force.policy.today(now)
    touch, rep = session.get(Touch, touch_id), session.get_one(User, rep_id)
    if touch is None or touch.channel != "call" or touch.destination_id is None:
        return NotNow("There is no such call to make.")
    locks.lock_accounts(session, [touch.account_id])
    locks.lock_destinations(session, [touch.destination_id])
    locks.lock_rep_day(session, rep_id, today)
    session.refresh(touch)
    grey = why_grey(session, touch, touch.destination_id, rep, in_force.policy, now, rings_first)
    if grey:
        return grey
    touches.start(session, touch.id)
    attempt = CallAttempt(
        id=new_id(),
        touch_id=touch.id,
        account_id=touch.account_id,
        contact_id=touch.contact_id,
        destination_id=touch.destination_id,
        rep_id=rep_id,
        day=today,
        step=touch.step,
        provider=provider,
        caller_id=_caller_id(caller_ids, touch.account_id),
        requested_at=now,
        moved_at=wall,
        policy_id=in_force.id,
    )
    session.add(attempt)
    session.flush()
    return Requested(attempt.id)


def why_grey(
    session: Session,
    touch: Touch,
    number_id: int,
    rep: User,
    policy: Policy,
    now: datetime,
    rings_first: LegOf = "rep",
) -> NotNow | None:
    """Why the button does nothing, in the order in which a rep would ask."""
    if rings_first == "rep" and not rep.phone:
        return NotNow("You have no phone number here: ask an administrator to add it.")
    if busy := attempts.in_the_way(
        session, account_id=touch.account_id, destination_id=number_id, rep_id=rep.id
    ):
        return NotNow(_busy_words(session, busy, touch, rep))
    if touch.state != "open":
        return NotNow(f"This call is {touch.state} already: take the next one.")
    if touch.day != policy.today(now):
        return NotNow(f"This call is planned for {touch.day}.")
    allowed = permission.ask(session, touch, rep_id=rep.id, policy=policy, now=now)
    if allowed.answer.answer != "yes":
        return NotNow(allowed.answer.words, allowed.answer.rule, allowed.answer.until)
    if touch.not_before and now < touch.not_before:
        local = touch.not_before.astimezone(policy.organization.zone)
        return NotNow(f"To be called again from {local:%H:%M}.", until=touch.not_before)
    return None


def _busy_words(session: Session, busy: CallAttempt, touch: Touch, rep: User) -> str:
    customer = session.get_one(Account, busy.account_id).name
    if busy.rep_id == rep.id:
        return f"You are on a call already, to {customer}."
    caller = session.get_one(User, busy.rep_id).name
    if busy.account_id == touch.account_id:
        return f"{caller} is calling this customer now."
    return f"{caller} is calling this number now, for {customer}."


def _caller_id(caller_ids: tuple[str, ...], account_id: int) -> str:
    """A customer always sees the same number of ours."""
    return caller_ids[account_id % len(caller_ids)]
