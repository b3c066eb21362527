"""A rep's day: the customers to call, in their order, and who is left out of it (interface.md, queue)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.campaigns.planning.gatekeeping import moment
from outreach.ledger import people, policies, standing, touches
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.people import User
from outreach.ledger.plans import left_out_calls
from outreach.ledger.receivables import Account
from outreach.ledger.standing import Dial, Standings
from outreach.ledger.touches import Touch
from outreach.rules import gate, money
from outreach.rules.hours import or_ours
from outreach.rules.policy import Policy
from outreach.rules.standing import YES, Answer, Question
from outreach.rules.steps import Channel, step

TO_CALL = ("open", "started")


class Called(NamedTuple):
    """A call of the queue, and whom it goes to."""

    touch_id: int
    rank: int | None
    tier: int | None
    reasons: Sequence[str]
    value_minor: int
    currency: str
    not_before: datetime | None
    not_after: datetime | None
    account: str
    name: str
    contact: str | None
    extension: str | None
    phone: str | None
    whom: tuple[int, int | None, int | None, int | None]
    """account, contact, destination and rep"""


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
        select(*CALL, Touch.account_id, Touch.contact_id, Touch.destination_id, Touch.rep_id)
        .join(Account, Account.id == Touch.account_id)
        .outerjoin(Contact, Contact.id == Touch.contact_id)
        .outerjoin(Destination, Destination.id == Touch.destination_id)
        .where(Touch.rep_id == rep.id, Touch.day == on, Touch.channel == Channel.CALL)
        .where(Touch.state.in_(TO_CALL))
        .order_by(Touch.rank, Touch.tier, Touch.id)
    )
    return [Called._make((*row[:-4], tuple(row[-4:]))) for row in session.execute(query)]


CALL = (
    *(Touch.id, Touch.rank, Touch.tier, Touch.reasons, Touch.value_minor, Touch.currency),
    *(Touch.not_before, Touch.not_after, Account.number, Account.name),
    *(Contact.name, Contact.extension, Destination.address),
)


def _items(
    session: Session, rows: Sequence[Called], policy: Policy, at: datetime
) -> Iterator[dict[str, Any]]:
    carried = touches.open_firings(session, [row.touch_id for row in rows])
    firings = [[one for one in carried[row.touch_id] if one.call_side == "open"] for row in rows]
    dials = [Dial(*row.whom, some) for row, some in zip(rows, firings, strict=True)]
    facts = standing.for_calls(session, dials, at, policy)
    reasons = touches.calls_left(session, {row.touch_id: row.reasons for row in rows})
    for row, some, standings in zip(rows, firings, facts, strict=True):
        row = row._replace(reasons=reasons[row.touch_id])
        yield _item(row, some, _blocked(some, standings, policy, at), _zone(standings, policy))


def _item(row: Called, firings: Sequence[Firing], blocked: Answer | None, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "account": row.account,
        "name": row.name,
        "tier": row.tier,
        "steps": list(dict.fromkeys(firing.step for firing in firings)),
        "reasons": row.reasons,
        "value": money.decimal(row.value_minor, row.currency),
        "currency": row.currency,
        "contact": row.contact,
        "phone": row.phone,
        "extension": row.extension,
        "callable_from": _at(row.not_before, zone),
        "callable_until": _at(row.not_after, zone),
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
    desks = select(User.id).where(or_(User.id == rep.id, (User.cover_id == rep.id) & ~User.active))
    reps = session.scalars(desks).all()
    return ({"account": number, "why": rule} for number, rule in left_out_calls(session, reps, on))


def _zone(standings: Standings, policy: Policy) -> ZoneInfo:
    """The contact's zone, by whichever source the gate goes: hours read best in theirs."""
    return ZoneInfo(or_ours(standings.common.place, policy).zones[0])


def _at(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None
