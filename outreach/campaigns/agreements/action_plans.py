"""Opening an action plan, working its steps, closing it (product.md 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from outreach.ledger import log, naming, tasks
from outreach.ledger.action_plans import ActionPlan, ActionPlanInvoice, ActionStep, task_key
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.naming import Unclear
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import money
from outreach.rules.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a plan is to be about."""

    account: str
    owner: str
    """login of who answers for it"""
    due_on: date
    invoices: Sequence[str] = ()
    """their numbers; empty: all that are more than 31 days past due"""


def begin(session: Session, it: Beginning, policy: Policy, *, by: str, now: datetime) -> ActionPlan:
    """Open the account's plan. Raises Unclear where there is one, or nothing is late enough for one."""
    naming.person(session, by)
    owner, account = naming.person(session, it.owner), naming.account(session, it.account)
    lock_accounts(session, [account.id])
    if _open_plan(session, account.id):
        raise Unclear(f"{account.number} has an action plan already: add a step to it, or close it")
    if it.due_on < policy.today(now):
        raise Unclear("the plan's day has passed: name a later one")
    late = _late(session, account.id, policy.today(now), policy)
    about = naming.invoices(session, account.id, it.invoices) if it.invoices else late
    _check(account, about, late, policy)
    plan = ActionPlan(
        account_id=account.id,
        amount_minor=sum(invoice.open_minor for invoice in about),
        currency=about[0].currency,
        owner_id=owner.id,
        due_on=it.due_on,
        opened_at=now,
        opened_by=by,
    )
    session.add(plan)
    session.flush()
    session.execute(
        insert(ActionPlanInvoice), [{"plan_id": plan.id, "invoice_id": invoice.id} for invoice in about]
    )
    words = f"{money.words(plan.amount_minor, plan.currency)} by {plan.due_on}, owner {owner.login}"
    numbers = [invoice.number for invoice in about]
    log.append(session, _entry(plan, "action plan opened", words, by, now, numbers))
    return plan


def add_step(
    session: Session, plan_id: int, what: str, due_on: date, policy: Policy, *, by: str, now: datetime
) -> ActionStep:
    """One more thing to do, a task of the plan's owner. Raises Unclear."""
    plan = _plan(session, plan_id, by)
    if not what.strip() or due_on < policy.today(now):
        raise Unclear("say what is to be done, and by a day that has not passed")
    last = select(func.coalesce(func.max(ActionStep.n), 0)).where(ActionStep.plan_id == plan.id)
    step = ActionStep(plan_id=plan.id, n=session.execute(last).scalar_one() + 1, what=what, due_on=due_on)
    session.add(step)
    session.flush()
    tasks.open_task(
        session,
        key=task_key(step),
        kind="action plan",
        title=what,
        due_on=due_on,
        now=now,
        account_id=plan.account_id,
        owner_id=plan.owner_id,
    )
    log.append(session, _entry(plan, "action step added", f"{step.n}: {what}", by, now, follow_up_on=due_on))
    return step


def finish_step(session: Session, plan_id: int, n: int, *, by: str, now: datetime) -> None:
    """A step is done, and so is its task. Raises Unclear where it is not open."""
    plan = _plan(session, plan_id, by)
    step = session.get(ActionStep, (plan.id, n))
    if step is None or step.done_at is not None:
        raise Unclear(f"the plan has no open step {n}: see `outreach action-plan list`")
    _end_step(session, step, by, now)
    log.append(session, _entry(plan, "action step done", f"{n}: {step.what}", by, now))


def close(session: Session, plan_id: int, *, by: str, why: str, now: datetime) -> None:
    """The plan is over, with the tasks of its open steps. Raises Unclear where it is not open."""
    plan = _plan(session, plan_id, by)
    if not why.strip():
        raise Unclear("say why the plan is over")
    left = select(ActionStep).where(ActionStep.plan_id == plan.id, ActionStep.done_at.is_(None))
    for step in session.scalars(left.order_by(ActionStep.n)):
        if task := tasks.by_key(session, task_key(step)):
            tasks.finish(session, task, by=by, now=now)
    plan.closed_at, plan.closed_by, plan.closed_why = now, by, why
    log.append(session, _entry(plan, "action plan closed", why, by, now))


def _late(session: Session, account_id: int, on: date, policy: Policy) -> Sequence[Invoice]:
    before = on - timedelta(policy.cadence.overdue_31)
    ours = (Invoice.account_id == account_id, Invoice.open_minor > 0, Invoice.due_on < before)
    return session.scalars(select(Invoice).where(*ours).order_by(Invoice.due_on, Invoice.id)).all()


def _check(account: Account, about: Sequence[Invoice], late: Sequence[Invoice], policy: Policy) -> None:
    if not late:
        days = policy.cadence.overdue_31
        raise Unclear(f"nothing of {account.number} is more than {days} days past due: it needs no plan")
    if any(invoice.open_minor <= 0 for invoice in about):
        raise Unclear("one of the invoices is not open: name only those that are")
    if len({invoice.currency for invoice in about}) > 1:
        raise Unclear("the invoices are of several currencies: name those of one with --invoice")


def _open_plan(session: Session, account_id: int) -> ActionPlan | None:
    ours = (ActionPlan.account_id == account_id, ActionPlan.closed_at.is_(None))
    return session.scalars(select(ActionPlan).where(*ours)).one_or_none()


def _plan(session: Session, plan_id: int, by: str) -> ActionPlan:
    """The open plan, its account locked."""
    naming.person(session, by)
    plan = session.get(ActionPlan, plan_id)
    if plan is not None:
        lock_accounts(session, [plan.account_id])
        session.refresh(plan)
    if plan is None or plan.closed_at is not None:
        raise Unclear(f"there is no open action plan {plan_id}: see `outreach action-plan list`")
    return plan


def _end_step(session: Session, step: ActionStep, by: str, now: datetime) -> None:
    step.done_at, step.done_by = now, by
    if task := tasks.by_key(session, task_key(step)):
        tasks.finish(session, task, by=by, now=now)


def _entry(
    plan: ActionPlan,
    what: str,
    words: str,
    by: str,
    now: datetime,
    invoices: Sequence[str] = (),
    follow_up_on: date | None = None,
) -> Entry:
    return Entry(
        at=now,
        actor=by,
        what=what,
        account_id=plan.account_id,
        invoices=invoices,
        follow_up_on=follow_up_on or (plan.due_on if plan.closed_at is None else None),
        text=words,
        links={"action_plan": str(plan.id)},
    )
