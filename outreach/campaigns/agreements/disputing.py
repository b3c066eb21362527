"""A dispute resolved: the invoice is asked for again, at its true days past due (product.md 4)."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import and_, literal, or_, select, update
from sqlalchemy.orm import Session

from outreach.ledger import log, tasks
from outreach.ledger.commitments import STANDING, UNRESOLVED, CommitmentError, Dispute, Hold
from outreach.ledger.log import Entry, LogEntry
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Invoice, of_family
from outreach.ledger.tasks import ESCALATION, OPEN, Task
from outreach.rules.outcomes import Disposition
from outreach.rules.policy import Policy

BY_FILE = "import"
"""source of a dispute that stands in the ledger's file, and ends there"""


class Resolution(StrEnum):
    """`upheld`: they were right, and a credit follows; `rejected`: it is owed; `withdrawn`: by themselves."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


def resolve(
    session: Session,
    dispute: Dispute,
    resolution: Resolution,
    why: str,
    *,
    evidence: Paper | None = None,
    by: str,
    now: datetime,
    policy: Policy,
) -> date:
    """End it and what it holds. Returns the day proposed for the payment. The account's lock is held.

    Raises CommitmentError.
    """
    if dispute.resolved_on is not None:
        raise CommitmentError(f"This dispute was resolved on {dispute.resolved_on}: {dispute.resolution}.")
    if dispute.source == BY_FILE:
        raise CommitmentError("This dispute stands in the ledger's file: end it there, and import it.")
    today = policy.today(now)
    dispute.resolved_on, dispute.resolution, dispute.resolved_by = today, resolution, by
    dispute.evidence_id = evidence.id if evidence else dispute.evidence_id
    session.execute(update(Hold).where(Hold.dispute_id == dispute.id, STANDING).values(ended_on=today))
    if task := tasks.by_key(session, f"dispute:{dispute.id}"):
        tasks.finish(session, task, by=by, now=now)
    _end_escalations(session, dispute, by=by, now=now)
    invoice = session.get_one(Invoice, dispute.invoice_id)
    proposed = policy.business_days.add_business_days(today, policy.disputes.promise_business_days)
    links = {"document": evidence.sha256} if evidence else {}
    log.append(session, _entry(dispute, invoice, proposed, why, links, by, now))
    if resolution is not Resolution.UPHELD and invoice.open_minor > 0:
        _ask_for_promise(session, dispute, invoice, proposed, policy, now)
    return proposed


def _end_escalations(session: Session, dispute: Dispute, *, by: str, now: datetime) -> None:
    """The supervisor's tasks about what they disputed in one call or mail, once all of it is resolved."""
    account = session.get_one(Account, dispute.account_id)
    family = [id_ for id_ in (account.id, account.parent_id) if id_]
    told = and_(
        Task.key == literal(f"{ESCALATION}:").concat(LogEntry.about),
        LogEntry.account_id == Task.account_id,
        or_(LogEntry.what == "dispute opened", LogEntry.disposition == Disposition.DISPUTE),
    )
    escalated = select(Task, LogEntry.invoices).join(LogEntry, told).where(Task.account_id.in_(family), OPEN)
    for task, numbers in session.execute(escalated).all():
        if not _disputed(session, task.account_id, numbers):
            tasks.finish(session, task, by=by, now=now)


def _disputed(session: Session, account_id: int | None, numbers: Collection[str]) -> bool:
    """Whether one of these invoices of a customer is still in dispute by what people have told us."""
    standing = select(Dispute.id).join(Invoice, Invoice.id == Dispute.invoice_id)
    standing = standing.join(Account, Account.id == Dispute.account_id)
    ours = (UNRESOLVED, Dispute.source != BY_FILE, of_family(account_id or 0), Invoice.number.in_(numbers))
    return session.scalars(standing.where(*ours).limit(1)).first() is not None


def _ask_for_promise(
    session: Session, dispute: Dispute, invoice: Invoice, proposed: date, policy: Policy, now: datetime
) -> None:
    account = session.get_one(Account, dispute.account_id)
    tasks.open_task(
        session,
        key=f"dispute resolved:{dispute.id}",
        kind="dispute",
        title=f"{invoice.number} is owed after all: agree on a day, such as {proposed:%b} {proposed.day}",
        due_on=policy.business_days.add_business_days(policy.today(now), 1),
        now=now,
        account_id=account.id,
        owner_id=account.rep_id,
    )


def _entry(
    dispute: Dispute,
    invoice: Invoice,
    proposed: date,
    why: str,
    links: dict[str, str],
    by: str,
    now: datetime,
) -> Entry:
    return Entry(
        at=now,
        actor=by,
        what=f"dispute {dispute.resolution}",
        account_id=dispute.account_id,
        invoices=[invoice.number],
        about=f"dispute:{dispute.id}",
        follow_up_on=proposed,
        links=links,
        text=why or None,
    )
