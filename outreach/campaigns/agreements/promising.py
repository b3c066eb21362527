"""The life of a promise to pay until it is judged: made, put off, agreed to, withdrawn (product.md 4)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.ledger import keeping, log, suspensions, tasks
from outreach.ledger.commitments import STANDING, CommitmentError, Hold, Promise, PromiseInvoice, held, move
from outreach.ledger.log import Entry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import commitments, promises
from outreach.rules.commitments import Due
from outreach.rules.policy import Policy
from outreach.rules.promises import AWAITED, PromiseState


def record(session: Session, promise: Promise, invoices: Sequence[Invoice], policy: Policy) -> None:
    """Write it down; it holds what it covers of these invoices, the oldest first, through its grace day.

    What was promised of the same invoices before is put off by it. One that lies too far ahead, or past the
    deadline of a suspension, holds for a few days only, until a supervisor has agreed to it. The locks of the
    accounts are held.
    """
    ids = [invoice.id for invoice in invoices]
    _put_off(session, promise, ids)
    deadline_on = suspensions.deadline_of(session, ids)
    if promises.needs_agreement(promise.promised_on, promise.due_on, deadline_on, policy):
        promise.state = PromiseState.PROPOSED
    session.add(promise)
    session.flush()
    session.add_all(PromiseInvoice(promise_id=promise.id, invoice_id=id_) for id_ in ids)
    session.get_one(Account, promise.account_id).broken_on = None
    _hold(session, promise, invoices, promise.promised_on, policy)


def note_received(session: Session, promise: Promise, minor: int, policy: Policy, now: datetime) -> None:
    """So much of it has come before its day: only the rest is held from now on, and reminded of."""
    promise.received_minor = minor
    release(session, promise, policy, now)
    mine = select(PromiseInvoice.invoice_id).where(PromiseInvoice.promise_id == promise.id)
    invoices = session.scalars(select(Invoice).where(Invoice.id.in_(mine)).order_by(Invoice.id)).all()
    _hold(session, promise, invoices, policy.today(now), policy)


def agree(session: Session, promise: Promise, *, by: User, now: datetime) -> None:
    """A supervisor agrees to a day far ahead: it holds through its grace day. Raises CommitmentError."""
    if not by.may_decide:
        raise CommitmentError("Only a supervisor agrees to a day so far ahead.")
    if promise.state != PromiseState.PROPOSED:
        raise CommitmentError(f"This promise needs nobody's word: it is {promise.state}.")
    move(promise, PromiseState.OPEN)
    promise.agreed_by = by.login
    holds = update(Hold).where(Hold.promise_id == promise.id, STANDING)
    session.execute(holds.values(until=promise.grace_on))
    _finish_task(session, promise, by=by.login, now=now)
    log.append(session, entry(promise, "promise agreed", by=by.login, now=now))


def withdraw(session: Session, promise: Promise, why: str, *, by: str, now: datetime, policy: Policy) -> None:
    """It was none, or nobody agrees to it: it holds nothing any more. Raises CommitmentError."""
    if promise.state not in AWAITED:
        raise CommitmentError(f"This promise cannot be withdrawn: it is {promise.state}.")
    move(promise, PromiseState.WITHDRAWN)
    promise.closed_on = policy.today(now)
    release(session, promise, policy, now)
    _finish_task(session, promise, by=by, now=now)
    log.append(session, entry(promise, "promise withdrawn", by=by, now=now, text=why))


def release(session: Session, promise: Promise, policy: Policy, now: datetime) -> None:
    """Nothing is held by it any more."""
    mine = update(Hold).where(Hold.promise_id == promise.id, STANDING)
    session.execute(mine.values(ended_on=policy.today(now)))


def task_key(promise: Promise) -> str:
    """Of the supervisor's task to agree to it or not."""
    return f"promise:{promise.id}"


def entry(promise: Promise, what: str, *, by: str, now: datetime, text: str = "") -> Entry:
    return Entry(
        at=now,
        actor=by,
        what=what,
        account_id=promise.account_id,
        about=f"promise:{promise.id}",
        follow_up_on=promise.due_on,
        text=text or None,
    )


def _hold(
    session: Session, promise: Promise, invoices: Sequence[Invoice], since: date, policy: Policy
) -> None:
    """Hold what is still to come of it, first where nothing else holds."""
    others = held(session, invoices, Hold.kind != "promise", or_(Hold.until.is_(None), Hold.until >= since))
    dues = [Due(one.due_on, max(0, one.open_minor)) for one in invoices]
    shares = commitments.promised_parts(promise.rest_minor, dues, [others[one.id] for one in invoices])
    until = _holds_until(promise, policy)
    session.add_all(
        Hold(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            kind="promise",
            promise_id=promise.id,
            amount_minor=share,
            since=since,
            until=until,
        )
        for invoice, share in zip(invoices, shares, strict=True)
        if share
    )


def _holds_until(promise: Promise, policy: Policy) -> date:
    if promise.state != PromiseState.PROPOSED:
        return promise.grace_on
    days = policy.promises.proposed_business_days
    return policy.business_days.add_business_days(promise.promised_on, days)


def _put_off(session: Session, new: Promise, invoice_ids: Sequence[int]) -> None:
    """A new promise takes over the invoices of those before it that still hold something of them; one that
    holds nothing any more is put off as a whole."""
    overlapping = (
        select(Promise)
        .join(Hold, Hold.promise_id == Promise.id)
        .where(Promise.state.in_(AWAITED), Hold.invoice_id.in_(invoice_ids), STANDING)
        .order_by(Promise.id)
        .distinct()
    )
    for old in session.scalars(overlapping).all():
        taken = update(Hold).where(Hold.promise_id == old.id, Hold.invoice_id.in_(invoice_ids), STANDING)
        session.execute(taken.values(ended_on=new.promised_on))
        put_off = old.reschedules + (new.due_on > old.due_on)
        new.reschedules = max(new.reschedules or 0, put_off)
        rest = session.scalar(select(func.sum(Hold.amount_minor)).where(Hold.promise_id == old.id, STANDING))
        if rest:
            _leave(session, old, int(rest), invoice_ids)
            continue
        move(old, PromiseState.RESCHEDULED)
        old.closed_on, new.replaces_id = new.promised_on, old.id
        _finish_task(session, old, by=new.taken_by, now=new.created_at)


def _leave(session: Session, old: Promise, rest: int, taken: Sequence[int]) -> None:
    """What is left of a promise, some of whose invoices another has taken over."""
    came = keeping.received_so_far(session, [old])[old.id]
    old.received_minor = sum(minor for id_, minor in came.items() if id_ not in taken) or None
    old.amount_minor = rest + (old.received_minor or 0)
    gone = PromiseInvoice.promise_id == old.id, PromiseInvoice.invoice_id.in_(taken)
    session.execute(delete(PromiseInvoice).where(*gone))


def _finish_task(session: Session, promise: Promise, *, by: str, now: datetime) -> None:
    if task := tasks.by_key(session, task_key(promise)):
        tasks.finish(session, task, by=by, now=now)
