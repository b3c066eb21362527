"""What customers undertook and what we owe them, as lists: promises, disputes, payment plans, issues."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, TextClause, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among
from outreach.ledger.commitments import UNRESOLVED, UNSETTLED, Dispute, Promise, PromiseInvoice
from outreach.ledger.issues import UNCLOSED, InvoiceIssue
from outreach.ledger.payment_plans import PaymentPlan, PlanInstalment, PlanInvoice
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import money
from outreach.rules.payment_plans import PlanState

Row = TypeVar("Row", Promise, Dispute, PaymentPlan, InvoiceIssue)
Line = dict[str, Any]


class Which(NamedTuple):
    """Which of them: of one account only, by its number; those that are over, too."""

    account: str | None = None
    every: bool = False


class About(NamedTuple):
    """The invoice that a dispute or an issue is about."""

    number: str
    currency: str


def promises(session: Session, which: Which) -> list[Line]:
    """The first due first."""
    found = _of(session, Promise, which, UNSETTLED, Promise.due_on)
    numbers = _numbers(session, PromiseInvoice, PromiseInvoice.promise_id, _ids(found))
    return [
        {
            "id": one.id,
            "account": account,
            "state": one.state,
            **_amounts(one.currency, amount=one.amount_minor, received=one.received_minor),
            **_days(promised_on=one.promised_on, due_on=one.due_on, grace_on=one.grace_on),
            "invoices": numbers[one.id],
            "source": one.source,
            "taken_by": one.taken_by,
            "reschedules": one.reschedules,
            "words": one.words,
        }
        for one, account in found
    ]


def disputes(session: Session, which: Which) -> list[Line]:
    """The first to be looked into first."""
    found = _of(session, Dispute, which, UNRESOLVED, Dispute.due_on)
    about = _invoice_of(session, Dispute, _ids(found))
    owners = _logins(session, {one.owner_id for one, _ in found if one.owner_id})
    return [
        {
            "id": one.id,
            "account": account,
            "state": one.resolution or "open",
            "invoice": about[one.id].number,
            **_amounts(about[one.id].currency, amount=one.amount_minor),
            "reason": one.reason,
            "source": one.source,
            "owner": owners.get(one.owner_id or 0),
            **_days(opened_on=one.opened_on, due_on=one.due_on, resolved_on=one.resolved_on),
        }
        for one, account in found
    ]


def plans(session: Session, which: Which) -> list[Line]:
    """Each with its instalments, those asked for first."""
    undecided = PaymentPlan.state.in_([PlanState.REQUESTED, PlanState.ACTIVE, PlanState.AT_RISK])
    found = _of(session, PaymentPlan, which, undecided, PaymentPlan.id)
    numbers = _numbers(session, PlanInvoice, PlanInvoice.plan_id, _ids(found))
    instalments: dict[int, list[Line]] = defaultdict(list)
    of_these = among(PlanInstalment.__table__.c.plan_id, _ids(found))
    currencies = {one.id: one.currency for one, _ in found}
    for row in session.scalars(select(PlanInstalment).where(of_these).order_by(PlanInstalment.number)):
        amount = money.decimal(row.amount_minor, currencies[row.plan_id])
        instalments[row.plan_id].append({**_days(due_on=row.due_on), "amount": amount, "paid": row.paid})
    return [
        {
            "id": one.id,
            "account": account,
            "state": one.state,
            **_amounts(one.currency, amount=one.amount_minor, received=one.received_minor),
            "invoices": numbers[one.id],
            "instalments": instalments[one.id],
            "requested_by": one.requested_by,
            "decided_by": one.decided_by,
            "reason": one.reason,
        }
        for one, account in found
    ]


def issues(session: Session, which: Which) -> list[Line]:
    """The first due first."""
    found = _of(session, InvoiceIssue, which, UNCLOSED, InvoiceIssue.due_on)
    about = _invoice_of(session, InvoiceIssue, _ids(found))
    return [
        {
            "id": one.id,
            "account": account,
            "state": "closed" if one.closed_at else "open",
            "invoice": about[one.id].number,
            "kind": one.kind,
            **_days(opened_on=one.opened_on, due_on=one.due_on, holds_until=one.holds_until),
            "note": one.note,
        }
        for one, account in found
    ]


def _of(
    session: Session,
    table: type[Row],
    which: Which,
    standing: ColumnElement[bool] | TextClause,
    order: Any,
) -> Sequence[tuple[Row, str]]:
    """Rows of a table with their account's number."""
    query = select(table, Account.number).join(Account, Account.id == table.account_id)
    if which.account is not None:
        query = query.where(Account.number == which.account)
    if not which.every:
        query = query.where(standing)
    return [(one, number) for one, number in session.execute(query.order_by(order, table.id))]


def _numbers(
    session: Session, covering: type[PromiseInvoice | PlanInvoice], owner: Any, ids: Collection[int]
) -> Mapping[int, list[str]]:
    """Id of a promise or plan -> the numbers of the invoices it covers, the oldest first."""
    found: dict[int, list[str]] = defaultdict(list)
    query = select(owner, Invoice.number, Invoice.due_on).join(Invoice, Invoice.id == covering.invoice_id)
    query = query.where(among(owner, ids)).distinct().order_by(Invoice.due_on, Invoice.number)
    for id_, number, _ in session.execute(query):
        found[id_].append(number)
    return found


def _invoice_of(
    session: Session, table: type[Dispute | InvoiceIssue], ids: Collection[int]
) -> Mapping[int, About]:
    """Id of a dispute or issue -> its invoice."""
    query = select(table.id, Invoice.number, Invoice.currency).join(Invoice, Invoice.id == table.invoice_id)
    rows = session.execute(query.where(among(table.__table__.c.id, ids)))
    return {id_: About(*about) for id_, *about in rows}


def _logins(session: Session, user_ids: Collection[int]) -> Mapping[int, str]:
    query = select(User.id, User.login).where(among(User.__table__.c.id, user_ids))
    return {row.id: row.login for row in session.execute(query)}


def _ids(found: Sequence[tuple[Row, str]]) -> list[int]:
    return [one.id for one, _ in found]


def _amounts(currency: str, **minor: int | None) -> Line:
    amounts = {name: None if it is None else money.decimal(it, currency) for name, it in minor.items()}
    return amounts | {"currency": currency}


def _days(**days: date | None) -> Line:
    return {name: day.isoformat() if day else None for name, day in days.items()}
