"""Action plans: what we do about an account that is more than 31 days past due (product.md 4)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Application, Invoice

OPEN = text("closed_at IS NULL")


class ActionPlan(Base):
    """One plan. An account has one at a time. `amount_minor` is what its invoices had open when it began."""

    __tablename__ = "action_plans"
    __table_args__ = (
        Index("uq_action_plans_open", "account_id", unique=True, postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date]
    """by when it is to be paid"""
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closed_why: Mapped[str | None]


class ActionPlanInvoice(Base):
    """An invoice that a plan is about."""

    __tablename__ = "action_plan_invoices"

    plan_id: Mapped[int] = mapped_column(ForeignKey("action_plans.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), primary_key=True)


class ActionStep(Base):
    """One thing to do, numbered from 1 in its plan; while it is open it is a task of the plan's owner."""

    __tablename__ = "action_steps"

    plan_id: Mapped[int] = mapped_column(ForeignKey("action_plans.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    due_on: Mapped[date]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """A plan as it stands."""

    plan: ActionPlan
    account: Account
    owner: str
    invoices: Sequence[str]
    steps: Sequence[ActionStep]
    applied_minor: int
    """applied to its invoices since it began, whatever day it is dated; a bounce takes it away again"""

    @property
    def share(self) -> float:
        """applied / amount, from 0 to 1 (product.md 4); an amount that was credited twice over is 1."""
        return max(0.0, min(1.0, self.applied_minor / self.plan.amount_minor))


def task_key(step: ActionStep) -> str:
    """The key of the task that a step is."""
    return f"action:{step.plan_id}:{step.n}"


def progress(session: Session, *, everything: bool = False) -> Sequence[Progress]:
    """Every plan, the first due first; without `everything` those that are open."""
    query = select(ActionPlan, Account, User.login).join(Account, Account.id == ActionPlan.account_id)
    query = query.join(User, User.id == ActionPlan.owner_id)
    if not everything:
        query = query.where(ActionPlan.closed_at.is_(None))
    rows = session.execute(query.order_by(ActionPlan.due_on, ActionPlan.id)).all()
    ids = [plan.id for plan, _, _ in rows]
    applied, numbers, steps = _applied(session, ids), _numbers(session, ids), _steps(session, ids)
    return [
        Progress(
            plan, account, login, numbers.get(plan.id, ()), steps.get(plan.id, ()), applied.get(plan.id, 0)
        )
        for plan, account, login in rows
    ]


def _applied(session: Session, ids: Collection[int]) -> Mapping[int, int]:
    query = (
        select(ActionPlan.id, func.sum(Application.amount_minor))
        .join(ActionPlanInvoice, ActionPlanInvoice.plan_id == ActionPlan.id)
        .join(Application, Application.invoice_id == ActionPlanInvoice.invoice_id)
        .where(ActionPlan.id.in_(ids), Application.recorded_at > ActionPlan.opened_at)
        .group_by(ActionPlan.id)
    )
    return {id_: int(amount) for id_, amount in session.execute(query)}


def _numbers(session: Session, ids: Collection[int]) -> Mapping[int, list[str]]:
    query = select(ActionPlanInvoice.plan_id, Invoice.number).join(Invoice)
    query = query.where(ActionPlanInvoice.plan_id.in_(ids)).order_by(Invoice.due_on, Invoice.id)
    found: dict[int, list[str]] = {}
    for plan_id, number in session.execute(query):
        found.setdefault(plan_id, []).append(number)
    return found


def _steps(session: Session, ids: Collection[int]) -> Mapping[int, list[ActionStep]]:
    found: dict[int, list[ActionStep]] = {}
    query = select(ActionStep).where(ActionStep.plan_id.in_(ids)).order_by(ActionStep.plan_id, ActionStep.n)
    for step in session.scalars(query):
        found.setdefault(step.plan_id, []).append(step)
    return found
