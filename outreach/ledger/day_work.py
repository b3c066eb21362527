"""What a day's work came to, for any day (product.md 6)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, distinct, func, or_, select
from sqlalchemy.orm import Session, aliased

from outreach.ledger import root_causes
from outreach.ledger.activity import CALLS, Pace, paces
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.campaigns import ended_as
from outreach.ledger.commitments import Promise
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.people import User
from outreach.ledger.plans import LeftOut
from outreach.ledger.receivables import Application, Invoice
from outreach.ledger.touches import Touch
from outreach.ledger.voicemails import Voicemail
from outreach.rules.outcomes import conversation

LOOK_BACK = timedelta(90)
"""of receipts, and of causes that customers named: a quarter"""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a day, of all reps."""

    customers: int
    """with at least one call that rang"""
    rang: int
    answered: int
    right_party: int
    written_to: int
    """calls that rang, with a letter to the same customer later that day"""


class Receipts(NamedTuple):
    """What came in on one day and was applied on another; `applied_on` None: not yet."""

    received_on: date
    applied_on: date | None
    receipts: int


class Cause(NamedTuple):
    """What keeps customers from paying, as they last said, and what was open of it then."""

    name: str
    currency: str
    accounts: int
    amount: int


def calls(session: Session, day: date) -> Calls:
    rang = CALLS["called"]
    query = select(
        func.count(distinct(case((rang, CallAttempt.account_id)))),
        func.count(case((rang, 1))),
        func.count(case((CALLS["answered"], 1))),
        func.count(case((ended_as(conversation), 1))),
        func.count(case((and_(rang, _letter_after()), 1))),
    )
    # By the reps, so that the index on rep and day serves: no index knows a day alone.
    mine = (CallAttempt.rep_id.in_(select(User.id)), CallAttempt.day == day)
    return Calls(*session.execute(query.where(*mine)).one())


def working(session: Session, day: date) -> Sequence[tuple[User, Pace]]:
    """The reps who called that day or had calls to make, by name, whether or not they still work here."""
    planned = select(Touch.rep_id).where(Touch.day == day, Touch.channel == "call").distinct()
    called = select(CallAttempt.rep_id).where(CallAttempt.rep_id == User.id, CallAttempt.day == day)
    worked = or_(User.id.in_(planned), called.exists())
    return paces(session, day, and_(User.role == "rep", worked))


def promised(session: Session, day: date) -> Sequence[tuple[str, int, int]]:
    """Currency, how many promises were made that day, how much."""
    query = select(Promise.currency, func.count(), func.sum(Promise.made_minor))
    rows = session.execute(query.where(Promise.promised_on == day).group_by(Promise.currency))
    return [(currency, count, int(amount)) for currency, count, amount in rows]


def voicemails_due(session: Session, since: datetime, until: datetime) -> tuple[int, int]:
    """Voicemails that were to be answered within a stretch of time, and those that were by their time."""
    in_time = case((Voicemail.answered_at <= Voicemail.due_at, 1))
    query = select(func.count(), func.count(in_time)).where(
        Voicemail.due_at >= since, Voicemail.due_at < until, Voicemail.state != "empty"
    )
    due, answered = session.execute(query).one()
    return due, answered


def receipts(session: Session, day: date) -> Iterator[Receipts]:
    """Of the last 90 days: receipts that a file showed, and payments of which one states when they came."""
    since = day - LOOK_BACK
    closed_on = case((and_(Invoice.closed_on <= day, Invoice.open_minor == 0), Invoice.closed_on))
    shown = select(Invoice.invoiced_on, closed_on, func.count()).where(
        Invoice.kind == "receipt", Invoice.invoiced_on.between(since, day)
    )
    dated_on = case((Application.dated_on <= day, Application.dated_on))
    stated = select(Application.received_on, dated_on, func.count()).where(
        Application.kind == "payment", Application.received_on.between(since, day), _stands()
    )
    by_days = (
        shown.group_by(Invoice.invoiced_on, closed_on),
        stated.group_by(Application.received_on, dated_on),
    )
    for query in by_days:
        yield from (Receipts(*row) for row in session.execute(query))


def causes(session: Session, day: date) -> Sequence[Cause]:
    """By the newest word on each invoice within 90 days, the largest amounts of a currency first."""
    found = [
        Cause(one.cause, currency, one.accounts, amount)
        for one in root_causes.sums(session, day - LOOK_BACK, day)
        for currency, amount in one.amounts.items()
    ]
    return sorted(found, key=lambda one: (one.currency, -one.amount, one.name))


def left_out(session: Session, day: date) -> Mapping[str, int]:
    """The rule -> how many accounts it kept from a call, a letter or both on a day."""
    then = and_(LeftOut.since <= day, or_(LeftOut.until.is_(None), LeftOut.until > day))
    accounts = func.count(distinct(LeftOut.account_id))
    query = select(LeftOut.rule, accounts).where(then).group_by(LeftOut.rule)
    return dict(session.execute(query.order_by(accounts.desc(), LeftOut.rule)).all())


def _stands() -> ColumnElement[bool]:
    """No later file dated the payment otherwise."""
    same_day = aliased(Application)
    total = select(func.sum(same_day.amount_minor)).where(
        same_day.invoice_id == Application.invoice_id, same_day.dated_on == Application.dated_on
    )
    return total.correlate(Application).scalar_subquery() > 0


def _letter_after() -> ColumnElement[bool]:
    """A letter that the provider took, to the customer of a call, written later on the same day."""
    to_them = or_(Letter.account_id == CallAttempt.account_id, _carries_their_touch())
    later = and_(Letter.day == CallAttempt.day, Letter.created_at >= CallAttempt.requested_at)
    query = select(Letter.id).where(later, Letter.accepted_at.is_not(None), to_them)
    return query.correlate(CallAttempt).exists()


def _carries_their_touch() -> ColumnElement[bool]:
    query = select(Touch.id).join(LetterTouch, LetterTouch.touch_id == Touch.id)
    its = (LetterTouch.letter_id == Letter.id, Touch.account_id == CallAttempt.account_id)
    return query.where(*its).correlate(Letter, CallAttempt).exists()
