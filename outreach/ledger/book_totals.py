"""What the whole book comes to: statements that go over all of it, so for no page to run.

The conditions are those of the lists behind each figure, so that figure and list cannot part.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from outreach.ledger.campaigns import paid
from outreach.ledger.figures import WHOLE, Tally
from outreach.ledger.plans import RUNNING_ON, LeftOut
from outreach.ledger.promises import JUDGED, Judging, judged
from outreach.ledger.receivables import OPEN, Invoice
from outreach.rules.aging import BUCKETS, Bucket, due_dates
from outreach.rules.policy import Policy

AGING, OVERDUE_31, LEFT_OUT, PROMISES, PAID = "aging", "overdue_31", "left_out", "promises", "paid"
"""names of figures"""


def in_ledger() -> ColumnElement[bool]:
    """Everything that is open: the buckets sum to it."""
    return and_(OPEN, Invoice.open_minor != 0)


def in_bucket(name: Bucket, on: date) -> ColumnElement[bool]:
    """Open invoices and credits of an aging bucket (product.md 1)."""
    first, last = due_dates(name, on)
    return and_(OPEN, Invoice.due_on.between(first, last))


def is_overdue_31(on: date, policy: Policy) -> ColumnElement[bool]:
    """Open invoices more than 31 days past due, judged gross: credits are not among them (product.md 6)."""
    return and_(OPEN, Invoice.open_minor > 0, Invoice.due_on < on - timedelta(policy.cadence.overdue_31))


def book_totals(session: Session, judging: Judging, policy: Policy) -> Iterator[Tally]:
    """Every figure that is kept."""
    on = judging.today
    yield from _aging(session, on)
    yield from _by_currency(session, OVERDUE_31, is_overdue_31(on, policy))
    yield from _left_out(session, on)
    yield from _promises(session, judging)
    for step, count in session.execute(paid(on)):
        yield Tally(PAID, step, WHOLE, count, 0)


def _aging(session: Session, on: date) -> Iterator[Tally]:
    """In one walk over what is open."""
    bucket = case(*((Invoice.due_on.between(*due_dates(name, on)), name) for name in BUCKETS))
    query = select(bucket, Invoice.currency, func.count(), func.sum(Invoice.open_minor))
    for name, currency, count, amount in session.execute(
        query.where(OPEN).group_by(bucket, Invoice.currency)
    ):
        yield Tally(AGING, name, currency, count, int(amount))


def _by_currency(session: Session, name: str, which: ColumnElement[bool]) -> Iterator[Tally]:
    query = select(Invoice.currency, func.count(), func.sum(Invoice.open_minor))
    for currency, count, amount in session.execute(query.where(which).group_by(Invoice.currency)):
        yield Tally(name, "", currency, count, int(amount))


def _left_out(session: Session, on: date) -> Iterator[Tally]:
    """Accounts by the rule that keeps them from a call, a letter or both, and what they owe past due."""
    accounts = func.count(LeftOut.account_id.distinct())
    for rule, count in session.execute(
        select(LeftOut.rule, accounts).where(RUNNING_ON).group_by(LeftOut.rule)
    ):
        yield Tally(LEFT_OUT, rule, WHOLE, count, 0)
    out = select(LeftOut.rule, LeftOut.account_id).where(RUNNING_ON).distinct().subquery()
    owed = and_(Invoice.account_id == out.c.account_id, OPEN, Invoice.open_minor > 0, Invoice.due_on < on)
    amounts = (
        select(
            out.c.rule,
            Invoice.currency,
            func.count(out.c.account_id.distinct()),
            func.sum(Invoice.open_minor),
        )
        .join(Invoice, owed)
        .group_by(out.c.rule, Invoice.currency)
    )
    for rule, currency, count, amount in session.execute(amounts):
        yield Tally(LEFT_OUT, rule, currency, count, int(amount))


def _promises(session: Session, judging: Judging) -> Iterator[Tally]:
    for which in JUDGED:
        for currency, count, amount in session.execute(judged(which, judging)):
            yield Tally(PROMISES, which, currency, count, int(amount))
