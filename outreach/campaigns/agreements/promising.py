"""The life of a promise to pay until it is judged: made, put off, agreed to, withdrawn (product.md 4)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.ledger import log, tasks
from outreach.ledger.commitments import STANDING, CommitmentError, Hold, Promise, move
from outreach.ledger.log import Entry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import commitments, promises
from outreach.rules.commitments import Due
from outreach.rules.policy import Policy
from outreach.rules.promises import AWAITED, PromiseState


def record(session: Session, promise: Promise, invoices: Sequence[Invoice], policy: Policy) -> None:
    """Write it down; it holds what it covers of these invoices, the oldest first, through its grace day.

    What was promised of the same invoices before is put off by it. One that lies too far ahead holds for a
    few days only, until a supervisor has agreed to it. The locks of the accounts are held.
    """
    _put_off(session, promise, [invoice.id for invoice in invoices])
    until = promise.grace_on
    if promises.needs_agreement(promise.promised_on, promise.due_on, policy):
        promise.state = PromiseState.PROPOSED
        days = policy.promises.proposed_business_days
        until = policy.business_days.add_business_days(promise.promised_on, days)
    session.add(promise)
    session.flush()
    session.get_one(Account, promise.account_id).broken_on = None
    _hold(session, promise, invoices, until)


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


def _hold(session: Session, promise: Promise, invoices: Sequence[Invoice], until: date) -> None:
    shares = commitments.allocate(promise.amount_minor, [Due(one.due_on, one.open_minor) for one in invoices])
    session.add_all(
        Hold(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            kind="promise",
            promise_id=promise.id,
            amount_minor=share,
            since=promise.promised_on,
            until=until,
        )
        for invoice, share in zip(invoices, shares, strict=True)
        if share
    )


def _put_off(session: Session, new: Promise, invoice_ids: Sequence[int]) -> None:
    """A new promise takes over the invoices of those before it; one that loses all of them is put off."""
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
        if new.due_on > old.due_on:
            new.reschedules = max(new.reschedules or 0, old.reschedules + 1)
        rest = session.scalar(select(func.sum(Hold.amount_minor)).where(Hold.promise_id == old.id, STANDING))
        if rest:
            old.amount_minor = int(rest)
            continue
        move(old, PromiseState.RESCHEDULED)
        old.closed_on, new.replaces_id = new.promised_on, old.id
        _finish_task(session, old, by=new.taken_by, now=new.created_at)


def _finish_task(session: Session, promise: Promise, *, by: str, now: datetime) -> None:
    if task := tasks.by_key(session, task_key(promise)):
        tasks.finish(session, task, by=by, now=now)
