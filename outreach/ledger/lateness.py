"""Who is routinely late (product.md 6): counted by the database, judged by the rule, kept on the account.

Only accounts that are late often enough come out of it row by row, for the median.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from outreach.ledger.among import among
from outreach.ledger.as_of import known_on
from outreach.ledger.base import Ledger
from outreach.ledger.locks import lock_accounts
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.rules.lateness import is_routine, median
from outreach.rules.policy import Lateness
from outreach.rules.quarters import same_day_before

CHUNK = 500
"""accounts that one transaction marks"""


@dataclass(frozen=True, slots=True)
class Habit:
    """An account that is routinely late: how many of its invoices fell due, and by how many days the late
    ones were late."""

    account_id: int
    number: str
    name: str
    due: int
    days_late: Sequence[int]

    @property
    def median_days(self) -> float:
        return float(median(self.days_late))


def routinely_late(session: Session, on: date, rule: Lateness) -> Mapping[int, Habit]:
    """Account id -> its habit, by what is known now of that day; in the order of their numbers."""
    fell_due = _fell_due(on, same_day_before(on, rule.months))
    is_late = case((fell_due.c.ended > fell_due.c.due_on, 1), else_=0)
    due, late = func.count(), func.sum(is_late)
    often = (
        select(fell_due.c.account_id, due.label("due"))
        .group_by(fell_due.c.account_id)
        .having(due >= rule.invoices, late * 100 >= rule.per_cent * due)
        .subquery()
    )
    query = (
        select(Account.id, Account.number, Account.name, often.c.due, fell_due.c.due_on, fell_due.c.ended)
        .join(often, often.c.account_id == Account.id)
        .join(fell_due, fell_due.c.account_id == Account.id)
        .where(fell_due.c.ended > fell_due.c.due_on)
        .order_by(Account.number)
    )
    days: dict[tuple[int, str, str, int], list[int]] = defaultdict(list)
    for id_, number, name, count, due_on, ended in session.execute(query):
        days[id_, number, name, count].append((ended - due_on).days)
    habits = (Habit(*account, late_by) for account, late_by in days.items())
    return {one.account_id: one for one in habits if is_routine(one.due, one.days_late, rule)}


def refresh(ledger: Ledger, late: Collection[int]) -> int:
    """Mark these accounts as routinely late, and no others, a few at a time. Returns how many changed."""
    with ledger.reading() as session:
        marked = set(session.scalars(select(Account.id).where(Account.routinely_late)))
    wanted = set(late)
    for is_late, ids in ((True, sorted(wanted - marked)), (False, sorted(marked - wanted))):
        for start in range(0, len(ids), CHUNK):
            with ledger.writing() as session:
                _mark(session, ids[start : start + CHUNK], is_late)
    return len(wanted ^ marked)


def _mark(session: Session, ids: Collection[int], is_late: bool) -> None:
    lock_accounts(session, ids)
    which = among(Account.__table__.c.id, ids)
    session.execute(update(Account).where(which).values(routinely_late=is_late))


def _fell_due(on: date, after: date) -> CTE:
    """What fell due after a day and up to `on`: its account, its due date, and the day it was paid, or `on`
    while it is open."""
    later = func.coalesce(_applied(Application.dated_on > on), 0)
    last = _last_applied(on)
    closed = case(
        (Invoice.closed_on <= on, Invoice.closed_on),
        # Open now, or paid since; a payment of then that bounced later had closed it all the same.
        (Invoice.open_minor + later == 0, func.coalesce(last, on)),
        else_=on,
    )
    return (
        select(Invoice.account_id, Invoice.due_on, closed.label("ended"))
        .where(
            Invoice.due_on > after,
            Invoice.due_on <= on,
            Invoice.gross_minor > 0,
            Invoice.kind.not_in(("credit", "receipt")),
            known_on(on),
        )
        .cte("fell_due")
    )


def _applied(when: ColumnElement[bool]) -> Any:
    """What was applied to the invoice then; of most invoices it is not asked."""
    query = select(func.sum(Application.amount_minor)).where(Application.invoice_id == Invoice.id, when)
    return query.correlate(Invoice).scalar_subquery()


def _last_applied(on: date) -> Any:
    query = select(func.max(Application.dated_on)).where(
        Application.invoice_id == Invoice.id, Application.dated_on <= on
    )
    return query.correlate(Invoice).scalar_subquery()
