"""What a customer tells us, by phone or by mail, written down: promises, disputes, claims to have paid.

Each holds what product.md 4 says, and no more: an amount of an invoice, not the account.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.campaigns.agreements import promising
from outreach.ledger import log, payment_plans, suspensions, tasks
from outreach.ledger.base import new_id
from outreach.ledger.commitments import CommitmentError, Dispute, Hold, Promise, held
from outreach.ledger.log import Entry
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.tasks import ESCALATION
from outreach.rules import commitments, money, promises
from outreach.rules.commitments import Due
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
    about: str = field(default_factory=new_id)
    """the call or reply, as log and tasks name it; what came by neither is named anew"""

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
    for account_id, part in _by_account(invoices, amount).items():
        mine = [invoice for invoice in invoices if invoice.account_id == account_id]
        _promise_of(told, account_id, mine, due_on, part)
    return due_on


def _by_account(invoices: Sequence[Invoice], amount_minor: int) -> Mapping[int, int]:
    """Account -> its part of what a customer promises for itself and its children: the oldest first. Each
    keeps a promise of its own (product.md 1)."""
    parts: dict[int, int] = defaultdict(int)
    dues = [Due(one.due_on, one.open_minor) for one in invoices]
    for invoice, part in zip(invoices, commitments.allocate(amount_minor, dues), strict=True):
        parts[invoice.account_id] += part
    return {account_id: part for account_id, part in parts.items() if part}


def _promise_of(
    told: Told, account_id: int, invoices: Sequence[Invoice], due_on: date, amount_minor: int
) -> None:
    made = Promise(
        account_id=account_id,
        amount_minor=amount_minor,
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


def _ask_supervisor(told: Told, made: Promise) -> None:
    """About a promise that lies far ahead, and one that is put off again."""
    if made.state == PromiseState.PROPOSED:
        title = f"A promise for {made.due_on}: agree to it or not"
        _open_task(told, promising.task_key(made), "promise", title, told.today, for_role="supervisor")
    if promises.is_put_off_too_often(made.reschedules, told.policy):
        title = f"Put off {made.reschedules} times, now to {made.due_on}: decide how to go on"
        _open_task(told, f"put off:{made.id}", "promise", title, told.today, for_role="supervisor")


def dispute(
    told: Told,
    invoices: Sequence[Invoice],
    reason: str,
    amount_minor: int | None = None,
    evidence: Paper | None = None,
) -> date:
    """They dispute these invoices, or so much of one. Returns the day by which somebody looks into it.

    Raises CommitmentError.
    """
    if amount_minor is not None:
        _check_part(told.session, invoices, amount_minor)
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
            evidence_id=evidence.id if evidence else None,
            due_on=due_on,
            created_at=told.now,
        )
        told.session.add(opened)
        told.session.flush()
        _hold(told, invoice, "dispute", None, amount_minor, dispute_id=opened.id)
        title = f"Look into the dispute of {invoice.number}"
        _open_task(told, f"dispute:{opened.id}", "dispute", title, due_on)
    if told.source != "supervisor":
        _escalate(told, invoices)
    return due_on


def _check_part(session: Session, invoices: Sequence[Invoice], amount_minor: int) -> None:
    """A part is one of one invoice, and of what is not in dispute already. Raises CommitmentError."""
    check_amount(amount_minor)
    if len(invoices) != 1:
        raise CommitmentError("An amount in dispute is a part of one invoice: choose just that one.")
    invoice = invoices[0]
    left = invoice.open_minor - held(session, [invoice], Hold.kind == "dispute")[invoice.id]
    if left <= 0:
        raise CommitmentError(f"All that is open of {invoice.number} is in dispute already.")
    if amount_minor > left:
        most = f"{invoice.number}: {money.words(left, invoice.currency)}"
        raise CommitmentError(f"They can dispute no more than is open and undisputed of {most}.")


def _escalate(told: Told, invoices: Sequence[Invoice]) -> None:
    """The supervisor hears of a dispute, and of the suspension or plan that it touches (product.md 4)."""
    account, ids = told.session.get_one(Account, told.account_id), [invoice.id for invoice in invoices]
    touched = [f"suspension case {id_}" for id_ in suspensions.with_invoices(told.session, ids)]
    touched += [f"payment plan {id_}" for id_ in payment_plans.standing_over(told.session, ids)]
    what = invoices[0].number if len(invoices) == 1 else f"{len(invoices)} invoices"
    where = f", in {' and '.join(touched)}" if touched else ""
    title = f"They dispute {what}{where}: {account.name}"
    due_on = told.policy.business_days.add_business_days(told.today, 1)
    _open_task(told, f"{ESCALATION}:{told.about}", ESCALATION, title, due_on, for_role="supervisor")


def claim_paid(told: Told, invoices: Sequence[Invoice], amount_minor: int | None = None) -> date:
    """They say it is paid, or so much of it, the oldest first: that is held for a few days, while we look for
    the payment. Returns the last. Raises CommitmentError."""
    check_amount(amount_minor)
    if amount_minor is not None and len({invoice.currency for invoice in invoices}) > 1:
        raise CommitmentError("Tick the invoices they have paid so much of, all of one currency.")
    days = told.policy.promises.claimed_paid_business_days
    until = told.policy.business_days.add_business_days(told.today, days)
    dues = [Due(one.due_on, one.open_minor) for one in invoices]
    paid = sum(due.amount for due in dues) if amount_minor is None else amount_minor
    for invoice, part in zip(invoices, commitments.allocate(paid, dues), strict=True):
        if part:
            _hold(told, invoice, "paid", until, None if amount_minor is None else part)
    return until


def write_entry(
    told: Told, what: str, invoices: Sequence[Invoice], follow_up_on: date, evidence: Paper | None = None
) -> None:
    """Into the log, where neither a call nor a mail does it."""
    entry = Entry(
        at=told.now,
        actor=told.by,
        what=what,
        account_id=told.account_id,
        invoices=[invoice.number for invoice in invoices],
        about=told.about,
        follow_up_on=follow_up_on,
        links={"document": evidence.sha256} if evidence else {},
        text=told.words or None,
    )
    log.append(told.session, entry)


def follow_up(told: Told, found: FollowUp) -> None:
    """The task that their words leave to one of us: one for each call or reply."""
    account = told.session.get_one(Account, told.account_id)
    title = f"{found.title}: {account.name}"
    _open_task(told, f"{found.kind}:{told.about}", found.kind, title, found.due_on, found.for_role)


def check_amount(amount_minor: int | None) -> None:
    """Raises CommitmentError."""
    if amount_minor is not None and amount_minor <= 0:
        raise CommitmentError("The amount must be more than nothing.")


def check_currency(amount_minor: int | None, currency: str | None, invoices: Iterable[Invoice]) -> None:
    """An amount counts in the currency in which it was stated, or read. Raises CommitmentError."""
    others = {invoice.currency for invoice in invoices} - {currency}
    if amount_minor is not None and currency is not None and others:
        found = " and ".join(sorted(others))
        raise CommitmentError(f"The amount is one of {currency}: leave out the invoices in {found}.")


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
