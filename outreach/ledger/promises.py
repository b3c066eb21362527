"""Promises as a supervisor asks for them: what is due, what is late, what was kept (product.md 4 and 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from outreach.ledger.commitments import Hold, Promise
from outreach.ledger.receivables import Application
from outreach.rules.commitments import FORGIVEN_PER_CENT, most_forgiven

Due = Literal["today", "week"]
Judged = Literal["overdue", "kept", "broken"]
Which = Due | Judged
DUE: tuple[Due, ...] = get_args(Due)
JUDGED: tuple[Judged, ...] = get_args(Judged)

LOOK_BACK = timedelta(90)
"""promises of this long are judged: a quarter"""


@dataclass(frozen=True, slots=True)
class Judging:
    """A day, and the day that the newest import speaks of (None: nothing is judged yet)."""

    today: date
    as_of: date | None


def due(which: Due, today: date) -> ColumnElement[bool]:
    """Due today; due from today to the week's Sunday."""
    last = today if which == "today" else today + timedelta(6 - today.weekday())
    return Promise.due_on.between(today, last)


def count_due(session: Session, today: date) -> Mapping[Due, Sequence[tuple[str, int, int]]]:
    """Which -> currency, how many, how much."""
    return {which: _summed(session, due(which, today)) for which in DUE}


def is_judged(session: Session, which: Judged, at: Judging) -> ColumnElement[bool]:
    """`overdue`: its day has passed and the money is still not there.
    `kept`, `broken`: its grace day is over by what the ledger knows, never by a stale one."""
    since = at.today - LOOK_BACK
    if which == "overdue":
        return and_(Promise.due_on.between(since, at.today - timedelta(1)), ~_is_paid(session, since))
    over = and_(Promise.due_on >= since, Promise.grace_on <= (at.as_of or date.min))
    kept = _is_paid(session, since, Application.dated_on <= Promise.grace_on)
    return and_(over, kept if which == "kept" else ~kept)


def judged(session: Session, which: Judged, at: Judging) -> Select[str, int, int]:
    """Currency, how many, how much."""
    return _sums(is_judged(session, which, at))


def _summed(session: Session, which: ColumnElement[bool]) -> list[tuple[str, int, int]]:
    return [(currency, count, int(amount)) for currency, count, amount in session.execute(_sums(which))]


def _sums(which: ColumnElement[bool]) -> Select[str, int, int]:
    query = select(Promise.currency, func.count(), func.sum(Promise.amount_minor))
    return query.where(which).group_by(Promise.currency).order_by(Promise.currency)


def _is_paid(session: Session, since: date, *by_then: ColumnElement[bool]) -> ColumnElement[bool]:
    """What was applied to its invoices since is as much as was promised, less the tolerance."""
    covered = select(Hold.invoice_id).where(Hold.promise_id == Promise.id).correlate(Promise)
    received = (
        select(func.coalesce(func.sum(Application.amount_minor), 0))
        .where(Application.invoice_id.in_(covered), Application.dated_on >= Promise.promised_on, *by_then)
        .correlate(Promise)
        .scalar_subquery()
    )
    currencies = session.scalars(select(Promise.currency).where(Promise.due_on >= since).distinct()).all()
    most = case({one: most_forgiven(one) for one in currencies} or {"": 0}, value=Promise.currency, else_=0)
    share = Promise.amount_minor * FORGIVEN_PER_CENT // 100
    return received >= Promise.amount_minor - case((share < most, share), else_=most)
