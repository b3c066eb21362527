"""What a customer tells us, by phone or by mail, written down: promises, disputes, claims to have paid.

Each holds what product.md 4 says, and no more: an amount of an invoice, not the account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.campaigns.agreements import promising
from outreach.ledger import log, tasks
from outreach.ledger.commitments import CommitmentError, Dispute, Hold, Promise
from outreach.ledger.log import Entry
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import commitments, money, promises
from outreach.rules.outcomes import FollowUp
from outreach.rules.policy import Policy
from outreach.rules.promises import PromiseState


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who has told whom, and how; the locks of the account are held."""

    session: Session
    account_id: int
    owner_id: int | None
    """the rep whose tasks come of it"""
    source: str
    """call or email"""
    words: str
    by: str
    on: date
    """the day they said it"""
    now: datetime
    policy: Policy
    attempt_id: str | None = None

    @property
    def today(self) -> date:
        return self.policy.today(self.now)


def promise(told: Told, invoices: Sequence[Invoice], due_on: date | None, amount_minor: int | None) -> date:
    """They will pay this much of these invoices by that day; None: all of it. Raises CommitmentError."""
    if due_on is None or due_on < told.today:
        raise CommitmentError("Say on which day they will pay: today or later.")
    if len({invoice.currency for invoice in invoices}) != 1:
        raise CommitmentError("Tick the invoices they will pay, all of one currency.")
    total = sum(invoice.open_minor for invoice in invoices)
    amount = total if amount_minor is None else amount_minor
    check_amount(amount)
    if amount > total:
        most = money.words(total, invoices[0].currency)
        raise CommitmentError(f"They owe {most} on these invoices: promise no more than that.")
    made = Promise(
        account_id=told.account_id,
        amount_minor=amount,
        currency=invoices[0].currency,
        promised_on=told.on,
        due_on=due_on,
        grace_on=commitments.grace_day(due_on, told.policy),
        source=told.source,
        words=told.words,
        attempt_id=told.attempt_id,
        taken_by=told.by,
        created_at=told.now,
    )
    promising.record(told.session, made, invoices, told.policy)
    _ask_supervisor(told, made)
    return due_on


def _ask_supervisor(told: Told, made: Promise) -> None:
    """About a promise that lies far ahead, and one that is put off again."""
    if made.state == PromiseState.PROPOSED:
        title = f"A promise for {made.due_on}: agree to it or not"
        _open_task(told, promising.task_key(made), "promise", title, told.today, for_role="supervisor")
    if promises.is_put_off_too_often(made.reschedules, told.policy):
        title = f"Put off {made.reschedules} times, now to {made.due_on}: decide how to go on"
        _open_task(told, f"put off:{made.id}", "promise", title, told.today, for_role="supervisor")


def dispute(told: Told, invoices: Sequence[Invoice], reason: str, amount_minor: int | None = None) -> date:
    """They dispute these invoices, or so much of one. Returns the day by which somebody looks into it."""
    due_on = told.policy.business_days.add_business_days(
        told.today, told.policy.disputes.resolve_business_days
    )
    for invoice in invoices:
        opened = Dispute(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            amount_minor=amount_minor,
            reason=reason or "not said",
            source=told.source,
            opened_on=told.today,
            owner_id=told.owner_id,
            due_on=due_on,
            created_at=told.now,
        )
        told.session.add(opened)
        told.session.flush()
        _hold(told, invoice, "dispute", None, amount_minor, dispute_id=opened.id)
        title = f"Look into the dispute of {invoice.number}"
        _open_task(told, f"dispute:{opened.id}", "dispute", title, due_on)
    return due_on


def claim_paid(told: Told, invoices: Sequence[Invoice]) -> date:
    """They say it is paid: it is held for a few days, while we look for the payment. Returns the last."""
    days = told.policy.promises.claimed_paid_business_days
    until = told.policy.business_days.add_business_days(told.today, days)
    for invoice in invoices:
        _hold(told, invoice, "paid", until)
    return until


def write_entry(told: Told, what: str, invoices: Sequence[Invoice], follow_up_on: date) -> None:
    """Into the log, where neither a call nor a mail does it."""
    entry = Entry(
        at=told.now,
        actor=told.by,
        what=what,
        account_id=told.account_id,
        invoices=[invoice.number for invoice in invoices],
        follow_up_on=follow_up_on,
        text=told.words or None,
    )
    log.append(told.session, entry)


def follow_up(told: Told, found: FollowUp, item: str) -> None:
    """The task that their words leave to one of us; `item` is the attempt or reply: one task for each."""
    account = told.session.get_one(Account, told.account_id)
    title = f"{found.title}: {account.name}"
    _open_task(told, f"{found.kind}:{item}", found.kind, title, found.due_on, found.for_role)


def check_amount(amount_minor: int | None) -> None:
    """Raises CommitmentError."""
    if amount_minor is not None and amount_minor <= 0:
        raise CommitmentError("The amount must be more than nothing.")


def _hold(
    told: Told, invoice: Invoice, kind: str, until: date | None, amount: int | None = None, **why: int
) -> None:
    told.session.add(
        Hold(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            kind=kind,
            amount_minor=amount,
            since=told.today,
            until=until,
            **why,
        )
    )


def _open_task(told: Told, key: str, kind: str, title: str, due_on: date, for_role: str = "rep") -> None:
    tasks.open_task(
        told.session,
        key=key,
        kind=kind,
        title=title,
        due_on=due_on,
        now=told.now,
        account_id=told.account_id,
        owner_id=told.owner_id if for_role == "rep" else None,
        for_role=for_role,
    )
