"""Issues on final invoices: opened, renewed, closed with their document (product.md 4)."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.ledger import log, policies, tasks
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import STANDING, CommitmentError, Hold
from outreach.ledger.issues import UNCLOSED, InvoiceIssue
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Invoice
from outreach.rules.issues import IssueKind, due_on, holds_until, is_overdue
from outreach.rules.policy import Policy


def open_issue(
    session: Session, invoice: Invoice, kind: IssueKind, note: str, *, by: str, now: datetime, policy: Policy
) -> InvoiceIssue:
    """It holds the invoice's dunning, not its aging. The account's lock is held. Raises CommitmentError."""
    if invoice.kind != "final" or invoice.open_minor <= 0:
        raise CommitmentError(f"{invoice.number} is no open final invoice: only those have issues.")
    same = (InvoiceIssue.invoice_id == invoice.id, InvoiceIssue.kind == kind, UNCLOSED)
    if session.scalars(select(InvoiceIssue.id).where(*same)).first():
        raise CommitmentError(f"{invoice.number} has an open issue of this kind: renew it, or close it.")
    account, today = session.get_one(Account, invoice.account_id), policy.today(now)
    issue = InvoiceIssue(
        account_id=account.id,
        invoice_id=invoice.id,
        kind=kind,
        note=note,
        owner_id=account.rep_id,
        opened_on=today,
        opened_by=by,
        due_on=due_on(today, policy),
        holds_until=holds_until(today, policy),
        created_at=now,
    )
    session.add(issue)
    session.flush()
    _hold(session, issue)
    tasks.open_task(
        session,
        key=_key(issue),
        kind="issue",
        title=f"{_words(issue)} for {invoice.number}",
        due_on=issue.due_on,
        now=now,
        account_id=account.id,
        owner_id=account.rep_id,
    )
    log.append(session, _entry(issue, invoice, "issue opened", by, now, note))
    return issue


def renew(session: Session, issue: InvoiceIssue, why: str, *, by: str, now: datetime, policy: Policy) -> None:
    """It holds for another 10 business days. The account's lock is held. Raises CommitmentError."""
    _must_be_open(issue)
    issue.holds_until = holds_until(policy.today(now), policy)
    held = update(Hold).where(Hold.issue_id == issue.id, STANDING).values(until=issue.holds_until)
    session.execute(held)
    invoice = session.get_one(Invoice, issue.invoice_id)
    log.append(session, _entry(issue, invoice, "issue renewed", by, now, why))


def close(
    session: Session, issue: InvoiceIssue, document: Paper | None, *, by: str, now: datetime, policy: Policy
) -> None:
    """With the document that settles it, and not without; the account's lock is held.

    Raises CommitmentError.
    """
    _must_be_open(issue)
    if document is None:
        raise CommitmentError("An issue is closed with the document that settles it: give the file.")
    issue.paper_id, issue.closed_at, issue.closed_by = document.id, now, by
    ended = update(Hold).where(Hold.issue_id == issue.id, STANDING).values(ended_on=policy.today(now))
    session.execute(ended)
    for key in (_key(issue), _overdue_key(issue)):
        if task := tasks.by_key(session, key):
            tasks.finish(session, task, by=by, now=now)
    invoice = session.get_one(Invoice, issue.invoice_id)
    log.append(session, _entry(issue, invoice, "issue closed", by, now, document.sha256))


def escalate_overdue(ledger: Ledger, now: datetime) -> int:
    """Tell the supervisor of issues past their due date, once each. Returns how many were new."""
    with ledger.reading() as session:
        today = policies.in_force(session).policy.today(now)
        late = select(InvoiceIssue).where(UNCLOSED, InvoiceIssue.escalated_on.is_(None))
        found = [one for one in session.scalars(late) if is_overdue(one.due_on, today)]
    for one in found:
        with ledger.writing() as session:
            lock_accounts(session, [one.account_id])
            _tell_supervisor(session, session.get_one(InvoiceIssue, one.id), now)
    return len(found)


def _tell_supervisor(session: Session, issue: InvoiceIssue, now: datetime) -> None:
    policy, invoice = policies.in_force(session).policy, session.get_one(Invoice, issue.invoice_id)
    issue.escalated_on = policy.today(now)
    tasks.open_task(
        session,
        key=_overdue_key(issue),
        kind="issue",
        title=f"Overdue since {issue.due_on}: {_words(issue).lower()} for {invoice.number}",
        due_on=policy.business_days.add_business_days(policy.today(now), 1),
        now=now,
        account_id=issue.account_id,
        for_role="supervisor",
    )


def _hold(session: Session, issue: InvoiceIssue) -> None:
    session.add(
        Hold(
            account_id=issue.account_id,
            invoice_id=issue.invoice_id,
            kind="issue",
            issue_id=issue.id,
            since=issue.opened_on,
            until=issue.holds_until,
        )
    )


def _must_be_open(issue: InvoiceIssue) -> None:
    if issue.closed_at is not None:
        raise CommitmentError(f"This issue was closed by {issue.closed_by}.")


_WORDS = {
    IssueKind.TAX_EXEMPT: "Tax-exempt certificate",
    IssueKind.SUPPORTING_DOCUMENT: "Supporting document",
    IssueKind.PURCHASE_ORDER: "Purchase order",
    IssueKind.PORTAL_UPLOAD: "Upload to their portal",
    IssueKind.CANNOT_PAY: "They cannot pay: portal or payment trouble",
}


def _words(issue: InvoiceIssue) -> str:
    return _WORDS[IssueKind(issue.kind)]


def _key(issue: InvoiceIssue) -> str:
    return f"issue:{issue.id}"


def _overdue_key(issue: InvoiceIssue) -> str:
    return f"issue overdue:{issue.id}"


def _entry(issue: InvoiceIssue, invoice: Invoice, what: str, by: str, now: datetime, text: str) -> Entry:
    return Entry(
        at=now,
        actor=by,
        what=what,
        account_id=issue.account_id,
        invoices=[invoice.number],
        about=_key(issue),
        follow_up_on=issue.due_on,
        text=text or None,
    )
