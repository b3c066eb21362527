"""Payment plans and their instalments (product.md 4): asked for by a rep, agreed to by somebody else."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

STANDING = text("state IN ('active', 'at risk')")


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
