"""Everything a person looks at when they open one account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import address_book, suspensions, timeline, undertaken
from outreach.ledger.aging import OpenItem, aging, open_items
from outreach.ledger.commitments import Dispute, Promise
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.people import User
from outreach.ledger.plans import LeftOut
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.scope import Scope
from outreach.ledger.suspensions import SuspensionCase
from outreach.ledger.tasks import Task, open_tasks
from outreach.ledger.undertaken import Line, Which
from outreach.rules.aging import Bucket


@dataclass(frozen=True, slots=True)
class Dossier:
    """One account on one day."""

    account: Account
    rep: User | None
    parent: Account | None
    children: Sequence[Account]
    items: Sequence[OpenItem]
    aging: Mapping[str, Mapping[Bucket, int]]
    cards: Sequence[address_book.Card]
    firings: Sequence[Firing]
    left_out: Sequence[LeftOut]
    promises: Sequence[Promise]
    disputes: Sequence[tuple[Dispute, Invoice]]
    plans: Sequence[Line]
    """payment plans, asked for or standing"""
    issues: Sequence[Line]
    """what we owe them before they can pay"""
    cases: Sequence[SuspensionCase]
    """open ones: their service may be suspended"""
    tasks: Sequence[Task]
    letters: Sequence[Letter]
    story: Sequence[timeline.Happening]


def dossier(scope: Scope, account_id: int, on: date, *, before: int | None = None) -> Dossier:
    """The account as it stands on `on`; its story from the entry `before` backwards. Raises NotFound."""
    session, account = scope.session, scope.account(account_id)
    items = open_items(session, account_id, on)
    return Dossier(
        account=account,
        rep=session.get(User, account.rep_id) if account.rep_id else None,
        parent=session.get(Account, account.parent_id) if account.parent_id else None,
        children=_children(session, account_id),
        items=items,
        aging=aging(items),
        cards=address_book.cards(session, account_id),
        firings=_open_firings(session, account_id),
        left_out=_left_out(session, account_id),
        promises=_promises(session, account_id),
        disputes=_disputes(session, account_id),
        plans=undertaken.plans(session, Which(account.number)),
        issues=undertaken.issues(session, Which(account.number)),
        cases=suspensions.open_of(session, account_id),
        tasks=open_tasks(session, account_id),
        letters=timeline.letters(session, account_id),
        story=timeline.timeline(session, account_id, before=before),
    )


def _children(session: Session, account_id: int) -> Sequence[Account]:
    query = select(Account).where(Account.parent_id == account_id)
    return session.scalars(query.order_by(Account.name, Account.id)).all()


def _open_firings(session: Session, account_id: int) -> Sequence[Firing]:
    query = select(Firing).where(Firing.account_id == account_id, Firing.state == "open")
    return session.scalars(query.order_by(Firing.touch_on, Firing.id)).all()


def _left_out(session: Session, account_id: int) -> Sequence[LeftOut]:
    query = select(LeftOut).where(LeftOut.account_id == account_id, LeftOut.until.is_(None))
    return session.scalars(query.order_by(LeftOut.channel)).all()


def _promises(session: Session, account_id: int) -> Sequence[Promise]:
    query = select(Promise).where(Promise.account_id == account_id).order_by(Promise.id.desc()).limit(10)
    return session.scalars(query).all()


def _disputes(session: Session, account_id: int) -> Sequence[tuple[Dispute, Invoice]]:
    query = (
        select(Dispute, Invoice)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .where(Dispute.account_id == account_id)
        .order_by(Dispute.resolved_on.is_not(None), Dispute.id.desc())
        .limit(10)
    )
    return [(dispute, invoice) for dispute, invoice in session.execute(query)]
