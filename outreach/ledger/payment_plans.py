"""Payment plans and their instalments (product.md 4): asked for by a rep, agreed to by somebody else."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.among import among
from outreach.ledger.base import Base, Key
from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.keeping import BOUNCES_WITHIN
from outreach.ledger.receivables import Application, Invoice
from outreach.rules.payment_plans import PlanState, may_move

STANDING = text("state IN ('active', 'at risk')")
COMPLETED = text("state = 'completed'")


class PaymentPlan(Base):
    """What it covers of which invoices stands in its holds, made when it is agreed to."""

    __tablename__ = "payment_plans"
    __table_args__ = (
        Index("ix_payment_plans_account", "account_id"),
        Index("ix_payment_plans_standing", "account_id", postgresql_where=STANDING, sqlite_where=STANDING),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    currency: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    """rules.payment_plans.PlanState"""
    reason: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    begins_on: Mapped[date]
    """payments dated from this day on count"""
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_why: Mapped[str | None]
    judged_on: Mapped[date | None]
    """`as_of` of the import by which its state was told last"""
    received_minor: Mapped[int] = mapped_column(BigInteger, default=0)


class PlanInvoice(Base):
    """An invoice that a plan covers, and how much of it."""

    __tablename__ = "plan_invoices"
    __table_args__ = (Index("ix_plan_invoices_invoice", "invoice_id"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("payment_plans.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class PlanInstalment(Base):
    """What is to be paid by a day."""

    __tablename__ = "plan_instalments"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("payment_plans.id"))
    number: Mapped[int]
    """1 is the first"""
    due_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[bool] = mapped_column(default=False)


class Standing(NamedTuple):
    """A plan that stands or was completed, and what has come in."""

    plan: PaymentPlan
    instalments: Sequence[PlanInstalment]
    received: int
    """applied to what it covers since it was asked for"""
    as_of: date
    """of the newest import; where its invoices have several sources, of the one that is behind"""


def move(plan: PaymentPlan, state: PlanState) -> None:
    """The only way a plan changes its state. Raises ValueError for a way that is not in the table."""
    if not may_move(plan.state, state):
        raise ValueError(f"a payment plan that is {plan.state} cannot become {state}")
    plan.state = state


def covered(session: Session, plan: PaymentPlan) -> Sequence[tuple[Invoice, int]]:
    """Its invoices, and how much of each."""
    query = (
        select(Invoice, PlanInvoice.amount_minor)
        .join(PlanInvoice, PlanInvoice.invoice_id == Invoice.id)
        .where(PlanInvoice.plan_id == plan.id)
        .order_by(Invoice.due_on, Invoice.id)
    )
    return [(invoice, amount) for invoice, amount in session.execute(query)]


def standing_over(session: Session, invoice_ids: Collection[int]) -> Sequence[int]:
    """The plans that stand and cover one of these invoices, ascending."""
    query = select(PlanInvoice.plan_id).join(PaymentPlan, PaymentPlan.id == PlanInvoice.plan_id)
    query = query.where(among(PlanInvoice.__table__.c.invoice_id, invoice_ids), STANDING)
    return session.scalars(query.distinct().order_by(PlanInvoice.plan_id)).all()


def accounts_of(session: Session, plan_ids: Collection[int]) -> Sequence[int]:
    """Whose plans these are."""
    of_these = among(PaymentPlan.__table__.c.id, plan_ids)
    return session.scalars(select(PaymentPlan.account_id).where(of_these).distinct()).all()


def judgeable(session: Session, on: date, only: Collection[int] | None = None) -> list[Standing]:
    """Plans that stand, and completed ones of which a payment bounced lately, by account; `only` those of
    them with these ids."""
    query = select(PaymentPlan).where(or_(STANDING, and_(COMPLETED, _bounced(), _ended_since(on))))
    query = query.order_by(PaymentPlan.account_id, PaymentPlan.id)
    if only is not None:
        query = query.where(among(PaymentPlan.__table__.c.id, only))
    plans = session.scalars(query).all()
    ids = [plan.id for plan in plans]
    instalments, received, as_of = _instalments(session, ids), _received(session, ids), _told(session, ids)
    return [
        Standing(plan, instalments[plan.id], received.get(plan.id, 0), as_of[plan.id])
        for plan in plans
        if plan.id in as_of
    ]


def _bounced() -> ColumnElement[bool]:
    """Something was taken off what had been applied to one of its invoices."""
    taken_off = select(Application.id).join(PlanInvoice, PlanInvoice.invoice_id == Application.invoice_id)
    since = Application.recorded_at >= PaymentPlan.requested_at
    return taken_off.where(
        PlanInvoice.plan_id == PaymentPlan.id, Application.amount_minor < 0, since
    ).exists()


def _ended_since(on: date) -> ColumnElement[bool]:
    """Its last instalment is due, or was not so long before this day."""
    late = (PlanInstalment.plan_id == PaymentPlan.id, PlanInstalment.due_on >= on - BOUNCES_WITHIN)
    return select(PlanInstalment.id).where(*late).exists()


def _instalments(session: Session, plan_ids: Collection[int]) -> Mapping[int, list[PlanInstalment]]:
    found: dict[int, list[PlanInstalment]] = defaultdict(list)
    of_these = among(PlanInstalment.__table__.c.plan_id, plan_ids)
    for row in session.scalars(select(PlanInstalment).where(of_these).order_by(PlanInstalment.number)):
        found[row.plan_id].append(row)
    return found


def _received(session: Session, plan_ids: Collection[int]) -> Mapping[int, int]:
    """Plan id -> what was applied to its invoices from the day it was asked for, and not known before."""
    new = and_(
        Application.dated_on >= PaymentPlan.begins_on, Application.recorded_at >= PaymentPlan.requested_at
    )
    query = (
        select(PlanInvoice.plan_id, func.sum(Application.amount_minor))
        .join(PaymentPlan, PaymentPlan.id == PlanInvoice.plan_id)
        .join(Application, Application.invoice_id == PlanInvoice.invoice_id)
        .where(among(PlanInvoice.__table__.c.plan_id, plan_ids), new)
        .group_by(PlanInvoice.plan_id)
    )
    return {plan_id: int(amount) for plan_id, amount in session.execute(query)}


def _told(session: Session, plan_ids: Collection[int]) -> Mapping[int, date]:
    """Plan id -> up to which day the ledger knows of its invoices."""
    newest = (
        select(Import.source, func.max(Import.as_of).label("as_of"))
        .where(APPLIED)
        .group_by(Import.source)
        .subquery()
    )
    query = (
        select(PlanInvoice.plan_id, func.min(newest.c.as_of))
        .join(Invoice, Invoice.id == PlanInvoice.invoice_id)
        .join(newest, newest.c.source == Invoice.source)
        .where(among(PlanInvoice.__table__.c.plan_id, plan_ids))
        .group_by(PlanInvoice.plan_id)
    )
    return {row.plan_id: row[1] for row in session.execute(query)}
