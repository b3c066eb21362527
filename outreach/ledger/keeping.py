"""What the ledger knows of promises that can be judged by now (product.md 4): facts for rules.promises.judge.

A promise can be judged once its grace day is over and every source of its invoices has told of it. A snapshot
dates a payment by the day it was seen: what the first file since the grace day shows may have come in time,
and counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among
from outreach.ledger.commitments import UNSETTLED, Promise, PromiseInvoice
from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.promises import LOOK_BACK
from outreach.ledger.receivables import Application, Invoice
from outreach.rules import promises
from outreach.rules.promises import MISSED, PromiseState

Applied = Mapping[int, Sequence[Application]]
"""invoice id -> what was applied to it"""
BOUNCES_WITHIN = timedelta(days=120)
"""a payment that bounces later than this after its promise or plan was due does not break it any more"""


OVERNIGHT = timedelta(days=3)
"""a snapshot of the grace day itself may have been drawn before a payment of that day; the next one, if it
comes before the weekend is over, knows"""


class Judgeable(NamedTuple):
    """A promise, and what came of it."""

    promise: Promise
    import_id: int
    """the first import that knew its grace day; of one whose cash waits to be applied the newest"""
    judged_on: date
    """that import's `as_of`"""
    received: int
    unapplied: int
    settled: bool
    """nothing is open any more of what it covers"""


class PaidInto(NamedTuple):
    """A promise that waits for its day, and what has come of it so far."""

    promise: Promise
    received: int


class _Told(NamedTuple):
    """An import of one source."""

    import_id: int
    as_of: date
    is_snapshot: bool


class _By(NamedTuple):
    """The import by which a promise is judged, and up to which day what is applied counts as in time."""

    import_id: int
    as_of: date
    until: date


def judgeable(session: Session, today: date, only: Collection[int] | None = None) -> list[Judgeable]:
    """Every promise that nobody has settled, and those whose payments have bounced since, by account; or
    `only` those of them with these ids."""
    newest: date | None = session.scalar(select(func.max(Import.as_of)).where(APPLIED))
    if newest is None:
        return []
    found = _promises(session, min(newest, today - timedelta(1)), only)
    invoices = _invoices(session, [one.id for one in found])
    told = _imports(session, min((one.grace_on for one in found), default=newest))
    applied = _applied(session, {id_ for some in invoices.values() for id_ in some})
    unapplied = _unapplied(session, {one.account_id for one in found})
    judged = []
    for one in found:
        mine = invoices.get(one.id, {})
        by = _told_by(one, [told.get(invoice.source, []) for invoice in mine.values()])
        if by is None:
            continue
        received = _came(one, mine, applied, by.until)
        credit = sum(_unused(one, row, by.until) for row in unapplied.get(one.account_id, ()))
        settled = all(invoice.open_minor <= 0 for invoice in mine.values())
        judged.append(Judgeable(one, by.import_id, by.as_of, received, credit, settled))
    return judged


def paid_into(session: Session, only: Collection[int] | None = None) -> list[PaidInto]:
    """Every promise that waits for its day and whose invoices were paid into, by account; or `only` those."""
    waits = Promise.state.in_([PromiseState.OPEN, PromiseState.PROPOSED])
    paid = _since_made(Application.recorded_at >= Promise.created_at)
    query = select(Promise).where(UNSETTLED, waits, paid)
    if only is not None:
        query = query.where(among(Promise.__table__.c.id, only))
    found = session.scalars(query.order_by(Promise.account_id, Promise.id)).all()
    came = received_so_far(session, found)
    return [PaidInto(one, sum(came[one.id].values())) for one in found]


def bounced_since(session: Session, day: date) -> list[int]:
    """Promises that are missed now and had been kept on a day: what paid them bounced after it."""
    bounced = _since_made(Application.amount_minor < 0, Application.dated_on > day)
    lately = (Promise.due_on >= day - LOOK_BACK, Promise.judged_on <= day)
    query = select(Promise).where(Promise.state.in_(sorted(MISSED)), *lately, bounced)
    found = session.scalars(query.order_by(Promise.id)).all()
    invoices = _invoices(session, [one.id for one in found])
    applied = _applied(session, {id_ for some in invoices.values() for id_ in some})
    by_then = {id_: [row for row in rows if row.dated_on <= day] for id_, rows in applied.items()}
    told = _imports(session, min((one.grace_on for one in found), default=day))
    kept = []
    for one in found:
        mine = invoices.get(one.id, {})
        by = _told_by(one, [told.get(invoice.source, []) for invoice in mine.values()])
        came = _came(one, mine, by_then, by.until) if by else 0
        if not promises.rest(one.amount_minor, one.currency, came):
            kept.append(one.id)
    return kept


def received_so_far(session: Session, found: Sequence[Promise]) -> Mapping[int, Mapping[int, int]]:
    """Promise id -> invoice id -> what has come of it so far."""
    invoices = _invoices(session, [one.id for one in found])
    applied = _applied(session, {id_ for some in invoices.values() for id_ in some})
    return {
        one.id: {id_: _received(one, applied.get(id_, ()), date.max) for id_ in invoices.get(one.id, ())}
        for one in found
    }


def _since_made(*when: ColumnElement[bool]) -> ColumnElement[bool]:
    """Something was applied to one of its invoices, or taken off."""
    return (
        select(Application.id)
        .join(PromiseInvoice, PromiseInvoice.invoice_id == Application.invoice_id)
        .where(PromiseInvoice.promise_id == Promise.id, *when)
        .exists()
    )


def _promises(session: Session, known: date, only: Collection[int] | None) -> Sequence[Promise]:
    """Whose grace day was over by a day, and is known."""
    bounced = _since_made(Application.amount_minor < 0, Application.recorded_at > Promise.judged_at)
    lately = Promise.due_on >= known - BOUNCES_WITHIN
    kept = and_(Promise.state.in_([PromiseState.KEPT, PromiseState.KEPT_IN_PART]), lately, bounced)
    query = select(Promise).where(Promise.grace_on <= known, or_(UNSETTLED, kept))
    if only is not None:
        query = query.where(among(Promise.__table__.c.id, only))
    return session.scalars(query.order_by(Promise.account_id, Promise.id)).all()


def _invoices(session: Session, promise_ids: Collection[int]) -> Mapping[int, dict[int, Invoice]]:
    """Promise id -> invoice id -> the invoices it covers."""
    found: dict[int, dict[int, Invoice]] = defaultdict(dict)
    mine = among(PromiseInvoice.__table__.c.promise_id, promise_ids)
    query = select(PromiseInvoice.promise_id, Invoice).join(Invoice, Invoice.id == PromiseInvoice.invoice_id)
    for promise_id, invoice in session.execute(query.where(mine)):
        found[promise_id][invoice.id] = invoice
    return found


def _imports(session: Session, since: date) -> Mapping[str, list[_Told]]:
    """Source -> its imports from a day on, the earliest `as_of` first."""
    found: dict[str, list[_Told]] = defaultdict(list)
    query = select(Import.source, Import.id, Import.as_of, Import.form).where(APPLIED, Import.as_of >= since)
    for source, id_, as_of, form in session.execute(query.order_by(Import.as_of, Import.id)):
        found[source].append(_Told(id_, as_of, form == "snapshot"))
    return found


def _told_by(promise: Promise, sources: Iterable[Sequence[_Told]]) -> _By | None:
    """By whom every source of it has told its grace day; None: one of them has not."""
    found = []
    for told in sources:
        known = [one for one in told if one.as_of >= promise.grace_on]
        if not known:
            return None
        by = known[-1] if promise.state == PromiseState.PENDING else known[0]
        found.append(
            _By(by.import_id, by.as_of, max(promise.grace_on, _in_time(by, known, promise.grace_on)))
        )
    return max(found, key=lambda one: one.as_of, default=None)


def _in_time(by: _Told, known: Sequence[_Told], grace_on: date) -> date:
    """The last date at which a source would show what came on the grace day."""
    if not by.is_snapshot:
        return date.min
    overnight = (one.as_of for one in known if grace_on < one.as_of <= grace_on + OVERNIGHT)
    return next(overnight, by.as_of) if by.as_of == grace_on else by.as_of


def _applied(session: Session, invoice_ids: Collection[int]) -> Applied:
    found: dict[int, list[Application]] = defaultdict(list)
    of_these = among(Application.__table__.c.invoice_id, invoice_ids)
    for row in session.scalars(select(Application).where(of_these)):
        found[row.invoice_id].append(row)
    return found


def _unapplied(session: Session, account_ids: Collection[int]) -> Mapping[int, list[Invoice]]:
    """Account id -> credits and receipts that stand on no invoice."""
    found: dict[int, list[Invoice]] = defaultdict(list)
    query = select(Invoice).where(among(Invoice.__table__.c.account_id, account_ids), Invoice.open_minor < 0)
    for row in session.scalars(query):
        found[row.account_id].append(row)
    return found


def _came(promise: Promise, ids: Iterable[int], applied: Applied, until: date) -> int:
    return sum(_received(promise, applied.get(id_, ()), until) for id_ in ids)


def _received(promise: Promise, rows: Iterable[Application], until: date) -> int:
    """What came of one of its invoices. What was known when the promise was made is not new."""
    in_time = later = 0
    for row in rows:
        if row.recorded_at < promise.created_at or row.dated_on < promise.promised_on:
            continue
        if row.dated_on <= until:
            in_time += row.amount_minor
        else:
            later += row.amount_minor
    return promises.received(in_time, later)


def _unused(promise: Promise, row: Invoice, until: date) -> int:
    in_time = promise.promised_on <= row.invoiced_on <= until
    return -row.open_minor if in_time and row.currency == promise.currency else 0


def accounts_of(session: Session, promise_ids: Collection[int]) -> Sequence[int]:
    """Whose promises these are."""
    return session.scalars(
        select(Promise.account_id).where(among(Promise.__table__.c.id, promise_ids)).distinct()
    ).all()


def broken_days(session: Session, account_id: int, since: datetime) -> list[date]:
    """The days on which promises of an account were judged broken, from a moment on."""
    query = select(Promise.judged_on).where(
        Promise.account_id == account_id, Promise.state == PromiseState.BROKEN, Promise.judged_at >= since
    )
    return [day for day in session.scalars(query) if day]
