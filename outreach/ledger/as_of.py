"""The ledger on any day, by all that is known now: gross less what was applied by then (product.md 1).

Worked backwards: what is open now, with what was applied after the day put back. So a day costs what has
moved since, and not the history.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery, and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from outreach.ledger.commitments import Hold
from outreach.ledger.receivables import OPEN, Account, Application, Invoice
from outreach.rules.aging import BUCKETS, Bucket, due_dates
from outreach.rules.overdue import Share


class Balance(NamedTuple):
    """What stood in one aging bucket, in one currency; the amount in minor units."""

    bucket: Bucket
    currency: str
    documents: int
    amount: int


class FallenDue(NamedTuple):
    """What fell due in a stretch of days, in minor units of one currency, and what became of it."""

    gross: int = 0
    credits: int = 0
    paid: int = 0
    vanished: int = 0
    """of the paid: only missing from a later file"""


def open_on(on: date) -> Subquery:
    """Invoice id and what was open of it at the end of a day, where anything was."""
    moved = union_all(
        select(Invoice.id, Invoice.open_minor.label("amount")).where(OPEN),
        select(Application.invoice_id, Application.amount_minor).where(Application.dated_on > on),
    ).subquery()
    total = func.sum(moved.c.amount)
    return (
        select(moved.c.id.label("invoice_id"), total.label("amount"))
        .group_by(moved.c.id)
        .having(total != 0)
        .subquery("open_on")
    )


def known_on(on: date) -> ColumnElement[bool]:
    """In the ledger by then: written by then, or shown by a file of then though its date is a later one."""
    return or_(Invoice.invoiced_on <= on, Invoice.first_seen_on <= on)


def balances(session: Session, on: date) -> Iterator[Balance]:
    """The aging of a day. The buckets of a currency sum to its ledger."""
    bucket = case(*((Invoice.due_on.between(*due_dates(name, on)), name) for name in BUCKETS))
    then = open_on(on)
    query = (
        select(bucket, Invoice.currency, func.count(), func.sum(then.c.amount))
        .join(then, then.c.invoice_id == Invoice.id)
        .where(known_on(on))
        .group_by(bucket, Invoice.currency)
    )
    for name, currency, count, amount in session.execute(query):
        yield Balance(name, currency, count, int(amount))


def totals(session: Session, on: date) -> Mapping[str, int]:
    """Currency -> all that was open on a day, in minor units."""
    then = open_on(on)
    query = select(Invoice.currency, func.sum(then.c.amount)).join(then, then.c.invoice_id == Invoice.id)
    rows = session.execute(query.where(known_on(on)).group_by(Invoice.currency))
    return {currency: int(amount) for currency, amount in rows}


def fallen_due(session: Session, first: date, on: date) -> Mapping[str, FallenDue]:
    """Currency -> what fell due from `first` to `on`, and what was paid of it by then.

    A credit note that was used is no payment of the invoice it was used for, whatever the file says of it.
    Of each account no more is credited than fell due, so that the share that is paid is one of 0 to 100 %.
    """
    due, set_off = _due(first, on), _set_off(first, on)
    by_credit = _lesser(func.coalesce(set_off.c.amount, 0), due.c.settled)
    claims = func.coalesce(set_off.c.amount, 0) - by_credit + due.c.unused
    credits = by_credit + _lesser(claims, due.c.gross - due.c.settled)
    sums = (func.sum(one) for one in (due.c.gross, credits, due.c.settled - by_credit))
    same = and_(set_off.c.account_id == due.c.account_id, set_off.c.currency == due.c.currency)
    query = select(due.c.currency, *sums).outerjoin(set_off, same).group_by(due.c.currency)
    kinds = (
        select(Invoice.currency, Application.kind, func.sum(Application.amount_minor))
        .join(Application, Application.invoice_id == Invoice.id)
        .where(_fell(first, on), Application.dated_on <= on, Application.kind.in_(("credit", "vanished")))
        .group_by(Invoice.currency, Application.kind)
    )
    applied = {(currency, kind): int(amount) for currency, kind, amount in session.execute(kinds)}
    found = {}
    for currency, gross, credited, paid in session.execute(query):
        as_such = applied.get((currency, "credit"), 0)
        vanished = applied.get((currency, "vanished"), 0)
        found[currency] = FallenDue(int(gross), int(credited) + as_such, int(paid) - as_such, vanished)
    return found


def _fell(first: date, on: date) -> ColumnElement[bool]:
    return and_(Invoice.due_on.between(first, on), Invoice.kind != "receipt", known_on(on))


def _due(first: date, on: date) -> Subquery:
    """Per account and currency: gross of what fell due, settled of it, and credit notes not yet used."""
    then = open_on(on)
    left, unused = (case((sign, then.c.amount), else_=0) for sign in (then.c.amount > 0, then.c.amount < 0))
    return (
        select(
            *(Invoice.account_id, Invoice.currency),
            _sum(Invoice.gross_minor > 0, Invoice.gross_minor).label("gross"),
            _sum(Invoice.gross_minor > 0, Invoice.gross_minor - left).label("settled"),
            _sum(Invoice.gross_minor < 0, -unused).label("unused"),
        )
        .outerjoin(then, then.c.invoice_id == Invoice.id)
        .where(_fell(first, on))
        .group_by(Invoice.account_id, Invoice.currency)
        .subquery("due")
    )


def _set_off(first: date, on: date) -> Subquery:
    """Per account and currency: what of the credit notes went to invoices that fell due.

    No file says what a credit note was used for. It is taken for what was applied on the day it was used, the
    oldest invoices first; a note that fell due itself, for the others where nothing was applied that day.
    """
    fell, is_note = _fell(first, on), and_(Invoice.gross_minor < 0, Invoice.kind != "receipt")
    owed, amount = Invoice.gross_minor > 0, Application.amount_minor
    noted = aliased(Invoice)
    with_notes = select(noted.account_id).where(noted.gross_minor < 0, noted.kind != "receipt")
    day = (
        select(
            *(Invoice.account_id, Invoice.currency),
            _sum(is_note, -amount).label("used"),
            _sum(and_(is_note, fell), -amount).label("own"),
            _sum(and_(owed, Invoice.due_on < first), amount).label("older"),
            _sum(and_(owed, fell, Application.kind != "credit"), amount).label("applied"),
        )
        .join(Application, Application.invoice_id == Invoice.id)
        .where(Invoice.account_id.in_(with_notes), Application.dated_on <= on)
        .group_by(Invoice.account_id, Invoice.currency, Application.dated_on)
        .subquery()
    )
    room = case((day.c.applied > day.c.own, day.c.applied), else_=day.c.own)
    went = _lesser(day.c.used - day.c.older, room)
    total = func.sum(case((went > 0, went), else_=0)).label("amount")
    return select(day.c.account_id, day.c.currency, total).group_by(*day.c[:2]).subquery("set_off")


def overdue_shares(session: Session, on: date, days: int) -> list[Share]:
    """What each account had overdue by more than `days`, by currency; its credits, disputes and promises."""
    then, due_before = open_on(on), on - timedelta(days)
    late = and_(then.c.amount > 0, Invoice.due_on < due_before)
    gross = func.sum(case((late, then.c.amount), else_=0))
    credits = func.sum(case((then.c.amount < 0, -then.c.amount), else_=0))
    query = (
        select(Account.number, Invoice.currency, gross, credits)
        .select_from(Invoice)
        .join(then, then.c.invoice_id == Invoice.id)
        .join(Account, Account.id == Invoice.account_id)
        .where(known_on(on))
        .group_by(Account.number, Invoice.currency)
        .having(gross > 0)
        .order_by(Account.number, Invoice.currency)
    )
    held = _held(session, on, due_before)
    return [
        Share(account, currency, int(owed), int(unapplied), *held.get((account, currency), (0, 0)))
        for account, currency, owed, unapplied in session.execute(query)
    ]


def holding(on: date) -> ColumnElement[bool]:
    """Holds that held on a day, whatever became of them since."""
    unended = or_(Hold.ended_on.is_(None), Hold.ended_on > on)
    return and_(Hold.since <= on, or_(Hold.until.is_(None), Hold.until >= on), unended)


def _held(session: Session, on: date, due_before: date) -> Mapping[tuple[str, str], tuple[int, int]]:
    """(account, currency) -> disputed and promised of what was due before a day: of each invoice no more
    than is open."""
    then = open_on(on)
    whole = func.coalesce(Hold.amount_minor, then.c.amount)
    by_kind = [
        func.sum(case((Hold.kind == kind, whole), else_=0)).label(kind) for kind in ("dispute", "promise")
    ]
    each = (
        select(Invoice.account_id, Invoice.currency, then.c.amount.label("open"), *by_kind)
        .join(then, then.c.invoice_id == Invoice.id)
        .join(Hold, Hold.invoice_id == Invoice.id)
        .where(holding(on), known_on(on), then.c.amount > 0, Invoice.due_on < due_before)
        .group_by(Invoice.id, Invoice.account_id, Invoice.currency, then.c.amount)
        .subquery()
    )
    disputed = case((each.c.dispute < each.c.open, each.c.dispute), else_=each.c.open)
    left = each.c.open - disputed
    promised = case((each.c.promise < left, each.c.promise), else_=left)
    query = (
        select(Account.number, each.c.currency, func.sum(disputed), func.sum(promised))
        .join(Account, Account.id == each.c.account_id)
        .group_by(Account.number, each.c.currency)
    )
    return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in session.execute(query)}


def _sum(which: ColumnElement[bool], amount: SQLColumnExpression[int]) -> ColumnElement[int]:
    return func.sum(case((which, amount), else_=0))


def _lesser(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one < other, one), else_=other)
