"""Suspension cases as people look at them, and what was decided about them between two days."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case as when
from sqlalchemy import select

from outreach.ledger import orders, suspensions
from outreach.ledger.orders import Order
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.scope import NotFound, Scope
from outreach.ledger.suspensions import OPEN, SuspensionCase, SuspensionInvoice, SuspensionTransition
from outreach.rules.suspension import Role, State

ORDER = (
    *(State.DUE, State.RECOMMENDED, State.CANDIDATE, State.APPROVED, State.NOTICED, State.WARNED),
    *(State.SUSPENDED, State.WITHDRAWN, State.REINSTATED),
)
"""what waits for a decision comes first"""
MOST = 500
"""cases of a page"""


class Line(NamedTuple):
    """A case and its account."""

    case: SuspensionCase
    account: Account


class File(NamedTuple):
    """All that is known of one case."""

    line: Line
    invoices: Sequence[tuple[Invoice, int]]
    """with what was asked of each when it was listed; the oldest due first"""
    history: Sequence[SuspensionTransition]
    orders: Sequence[Order]


class Decided(NamedTuple):
    """A transition, and the case and account it is of."""

    transition: SuspensionTransition
    case: SuspensionCase
    account: Account


def cases(scope: Scope, states: Collection[State] = (), *, limit: int | None = None) -> Sequence[Line]:
    """Open cases that somebody sees, by state and amount; with `states` those alone, closed ones too."""
    wanted = SuspensionCase.state.in_([*states]) if states else OPEN
    query = select(SuspensionCase, Account).join(Account, Account.id == SuspensionCase.account_id)
    place = when({state.value: n for n, state in enumerate(ORDER)}, value=SuspensionCase.state)
    query = query.where(wanted, scope.accounts())
    query = query.order_by(place, SuspensionCase.amount_minor.desc(), SuspensionCase.id).limit(limit)
    return [Line(case, account) for case, account in scope.session.execute(query)]


def one(scope: Scope, case_id: int) -> Line:
    """Raises NotFound."""
    query = select(SuspensionCase, Account).join(Account, Account.id == SuspensionCase.account_id)
    row = scope.session.execute(query.where(SuspensionCase.id == case_id, scope.accounts())).one_or_none()
    if row is None:
        raise NotFound
    return Line(*row)


def file(scope: Scope, case_id: int) -> File:
    """Raises NotFound."""
    line, session = one(scope, case_id), scope.session
    listed = (
        select(Invoice, SuspensionInvoice.amount_minor)
        .join(SuspensionInvoice, SuspensionInvoice.invoice_id == Invoice.id)
        .where(SuspensionInvoice.case_id == case_id)
        .order_by(Invoice.due_on, Invoice.number)
    )
    invoices = [(invoice, amount) for invoice, amount in session.execute(listed)]
    return File(line, invoices, suspensions.history(session, case_id), orders.of_case(session, case_id))


def paper(scope: Scope, case_id: int, transition_id: int) -> tuple[SuspensionTransition, Paper]:
    """A document of a case that somebody sees. Raises NotFound."""
    one(scope, case_id)
    query = select(SuspensionTransition, Paper).join(Paper, Paper.id == SuspensionTransition.paper_id)
    mine = (SuspensionTransition.id == transition_id, SuspensionTransition.case_id == case_id)
    row = scope.session.execute(query.where(*mine)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def decided(
    scope: Scope, since: datetime, until: datetime, roles: Iterable[Role] = (Role.REP, Role.SUPERVISOR)
) -> Sequence[Decided]:
    """What was decided from `since` on and before `until`, in order."""
    query = (
        select(SuspensionTransition, SuspensionCase, Account)
        .join(SuspensionCase, SuspensionCase.id == SuspensionTransition.case_id)
        .join(Account, Account.id == SuspensionCase.account_id)
        .where(
            SuspensionTransition.at >= since,
            SuspensionTransition.at < until,
            SuspensionTransition.role.in_([*roles]),
            scope.accounts(),
        )
        .order_by(SuspensionTransition.id)
    )
    return [Decided(*row) for row in scope.session.execute(query)]
