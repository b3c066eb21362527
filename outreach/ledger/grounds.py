"""What gives an account's steps a reason to act besides its invoices: promises, instalments, a new rep.

A ground is there exactly as long as its reason holds: what is there and was never recorded fires, and an open
firing whose ground has gone lapses. Planner, `why` and gate read the same grounds.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from outreach.ledger import facts, suspensions
from outreach.ledger.among import among, ids_named
from outreach.ledger.assignments import TO_INTRODUCE, Assignment
from outreach.ledger.commitments import UNSETTLED, Promise, PromiseInvoice
from outreach.ledger.facts import Accounts, Due, Span, Which
from outreach.ledger.firings import Firing
from outreach.ledger.payment_plans import STANDING, PaymentPlan, PlanInstalment, PlanInvoice
from outreach.ledger.receivables import Account
from outreach.rules import money, payment_plans, promises, reasons
from outreach.rules.plan_day import PlanDay
from outreach.rules.steps import (
    BROKEN_PROMISE,
    INSTALMENT_CHECK,
    INTRODUCTION,
    PROMISE_CHECK,
    STEPS,
    Purpose,
    Step,
    Subject,
)

GROUNDED = frozenset(
    step for step in STEPS.values() if step.subject in (Subject.COMMITMENT, Subject.CASE, Subject.ASSIGNMENT)
)
"""the steps that fire by a ground"""

Key = tuple[str, str, str]
"""step, subject, cycle"""

AHEAD = timedelta(14)
"""further than any reminder is from its day, whatever holidays lie between"""


class Ground(NamedTuple):
    """One reason to act, true today."""

    account_id: int
    step: Step
    subject: str
    cycle: str
    raw_on: date
    """the day it became true"""
    words: str
    invoices: tuple[Due, ...] = ()
    """what it is about; none: the account as a whole"""

    @property
    def key(self) -> Key:
        return self.step.name, self.subject, self.cycle


GONE = Ground(0, BROKEN_PROMISE, "", "", date.min, "")
"""stands for a ground that is there no more: it is about nothing that is open"""


class _Found(NamedTuple):
    """A ground before its invoices are read."""

    ground: Ground
    invoice_ids: Sequence[int]


def read(session: Session, which: Which, day: PlanDay) -> Mapping[int, list[Ground]]:
    """Account id -> its grounds, those of one step together."""
    found = [one for source in SOURCES for one in source(session, which, day)]
    about = {id_ for one in found for id_ in one.invoice_ids}
    dues = facts.invoices(session, about) if about else {}
    grounds: dict[int, list[Ground]] = defaultdict(list)
    for ground, ids in found:
        grounds[ground.account_id].append(ground._replace(invoices=tuple(dues[id_] for id_ in ids)))
    return grounds


def standing(
    session: Session, account_ids: Collection[int], day: PlanDay
) -> Mapping[tuple[int, str, str, str], Ground]:
    """(account id, step, subject, cycle) -> the ground that is there today."""
    by_account = read(session, Accounts(account_ids), day)
    return {(one.account_id, *one.key): one for some in by_account.values() for one in some}


def is_over(step: Step, cycle: str, touch_on: date, day: PlanDay) -> bool:
    """Whether the time of a grounded step has run out: a reminder's day, the days of an introduction."""
    if step is INTRODUCTION:
        within = day.policy.introduction.lapse_business_days
        return day.on > day.policy.business_days.add_business_days(touch_on, within - 1)
    return step.purpose is Purpose.REMINDER and cycle.rpartition("/")[2] < day.on.isoformat()


def recorded(session: Session, account_ids: Collection[int]) -> Mapping[int, set[Key]]:
    """Account id -> what has fired of the grounded steps, whatever became of it."""
    found: dict[int, set[Key]] = defaultdict(set)
    for account_id, *key in session.connection().execute(_RECORDED, {"ids": account_ids}).fetchall():
        found[account_id].add((key[0], key[1], key[2]))
    return found


def _promise_checks(session: Session, which: Which, day: PlanDay) -> Iterator[_Found]:
    """One business day before a promise's day, unless it has come; once that day is over it is too late."""
    for row, ids in _promised(session, which, "open", day):
        raw = promises.reminder_on(row.promised_on, row.due_on, day.policy)
        rest = promises.rest(row.amount_minor, row.currency, row.received_minor or 0)
        if rest and raw and raw <= day.on <= row.due_on:
            words = reasons.promise_check(money.words(rest, row.currency), row.due_on)
            yield _Found(_of(row, PROMISE_CHECK, raw, words), ids)


def _broken_promises(session: Session, which: Which, day: PlanDay) -> Iterator[_Found]:
    """Judged broken, or kept in part, as long as what is missing is not settled."""
    for state in promises.MISSED:
        for row, ids in _promised(session, which, state, day):
            if row.judged_on is not None and row.judged_on <= day.on:
                missing = money.words(row.amount_minor - (row.received_minor or 0), row.currency)
                words = reasons.broken_promise(missing, row.due_on)
                yield _Found(_of(row, BROKEN_PROMISE, row.judged_on, words), ids)


def _promised(session: Session, which: Which, state: str, day: PlanDay) -> list[tuple[Any, list[int]]]:
    """Promises in a state that nobody has settled, each with its invoices."""
    parameters = which._asdict() | {"state": state, "until": day.on + AHEAD}
    rows = session.connection().execute(_PROMISES[type(which)], parameters).fetchall()
    return list(_together(rows).values())


def _instalment_checks(session: Session, which: Which, day: PlanDay) -> Iterator[_Found]:
    """One business day before each instalment of a plan that stands."""
    parameters = which._asdict() | {"since": day.on, "until": day.on + AHEAD}
    rows = session.connection().execute(_INSTALMENTS[type(which)], parameters).fetchall()
    for row, ids in _together(rows).values():
        raw = payment_plans.reminder_on(row.due_on, day.policy)
        if raw <= day.on:
            words = reasons.instalment_check(
                row.number, money.words(row.amount_minor, row.currency), row.due_on
            )
            yield _Found(_of(row, INSTALMENT_CHECK, raw, words), ids)


def _introductions(session: Session, which: Which, day: PlanDay) -> Iterator[_Found]:
    """A new rep is to introduce themselves, unless the account has another by now."""
    parameters = which._asdict() | {"on": day.on}
    for row in session.connection().execute(_ASSIGNMENTS[type(which)], parameters).fetchall():
        subject, words = str(row.id), reasons.introduction(row.assigned_on)
        ground = Ground(row.account_id, INTRODUCTION, subject, subject, row.assigned_on, words)
        yield _Found(ground, ())


def _notices(session: Session, which: Which, day: PlanDay) -> Iterator[_Found]:
    """What an approved suspension case has to say by now."""
    for one in suspensions.occasions(session, which, day):
        step = STEPS[one.step]
        ground = Ground(
            one.account_id, step, one.subject, one.cycle, one.raw_on, reasons.suspension(step.name)
        )
        yield _Found(ground, one.invoice_ids)


SOURCES: tuple[Callable[[Session, Which, PlanDay], Iterable[_Found]], ...] = (
    _promise_checks,
    _broken_promises,
    _instalment_checks,
    _introductions,
    _notices,
)


def _of(row: Any, step: Step, raw_on: date, words: str) -> Ground:
    """About a promise or an instalment: a new day makes a new cycle."""
    return Ground(row.account_id, step, str(row.id), f"{row.id}/{row.due_on}", raw_on, words)


def _together(rows: Iterable[Any]) -> Mapping[int, tuple[Any, list[int]]]:
    """Rows of one id each with all their invoices."""
    found: dict[int, tuple[Any, list[int]]] = {}
    for row in rows:
        found.setdefault(row.id, (row, []))[1].append(row.invoice_id)
    return found


_P, _PN, _A = Promise.__table__.c, PromiseInvoice.__table__.c, Assignment.__table__.c
_PLAN, _I, _PI = PaymentPlan.__table__.c, PlanInstalment.__table__.c, PlanInvoice.__table__.c
_F = Firing.__table__.c


def _each(statement: Select[Any], account_id: Any) -> Mapping[type[Which], Select[Any]]:
    span = account_id.between(bindparam("first"), bindparam("last"))
    return {Span: statement.where(span), Accounts: statement.where(among(account_id, ids_named("ids")))}


_PROMISES = _each(
    select(
        *(_P.id, _P.account_id, _P.amount_minor, _P.currency, _P.promised_on, _P.due_on),
        *(_P.judged_on, _P.received_minor, _PN.invoice_id),
    )
    .join_from(Promise.__table__, PromiseInvoice.__table__, _PN.promise_id == _P.id)
    .where(UNSETTLED, _P.state == bindparam("state"), _P.due_on <= bindparam("until"))
    .order_by(_P.account_id, _P.due_on, _P.id, _PN.invoice_id),
    _P.account_id,
)
_INSTALMENTS = _each(
    select(
        *(_I.id, _PLAN.account_id, _I.number, _I.amount_minor, _PLAN.currency, _I.due_on, _PI.invoice_id),
    )
    .join_from(PaymentPlan.__table__, PlanInstalment.__table__, _I.plan_id == _PLAN.id)
    .join(PlanInvoice.__table__, _PI.plan_id == _PLAN.id)
    .where(STANDING, _I.due_on.between(bindparam("since"), bindparam("until")), _I.paid.is_(False))
    .order_by(_PLAN.account_id, _I.due_on, _I.id, _PI.invoice_id),
    _PLAN.account_id,
)
_ASSIGNMENTS = _each(
    select(_A.id, _A.account_id, _A.assigned_on)
    .join(Account, Account.id == _A.account_id)
    .where(TO_INTRODUCE, _A.introduce_until >= bindparam("on"), Account.rep_id == _A.rep_id)
    .order_by(_A.account_id, _A.id),
    _A.account_id,
)
_RECORDED = select(_F.account_id, _F.step, _F.subject, _F.cycle).where(
    among(_F.account_id, ids_named("ids")), _F.step.in_(sorted(step.name for step in GROUNDED))
)
