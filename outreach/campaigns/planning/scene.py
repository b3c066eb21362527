"""What is the same for every account of a plan: day, policy, house, desks, what is planned already."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.ledger import facts, payment_policies, plans, policies, reach, replies, roster
from outreach.ledger.agenda import Agenda, Planned
from outreach.ledger.plans import Plan
from outreach.ledger.policies import InForce
from outreach.ledger.reach import Way
from outreach.ledger.roster import Desk, Member
from outreach.ledger.standing import House
from outreach.rules.cadence import week_of
from outreach.rules.plan_day import PlanDay
from outreach.rules.policy import Policy
from outreach.rules.standing import Standing
from outreach.rules.steps import FINAL_CHECK, STATEMENT, Channel, Step


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
    first_day: date
    """with which the first week of mail begins"""
    released: bool
    """a supervisor has let the first day's mail leave"""
    house: House
    desks: Mapping[int, Desk]
    parents: Mapping[int, Member]
    parent_ways: Mapping[int, Ways]
    agenda: Agenda
    wrote: Collection[int]
    """customers whose reply waits for an answer"""
    cut_offs: Mapping[int, str]
    """customers to be called before the cut-off of their pay run -> why, in words"""

    @classmethod
    def read(cls, session: Session, on: date) -> "Scene":
        in_force, parents = policies.in_force(session), roster.parents(session)
        day = facts.plan_day(session, on, in_force.policy)
        return cls(
            in_force=in_force,
            day=day,
            go_live_on=facts.go_live(session, on, in_force.policy),
            first_day=plans.first_day(session, in_force.policy) or on,
            released=session.scalar(select(func.max(Plan.released_at))) is not None,
            house=House.read(session),
            desks=roster.desks(session, in_force.policy),
            parents=parents,
            parent_ways=_parent_ways(session, parents, in_force.policy),
            agenda=Agenda.read(session, on, day.touch_on),
            wrote=replies.customers(session),
            cut_offs=payment_policies.before_cut_off(
                session, None, day.touch_on, in_force.policy.business_days
            ),
        )

    @cached_property
    def standings(self) -> Mapping[Channel, Standing]:
        """The house's part of the gate's facts."""
        return {channel: self.house.standing(channel) for channel in Channel}

    @cached_property
    def has_room_for_letters(self) -> bool:
        """Whether every letter of this plan has its place: the first week of mail is over."""
        return min(self.day.touch_on, self.letter_day(STATEMENT)) >= self.first_day + plans.FIRST_WEEK

    def letters_a_day(self, day: date) -> float:
        """How many letters a plan may make for a day."""
        in_first_week = day < self.first_day + plans.FIRST_WEEK
        return self.in_force.policy.mail.first_week_per_day if in_first_week else float("inf")

    @cached_property
    def joins_until(self) -> date:
        """The last day of a call that takes in what is new: what is agreed for later than the ladder itself
        ever waits does not put off what is due now."""
        policy = self.in_force.policy
        return policy.business_days.add_business_days(self.day.touch_on, policy.retry.voicemail_business_days)

    @cached_property
    def last_week(self) -> str:
        return week_of(self.day.on - timedelta(weeks=1))

    @cached_property
    def at_work(self) -> Collection[int]:
        """The reps who make calls."""
        return {desk.rep_id for desk in self.desks.values()}

    def needs_rank(self, touch: Planned) -> bool:
        """A retry made on another day, or what a planner left that died: this plan gives it its rank."""
        return self._is_of_the_queue(touch) and not self.agenda.is_ranked(touch)

    def is_left(self, touch: Planned) -> bool:
        """The call of a rep who is away: it keeps its rank with who covers."""
        return self._is_of_the_queue(touch) and touch.rep_id not in self.at_work

    def _is_of_the_queue(self, touch: Planned) -> bool:
        return touch.channel == Channel.CALL and touch.day == self.day.touch_on

    def waiting(self, customer_id: int, channel: Channel, day: date) -> Planned | None:
        """The touch that what is free would join: the next call of these days, or the letter of that day or
        still held. One that this plan ends is none."""
        for one in self.agenda.waiting.get((customer_id, channel), ()):
            held = one.state == "held" and one.day < day
            joins = day <= one.day <= self.joins_until if channel is Channel.CALL else one.day == day or held
            if joins and one.id not in self.agenda.idle:
                return one
        return None

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


def _parent_ways(session: Session, parents: Collection[int], policy: Policy) -> Mapping[int, Ways]:
    calls, mails = (reach.ways(session, parents, channel, policy) for channel in Channel)
    return {id_: Ways(calls.get(id_, ()), mails.get(id_, ())) for id_ in parents}
