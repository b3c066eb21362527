"""Somebody calls us: the rep on duty takes it, or the answering machine. Each answer is one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.ledger import attempts, inbound_calls, log, policies
from outreach.ledger.callers import Caller, who_calls
from outreach.ledger.inbound_calls import InboundCall
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.standing import duty_of
from outreach.rules import hours
from outreach.rules.policy import Policy

RING_SECONDS = 20
LONGEST_MESSAGE = 180
"""seconds"""


@dataclass(frozen=True, slots=True)
class Offer:
    """Greet them and ring this phone of a rep's. Never more of the account than its caller has said."""

    words: str
    rep_phone: str
    ring_seconds: int = RING_SECONDS


@dataclass(frozen=True, slots=True)
class Listen:
    """Say this and record what they have to say."""

    words: str
    longest: int = LONGEST_MESSAGE


@dataclass(frozen=True, slots=True)
class Screen:
    """Tell the rep this, and wait for a key: a voicemail of the rep's presses none."""

    words: str


@dataclass(frozen=True, slots=True)
class Join:
    """Put the two through."""


@dataclass(frozen=True, slots=True)
class Over:
    """Say this, if anything, and hang up."""

    words: str = ""


def pick_up(
    session: Session, provider: str, ref: str, shown: str, *, now: datetime, wall: datetime
) -> Offer | Listen:
    """What a caller hears first. `shown`: the number the carrier shows, whatever it is worth."""
    policy = policies.in_force(session).policy
    caller = who_calls(session, shown)
    rep = next(_at_hand(session, caller, policy, now, wall), None)
    session.add(
        InboundCall(
            provider=provider,
            ref=ref,
            from_number=caller.number,
            account_id=caller.account_id,
            contact_id=caller.contact_id,
            destination_id=caller.destination_id,
            matched_by=caller.how,
            rep_id=rep and rep.id,
            came_at=now,
            asked_at=wall,
            over_at=None if rep else wall,
        )
    )
    hello = f"Thank you for calling {policy.organization.name}."
    if rep is None or rep.phone is None:
        return Listen(f"{hello} {ASK}")
    return Offer(f"{hello} One moment, please.", rep.phone)


ASK = (
    "Nobody can take your call just now. Please leave your name, your number and a message after the tone, "
    "and we will call you back."
)


def screen(
    session: Session, provider: str, ref: str, *, pressed: bool, now: datetime
) -> Screen | Join | Over:
    """What the rep hears who has picked up; with a key `pressed` the call is theirs, and in the log."""
    call = inbound_calls.by_ref(session, provider, ref)
    if call is None or call.over_at is not None or call.rep_id is None or call.account_id is None:
        return Over("The caller has hung up. Goodbye.")
    account = session.get_one(Account, call.account_id)
    if not pressed:
        return Screen(
            f"{account.name}, account {account.number}, is calling. Press any key to take the call."
        )
    if call.taken_at is None:
        lock_accounts(session, [account.id])
        call.taken_at = now
        account.reached_on = policies.in_force(session).policy.today(now)
        log.append(session, _taken(session, call, now))
    return Join()


def leave(session: Session, provider: str, ref: str, *, wall: datetime) -> Listen | Over:
    """The rep's part is over: a caller who was not put through may leave a message."""
    call = inbound_calls.by_ref(session, provider, ref)
    if call is None:
        return Over()
    call.over_at = call.over_at or wall
    return Over() if call.taken_at else Listen(ASK)


def _at_hand(
    session: Session, caller: Caller, policy: Policy, now: datetime, wall: datetime
) -> Iterator[User]:
    """Who may take the call now: the account's rep, then their cover."""
    reps = _reps(session, caller)
    occupied = inbound_calls.busy(session, [rep.id for rep in reps], wall)
    occupied |= attempts.on_the_phone(session, [rep.id for rep in reps])
    for rep in reps:
        duty = duty_of(rep, policy)
        free = rep.active and rep.phone and rep.id not in occupied
        if free and duty and hours.on_duty(duty, now, policy):
            yield rep


def _reps(session: Session, caller: Caller) -> list[User]:
    account = session.get(Account, caller.account_id) if caller.account_id else None
    parent = session.get(Account, account.parent_id) if account and account.parent_id else None
    rep_id = (parent and parent.rep_id) or (account and account.rep_id)
    rep = session.get(User, rep_id) if rep_id else None
    cover = session.get(User, rep.cover_id) if rep and rep.cover_id else None
    return [user for user in (rep, cover) if user]


def _taken(session: Session, call: InboundCall, now: datetime) -> Entry:
    return Entry(
        at=now,
        actor=session.get_one(User, call.rep_id).login,
        what="call taken",
        account_id=call.account_id,
        channel="call",
        direction="in",
        about=call.ref,
        links={"number": call.matched_by},
    )
