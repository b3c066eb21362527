"""What we owe a customer: an answer to a voicemail or a reply. It comes before all that was planned.

A firing of its own, and a call for it at once, so that nothing has to remember it until the next plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import facts, reach, roster, touches
from outreach.ledger.facts import Accounts
from outreach.ledger.firings import Firing
from outreach.ledger.policies import InForce
from outreach.ledger.reach import Way
from outreach.ledger.receivables import Account
from outreach.ledger.roster import Desk
from outreach.ledger.touches import Touch
from outreach.rules import hours
from outreach.rules.hours import Window
from outreach.rules.plan_day import Balance
from outreach.rules.steps import Channel, Step

FIRST = 0
"""the rank of what came in after the plan: before its first place"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An item that waits for an answer by phone."""

    step: Step
    item: str
    """its id: one firing each, however often it is asked for"""
    account_id: int
    reason: str
    """in words, for the desk"""
    contact_id: int | None = None
    destination_id: int | None = None
    """the one to call, where it is known and may be called; else the contacts' order decides"""


def owe(session: Session, owed: Owed, in_force: InForce, now: datetime) -> datetime | None:
    """Fire the step and plan its call for the next hours they may be called in. Under the account's lock.

    Returns from when they may be called. None: nobody can be called, or there is no rep; the firing stays
    open with the rule that says so, and each plan asks again. Asking twice changes nothing.
    """
    account = session.get_one(Account, owed.account_id)
    firing = _fire(session, owed, in_force, now)
    if firing is None:
        return None
    policy = in_force.policy
    customer_id = account.parent_id or account.id
    desk = _desk(session, account, in_force)
    way = _way(session, owed, {account.id, customer_id}, in_force)
    if desk is None or way is None:
        firing.call_rule = "no rep" if desk is None else "no number"
        return None
    window = hours.next_call_window(way.place, now, policy, desk.duty)
    if not isinstance(window, Window):
        firing.call_rule = "no zone" if not way.place.zones else "outside hours"
        return None
    opens = max(now, window.opens)
    firing.touch_on = firing.call_again_on = policy.today(opens)
    value, currency = _value(session, account.id, in_force, now)
    touch = _touch(
        session,
        customer_id,
        firing.touch_on,
        now,
        step=owed.step.name,
        tier=owed.step.tier,
        rank=FIRST,
        value_minor=value,
        currency=currency,
        rep_id=desk.rep_id,
        contact_id=way.contact_id,
        destination_id=way.destination_id,
        not_before=opens,
        not_after=window.closes,
        policy_id=in_force.id,
    )
    touch.reasons = [owed.reason, *touch.reasons]
    session.flush()
    touches.carry(session, touch.id, [firing.id])
    return opens


def _fire(session: Session, owed: Owed, in_force: InForce, now: datetime) -> Firing | None:
    same = (Firing.account_id == owed.account_id, Firing.step == owed.step.name, Firing.subject == owed.item)
    if session.scalars(select(Firing.id).where(*same).limit(1)).first() is not None:
        return None
    policy = in_force.policy
    today = policy.today(now)
    firing = Firing(
        account_id=owed.account_id,
        step=owed.step.name,
        subject=owed.item,
        cycle=owed.item,
        fired_on=today,
        raw_on=today,
        touch_on=policy.business_days.roll_forward(today),
        call_side="open",
        created_at=now,
    )
    session.add(firing)
    session.flush()
    return firing


def _touch(session: Session, customer_id: int, day: date, now: datetime, **columns: object) -> Touch:
    """The call that is planned for them that day and has not begun, moved to the top; else one more."""
    planned = touches.waiting(session, customer_id, "call", day)
    joined = next((touch for touch in planned if touch.not_before is None or touch.not_before <= now), None)
    if joined is None:
        n = touches.next_n(session, customer_id, "call", day)
        joined = Touch(account_id=customer_id, channel="call", day=day, n=n, reasons=[], created_at=now)
        session.add(joined)
    for name, value in columns.items():
        setattr(joined, name, value)
    return joined


def _desk(session: Session, account: Account, in_force: InForce) -> Desk | None:
    parent = session.get(Account, account.parent_id) if account.parent_id else None
    rep_id = (parent and parent.rep_id) or account.rep_id
    return roster.desks(session, in_force.policy).get(rep_id or 0)


def _way(session: Session, owed: Owed, account_ids: set[int], in_force: InForce) -> Way | None:
    """Who has called or written, if they may be called; else who comes first in the contacts' order."""
    by_account = reach.ways(session, account_ids, Channel.CALL, in_force.policy)
    found: Sequence[Way] = [way for id_ in sorted(account_ids) for way in by_account.get(id_, ())]
    named = (way for way in found if way.is_usable and owed.contact_id == way.contact_id)
    same = [way for way in named if owed.destination_id in (None, way.destination_id)]
    chosen = same[0] if same else reach.choose(found, reach.need_of(owed.step, Channel.CALL))
    return chosen if chosen and chosen.is_usable else None


def _value(session: Session, account_id: int, in_force: InForce, now: datetime) -> tuple[int, str]:
    """What is asked of the account, in the currency most of it is in."""
    day = facts.plan_day(session, in_force.policy.today(now), in_force.policy)
    balances = facts.books(session, Accounts([account_id]), day).balances.get(account_id, ())
    most: Balance | None = max(balances, key=lambda one: one.asked, default=None)
    return (most.asked, most.currency) if most else (0, in_force.policy.organization.currency)
