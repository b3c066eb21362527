"""Payment plans: asked for by a rep, agreed to by another person, told by the ledger (product.md 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.ledger import log, payment_plans, policies, tasks
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import STANDING as HOLDING
from outreach.ledger.commitments import CommitmentError, Hold
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.payment_plans import PaymentPlan, PlanInstalment, PlanInvoice, Standing, move
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import money
from outreach.rules.payment_plans import STANDING, Instalment, PlanStanding, PlanState, problem, standing
from outreach.rules.policy import Policy

KIND = "payment plan"
"""of the task to decide about one, and of that which a call leaves where they ask for one"""
AT_ONCE = 200
"""plans a transaction: no write transaction exceeds 50 ms (design.md 4)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a customer asks for. Of each invoice the plan covers what is open of it."""

    account: Account
    invoices: Sequence[Invoice]
    instalments: Sequence[Instalment]
    reason: str


def request(session: Session, asked: Request, *, by: User, now: datetime, policy: Policy) -> PaymentPlan:
    """Write the request down; it holds nothing yet. The account's lock is held. Raises CommitmentError."""
    today, invoices = policy.today(now), asked.invoices
    if len({invoice.currency for invoice in invoices}) != 1:
        raise CommitmentError("Name the invoices the plan covers, open ones, all of one currency.")
    if names := ", ".join(_planned_already(session, invoices)):
        raise CommitmentError(f"Another plan covers {names}: end that one first, or leave them out.")
    covered = sum(invoice.open_minor for invoice in invoices)
    if why := problem(asked.instalments, covered, today):
        most = money.words(covered, invoices[0].currency)
        raise CommitmentError(f"The plan covers {most}: {why}.")
    plan = PaymentPlan(
        account_id=asked.account.id,
        currency=invoices[0].currency,
        amount_minor=covered,
        state=PlanState.REQUESTED,
        reason=asked.reason,
        requested_by=by.login,
        requested_at=now,
        begins_on=today,
        received_minor=0,
    )
    session.add(plan)
    session.flush()
    session.add_all(
        PlanInvoice(plan_id=plan.id, invoice_id=one.id, amount_minor=one.open_minor) for one in invoices
    )
    session.add_all(
        PlanInstalment(plan_id=plan.id, number=number, due_on=one.due_on, amount_minor=one.amount)
        for number, one in enumerate(asked.instalments, 1)
    )
    session.flush()
    _take_up(session, asked.account.id, by.login, now)
    title = f"A payment plan of {_amount(plan)}: agree to it or not ({asked.account.name})"
    _open_task(session, plan, KIND, title, policy, now)
    log.append(session, _entry(plan, "payment plan requested", by.login, now, asked.reason))
    return plan


def _take_up(session: Session, account_id: int, by: str, now: datetime) -> None:
    """What they asked for on the phone has become a request: the task to see to it has done its work."""
    requests = set(session.scalars(select(PaymentPlan.id).where(PaymentPlan.account_id == account_id)))
    of_requests = {f"{KIND}:{id_}" for id_ in requests}
    for task in tasks.open_tasks(session, account_id):
        if task.kind == KIND and task.key not in of_requests:
            tasks.finish(session, task, by=by, now=now)


def approve(session: Session, plan: PaymentPlan, *, by: User, now: datetime, policy: Policy) -> None:
    """It stands from now on, and holds what it covers. The account's lock is held. Raises CommitmentError."""
    _may_decide(plan, by)
    _hold(session, plan, policy.today(now))
    _decide(session, plan, PlanState.ACTIVE, "payment plan approved", "", by, now)


def refuse(session: Session, plan: PaymentPlan, why: str, *, by: User, now: datetime) -> None:
    """It does not come into being. The account's lock is held. Raises CommitmentError."""
    _may_decide(plan, by)
    _decide(session, plan, PlanState.REFUSED, "payment plan refused", why, by, now)


def end(session: Session, plan: PaymentPlan, why: str, *, by: User, now: datetime, policy: Policy) -> None:
    """A supervisor takes it back: what it covers is asked again. Raises CommitmentError."""
    _must_be_supervisor(by)
    if plan.state not in STANDING | {PlanState.REQUESTED}:
        raise CommitmentError(f"This plan cannot be ended: it is {plan.state}.")
    _decide(session, plan, PlanState.ENDED, "payment plan ended", why, by, now)
    _release(session, plan, policy.today(now))


def judge_plans(ledger: Ledger, now: datetime) -> int:
    """Tell every plan by what has come in. Returns how many changed; run twice, the second finds none."""
    with ledger.reading() as session:
        policy = policies.in_force(session).policy
        judgeable = payment_plans.judgeable(session, policy.today(now))
        ids = [one.plan.id for one in judgeable if _is_news(one, policy)]
    changed = 0
    for start in range(0, len(ids), AT_ONCE):
        with ledger.writing() as session:
            changed += _judge(session, ids[start : start + AT_ONCE], now)
    return changed


def _judge(session: Session, plan_ids: Sequence[int], now: datetime) -> int:
    lock_accounts(session, payment_plans.accounts_of(session, plan_ids))
    policy = policies.in_force(session).policy
    judgeable = payment_plans.judgeable(session, policy.today(now), plan_ids)
    found = [one for one in judgeable if _is_news(one, policy)]
    for one in found:
        _write_down(session, one, policy, now)
    return len(found)


def _is_news(one: Standing, policy: Policy) -> bool:
    told = _told(one, policy)
    return told.state != one.plan.state or told.paid != sum(it.paid for it in one.instalments)


def _told(one: Standing, policy: Policy) -> PlanStanding:
    dues = [Instalment(it.due_on, it.amount_minor) for it in one.instalments]
    return standing(dues, one.received, one.plan.currency, one.as_of, policy)


def _write_down(session: Session, one: Standing, policy: Policy, now: datetime) -> None:
    plan, told = one.plan, _told(one, policy)
    plan.received_minor, plan.judged_on = one.received, one.as_of
    for place, instalment in enumerate(one.instalments):
        instalment.paid = place < told.paid
    if told.state == plan.state:
        return
    was_completed = plan.state == PlanState.COMPLETED
    move(plan, told.state)
    missed = ", ".join(f"{one.instalments[place].due_on}" for place in told.missed)
    text = f"missed: {missed}" if missed else f"{told.paid} of {len(one.instalments)} instalments paid"
    log.append(session, _entry(plan, f"payment plan {told.state}", "plans", now, text))
    if told.state not in STANDING:
        _release(session, plan, policy.today(now))
    elif was_completed:  # a payment bounced
        _hold(session, plan, policy.today(now))
    if task := tasks.by_key(session, f"plan {PlanState.AT_RISK}:{plan.id}"):
        tasks.finish(session, task, by="plans", now=now)
    if told.state in (PlanState.AT_RISK, PlanState.DEFAULTED):
        title = f"The payment plan of {_amount(plan)} is {told.state}: {text}"
        _open_task(session, plan, f"plan {told.state}", title, policy, now)


def _may_decide(plan: PaymentPlan, by: User) -> None:
    _must_be_supervisor(by)
    if by.login == plan.requested_by:
        raise CommitmentError("You asked for this plan yourself: somebody else must decide.")
    if plan.state != PlanState.REQUESTED:
        raise CommitmentError(f"This plan has been decided: it is {plan.state}.")


def _must_be_supervisor(by: User) -> None:
    if not by.may_decide:
        raise CommitmentError("Only a supervisor decides about payment plans.")


def _decide(
    session: Session, plan: PaymentPlan, state: PlanState, what: str, why: str, by: User, now: datetime
) -> None:
    move(plan, state)
    plan.decided_by, plan.decided_at, plan.decided_why = by.login, now, why
    if task := tasks.by_key(session, f"{KIND}:{plan.id}"):
        tasks.finish(session, task, by=by.login, now=now)
    log.append(session, _entry(plan, what, by.login, now, why))


def _hold(session: Session, plan: PaymentPlan, since: date) -> None:
    """All that is open of what it covers."""
    session.add_all(
        Hold(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            kind="plan",
            plan_id=plan.id,
            since=since,
        )
        for invoice, _ in payment_plans.covered(session, plan)
    )


def _release(session: Session, plan: PaymentPlan, today: date) -> None:
    """Nothing is held by it any more: the ladder goes on."""
    session.execute(update(Hold).where(Hold.plan_id == plan.id, HOLDING).values(ended_on=today))


def _planned_already(session: Session, invoices: Iterable[Invoice]) -> list[str]:
    ids = [invoice.id for invoice in invoices]
    undecided = PaymentPlan.state.in_(STANDING | {PlanState.REQUESTED})
    query = (
        select(Invoice.number)
        .join(PlanInvoice, PlanInvoice.invoice_id == Invoice.id)
        .join(PaymentPlan, PaymentPlan.id == PlanInvoice.plan_id)
        .where(Invoice.id.in_(ids), undecided)
    )
    return sorted(session.scalars(query))


def _open_task(
    session: Session, plan: PaymentPlan, kind: str, title: str, policy: Policy, now: datetime
) -> None:
    tasks.open_task(
        session,
        key=f"{kind}:{plan.id}",
        kind=kind,
        title=title,
        due_on=policy.business_days.add_business_days(policy.today(now), 1),
        now=now,
        account_id=plan.account_id,
        for_role="supervisor",
    )


def _amount(plan: PaymentPlan) -> str:
    return money.words(plan.amount_minor, plan.currency)


def _entry(plan: PaymentPlan, what: str, by: str, now: datetime, text: str) -> Entry:
    return Entry(
        at=now,
        actor=by,
        what=what,
        account_id=plan.account_id,
        about=f"plan:{plan.id}",
        text=text or None,
    )
