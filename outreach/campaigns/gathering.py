"""One row of facts an account: everything a plan looks at before it judges, read a span at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.ledger import call_history, facts, policies, reach, roster
from outreach.ledger.agenda import Agenda
from outreach.ledger.call_history import Call
from outreach.ledger.facts import Books, Due, Span
from outreach.ledger.plans import Plan
from outreach.ledger.policies import InForce
from outreach.ledger.reach import Way
from outreach.ledger.roster import Desk, Member, OpenFiring, Recorded
from outreach.ledger.standing import House
from outreach.rules.cadence import carried_since, week_of
from outreach.rules.plan_day import Balance, PlanDay
from outreach.rules.policy import Policy
from outreach.rules.steps import (
    AGED_MRR,
    FINAL_CHECK,
    FINAL_OVERDUE,
    OVERDUE_31,
    STATEMENT,
    Channel,
    Cycle,
    Step,
)

Key = tuple[str, str, str]
"""step, subject, cycle"""
ACCOUNT_STEPS = tuple(step.name for step in (OVERDUE_31, FINAL_OVERDUE, AGED_MRR, STATEMENT, FINAL_CHECK))


class Ways(NamedTuple):
    """How a customer can be called and written to, the first choice first."""

    calls: Sequence[Way] = ()
    mails: Sequence[Way] = ()


NO_WAYS = Ways()


@dataclass(frozen=True)
class Scene:
    """What is the same for every account of a plan."""

    in_force: InForce
    day: PlanDay
    go_live_on: date
    first_plan_on: date
    """of the first plan ever: the first week of mail begins with it"""
    released: bool
    """a supervisor has let the first day's mail leave"""
    house: House
    desks: Mapping[int, Desk]
    parents: Mapping[int, Member]
    parent_ways: Mapping[int, Ways]
    agenda: Agenda

    @classmethod
    def read(cls, session: Session, on: date) -> "Scene":
        in_force, parents = policies.in_force(session), roster.parents(session)
        day = facts.plan_day(session, on, in_force.policy)
        return cls(
            in_force=in_force,
            day=day,
            go_live_on=facts.go_live(session, on, in_force.policy),
            first_plan_on=session.scalar(select(func.min(Plan.day))) or on,
            released=session.scalar(select(func.max(Plan.released_at))) is not None,
            house=House.read(session),
            desks=roster.desks(session, in_force.policy),
            parents=parents,
            parent_ways=_parent_ways(session, parents, in_force.policy),
            agenda=Agenda.read(session, on, day.touch_on),
        )

    @property
    def last_week(self) -> str:
        return week_of(self.day.on - timedelta(weeks=1))

    def customer(self, member: Member) -> Member:
        """The account that is called and written to: its parent, or itself."""
        return self.parents.get(member.customer_id, member)

    def desk(self, member: Member) -> Desk | None:
        """Who calls: the customer's rep, else the child's own, or who covers for them."""
        return self.desks.get(self.customer(member).rep_id or member.rep_id or 0)

    def cycle(self, step: Step) -> str:
        """The cycle in which an account's step, or a final check, would fire today."""
        if step is FINAL_CHECK:
            return self.day.final_check_cycle
        return self.day.month if step is STATEMENT else self.day.week

    def letter_day(self, step: Step) -> date:
        """The date of a step's letter: a statement may leave on a holiday."""
        return self.day.statement_on if step is STATEMENT and self.day.statement_on else self.day.touch_on


class Facts(NamedTuple):
    """One account on the plan's day."""

    member: Member
    books: Books
    balances: Sequence[Balance]
    true: tuple[Step, ...]
    """account steps that are true today"""
    climbing: Sequence[Due]
    finals: Sequence[Due]
    """final invoices to be checked"""
    firings: Sequence[OpenFiring]
    recorded: Mapping[Key, Recorded]
    """of this cycle and of the week before, where an account's step may be new"""
    rang_lately: Mapping[int, int]
    """firing id -> attempts of the last days, of weekly firings of an older week"""
    ways: Ways
    left_out: Mapping[str, tuple[int, str]]
    conversation_on: date | None


def gather(session: Session, span: Span, scene: Scene) -> Iterator[Facts]:
    """The accounts of a span, by id. Ways, history and conversations are read only where something is due."""
    day = scene.day
    books = facts.books(session, span, day, everything=day.statement_on is not None)
    climbing, finals = facts.climbing(session, span, day), facts.unconfirmed_finals(session, span, day)
    firings, left_out = roster.open_firings(session, span), roster.left_outs(session, span)
    true = {id_: _true(day, balances) for id_, balances in books.balances.items()}
    due = {id_ for id_, steps in true.items() if steps} | climbing.keys() | finals.keys() | firings.keys()
    members = roster.members(session, span)
    recorded = _recorded(session, scene, _unsettled(scene, true, finals, firings))
    rang_lately = _rang_lately(session, scene, firings)
    ways = _ways(session, scene, [member for member in members if member.id in due])
    talked = _conversations(session, scene, [member for member in members if member.id in due])
    for member in members:
        id_ = member.id
        yield Facts(
            *(member, books, books.balances.get(id_, ()), true.get(id_, ())),
            *(climbing.get(id_, ()), finals.get(id_, ()), firings.get(id_, ()), recorded.get(id_, {})),
            *(rang_lately, ways.get(id_, NO_WAYS), left_out.get(id_, {}), talked.get(member.customer_id)),
        )


def _parent_ways(session: Session, parents: Collection[int], policy: Policy) -> Mapping[int, Ways]:
    calls, mails = (reach.ways(session, parents, channel, policy) for channel in Channel)
    return {id_: Ways(calls.get(id_, ()), mails.get(id_, ())) for id_ in parents}


def _true(day: PlanDay, balances: Iterable[Balance]) -> tuple[Step, ...]:
    return tuple(dict.fromkeys(step for balance in balances for step in day.account_steps(balance)))


def _unsettled(
    scene: Scene,
    true: Mapping[int, tuple[Step, ...]],
    finals: Mapping[int, Sequence[Due]],
    firings: Mapping[int, Sequence[OpenFiring]],
) -> set[int]:
    """Accounts with a step that is true and not open in this cycle: it has ended already, or is new."""
    found = set()
    for id_ in true.keys() | finals.keys():
        open_now = {
            (one.step, one.subject) for one in firings.get(id_, ()) if one.cycle == scene.cycle(one.step)
        }
        checks = any((FINAL_CHECK, invoice.number) not in open_now for invoice in finals.get(id_, ()))
        if checks or not set(true.get(id_, ())) <= {step for step, _ in open_now}:
            found.add(id_)
    return found


def _recorded(session: Session, scene: Scene, ids: set[int]) -> Mapping[int, dict[Key, Recorded]]:
    cycles = {scene.day.week, scene.last_week, scene.day.month, scene.day.final_check_cycle}
    found: dict[int, dict[Key, Recorded]] = defaultdict(dict)
    for one in roster.recorded(session, ids, ACCOUNT_STEPS, cycles) if ids else ():
        found[one.account_id][(one.step, one.subject, one.cycle)] = one
    return found


def _rang_lately(
    session: Session, scene: Scene, firings: Mapping[int, Sequence[OpenFiring]]
) -> Mapping[int, int]:
    old = [
        one.id
        for some in firings.values()
        for one in some
        if one.tries and one.step.cycle is Cycle.WEEK and one.cycle != scene.day.week
    ]
    since = carried_since(scene.day.on, scene.in_force.policy)
    return call_history.rang_for(session, old, since) if old else {}


def _ways(session: Session, scene: Scene, members: Sequence[Member]) -> Mapping[int, Ways]:
    """A customer's own contacts; those of a child where its parent has none."""
    policy, ids = scene.in_force.policy, [member.id for member in members]
    calls, mails = (reach.ways(session, ids, channel, policy) for channel in Channel)
    found = {}
    for id_, customer_id in ((member.id, member.customer_id) for member in members):
        above = scene.parent_ways.get(customer_id, NO_WAYS)
        found[id_] = Ways(above.calls or calls.get(id_, ()), above.mails or mails.get(id_, ()))
    return found


def _conversations(session: Session, scene: Scene, members: Iterable[Member]) -> Mapping[int, date]:
    """Customer id -> the day of the last conversation, if it may still keep us quiet."""
    customers = [scene.parents.get(member.customer_id, member) for member in members]
    since = scene.day.on - call_history.quiet_time(scene.in_force.policy)
    ids = {one.id for one in customers if one.reached_on and one.reached_on > since}
    calls: dict[int, list[Call]] = defaultdict(list)
    for call in call_history.at_accounts(session, ids, scene.day.on, scene.in_force.policy) if ids else ():
        calls[call.account_id].append(call)
    found = ((id_, call_history.last_conversation(some)) for id_, some in calls.items())
    return {id_: day for id_, day in found if day}
