"""A rep's day: the customers to call, in their order, and who is left out of it (interface.md, queue)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.campaigns.gatekeeping import moment
from outreach.ledger import people, policies, standing, touches
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.people import User
from outreach.ledger.plans import LeftOut
from outreach.ledger.receivables import Account
from outreach.ledger.standing import Dial, Standings
from outreach.ledger.touches import Touch
from outreach.rules import gate, money
from outreach.rules.policy import Policy
from outreach.rules.standing import YES, Answer, Question
from outreach.rules.steps import Channel, step

TO_CALL = ("open", "started")


class Called(NamedTuple):
    """A call of the queue, and whom it goes to."""

    touch: Touch
    account: Account
    contact: Contact | None
    number: Destination | None


def queue(session: Session, login: str, day: date, now: datetime) -> dict[str, Any] | None:
    """The document of a rep's queue; None if nobody has that login.

    On a closed day it is the queue of the next business day, and says so.
    """
    rep = people.by_login(session, login)
    if rep is None:
        return None
    policy = policies.in_force(session).policy
    on = policy.business_days.roll_forward(day)
    closed = policy.business_days.closed_for(day)
    document = {
        "rep": login,
        "date": on.isoformat(),
        "target": policy.desk.target,
        "items": list(_items(session, _calls(session, rep, on), policy, max(now, moment(on, policy)))),
        "left_out": list(_left_out(session, rep, on)),
    }
    return document | ({"note": f"{day} is {closed}: this is the queue of {on}"} if closed else {})


def _calls(session: Session, rep: User, on: date) -> Sequence[Called]:
    query = (
        select(Touch, Account, Contact, Destination)
        .join(Account, Account.id == Touch.account_id)
        .outerjoin(Contact, Contact.id == Touch.contact_id)
        .outerjoin(Destination, Destination.id == Touch.destination_id)
        .where(Touch.rep_id == rep.id, Touch.day == on, Touch.channel == Channel.CALL)
        .where(Touch.state.in_(TO_CALL))
        .order_by(Touch.rank, Touch.tier, Touch.id)
    )
    return [Called(*row) for row in session.execute(query)]


def _items(
    session: Session, rows: Sequence[Called], policy: Policy, at: datetime
) -> Iterator[dict[str, Any]]:
    carried = touches.open_firings(session, [row.touch.id for row in rows])
    firings = [[one for one in carried[row.touch.id] if one.call_side == "open"] for row in rows]
    dials = [_dial(row.touch, some) for row, some in zip(rows, firings, strict=True)]
    facts = standing.for_calls(session, dials, at, policy)
    for row, some, standings in zip(rows, firings, facts, strict=True):
        yield _item(row, some, _blocked(some, standings, policy, at), policy)


def _dial(touch: Touch, firings: Sequence[Firing]) -> Dial:
    return Dial(touch.account_id, touch.contact_id, touch.destination_id, touch.rep_id, firings)


def _item(row: Called, firings: Sequence[Firing], blocked: Answer | None, policy: Policy) -> dict[str, Any]:
    touch, account, contact, number = row
    zone = _zone(contact, number, policy)
    return {
        "rank": touch.rank,
        "account": account.number,
        "name": account.name,
        "tier": touch.tier,
        "steps": list(dict.fromkeys(firing.step for firing in firings)),
        "reasons": touch.reasons,
        "value": money.decimal(touch.value_minor, touch.currency),
        "currency": touch.currency,
        "contact": contact.name if contact else None,
        "phone": number.address if number else None,
        "extension": contact.extension if contact else None,
        "callable_from": _at(touch.not_before, zone),
        "callable_until": _at(touch.not_after, zone),
        "blocked": blocked.rule if blocked else None,
        "blocked_words": blocked.words if blocked else None,
    }


def _blocked(firings: Sequence[Firing], standings: Standings, policy: Policy, at: datetime) -> Answer | None:
    """What has come between since it was planned, if it stops all that the call was for."""
    answers = [
        gate.ask(Question.about(step(one.step), Channel.CALL), standings.of[one.id], at, policy, gate.LASTING)
        for one in sorted(firings, key=lambda one: step(one.step).tier or 0)
    ]
    if not answers:
        return Answer("no", "nothing asked", None, "Nothing is left to call about.")
    return None if YES in answers else answers[0]


def _left_out(session: Session, rep: User, on: date) -> Iterator[dict[str, Any]]:
    """Accounts of the rep, and of whom they cover for, that had a reason to be called and are not."""
    query = (
        select(Account.number, LeftOut.rule)
        .join(LeftOut, LeftOut.account_id == Account.id)
        .join(User, User.id == Account.rep_id)
        .where(or_(User.id == rep.id, (User.cover_id == rep.id) & ~User.active))
        .where(LeftOut.channel == Channel.CALL, LeftOut.since <= on)
        .where(or_(LeftOut.until.is_(None), LeftOut.until > on))
        .order_by(Account.id)
    )
    return ({"account": number, "why": rule} for number, rule in session.execute(query))


def _zone(contact: Contact | None, number: Destination | None, policy: Policy) -> ZoneInfo:
    """The contact's zone, as far as one is known: hours read best in theirs."""
    zones = (number.zones or "").split() if number else []
    name = (contact.timezone if contact else None) or next(iter(zones), None)
    return ZoneInfo(name) if name else policy.organization.zone


def _at(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None
