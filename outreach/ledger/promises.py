"""Promises as a supervisor asks for them: what is due, what is late, what was kept (product.md 4 and 6)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.commitments import UNSETTLED, Promise
from outreach.rules.promises import MISSED, PromiseState

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
    bounced_since: Collection[int] = ()
    """ids of promises that are missed now and were kept that day (see `keeping.bounced_since`)"""


def due(which: Due, today: date) -> ColumnElement[bool]:
    """Due today; due from today to the week's Sunday."""
    last = today if which == "today" else today + timedelta(6 - today.weekday())
    return Promise.due_on.between(today, last)


def count_due(session: Session, today: date) -> Mapping[Due, Sequence[tuple[str, int, int]]]:
    """Which -> currency, how many, how much."""
    return {which: _summed(session, due(which, today)) for which in DUE}


def is_judged(which: Judged, at: Judging) -> ColumnElement[bool]:
    """`overdue`: its day has passed, and nobody has settled it. `kept`, `broken` (in part, too): as it was
    judged by an import up to that day (campaigns.keeping), never by a stale one."""
    since = at.today - LOOK_BACK
    if which == "overdue":
        return and_(Promise.due_on.between(since, at.today - timedelta(1)), UNSETTLED)
    kept_then = Promise.id.in_(at.bounced_since)
    if which == "kept":
        judged = or_(Promise.state == PromiseState.KEPT, kept_then)
    else:
        judged = and_(Promise.state.in_(sorted(MISSED)), ~kept_then)
    return and_(Promise.due_on >= since, judged, Promise.judged_on <= (at.as_of or date.min))


def condition(which: Which, at: Judging) -> ColumnElement[bool]:
    """Either kind."""
    return due(which, at.today) if which == "today" or which == "week" else is_judged(which, at)


def judged(which: Judged, at: Judging) -> Select[str, int, int]:
    """Currency, how many, how much."""
    return _sums(is_judged(which, at))


def _summed(session: Session, which: ColumnElement[bool]) -> list[tuple[str, int, int]]:
    return [(currency, count, int(amount)) for currency, count, amount in session.execute(_sums(which))]


def _sums(which: ColumnElement[bool]) -> Select[str, int, int]:
    query = select(Promise.currency, func.count(), func.sum(Promise.amount_minor))
    return query.where(which).group_by(Promise.currency).order_by(Promise.currency)
