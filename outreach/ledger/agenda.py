"""The touches of a day and of the days after it, and what they carry: what a plan finds made already."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select, text
from sqlalchemy.orm import Session

from outreach.ledger.firings import Firing
from outreach.ledger.plans import Plan
from outreach.ledger.touches import UNENDED, Touch, TouchFiring
from outreach.rules.steps import Channel

TAKEN = ("open", "held", "started", "done", "unconfirmed")
"""states of a touch that has its place among the day's customers"""
SPENT = ("started", "done", "unconfirmed")
"""states after which nothing more of that channel goes to the customer on that day"""


class Planned(NamedTuple):
    """A touch, as far as a plan looks at it."""

    id: int
    account_id: int
    channel: str
    day: date
    n: int
    state: str
    step: str
    rank: int | None
    rep_id: int | None
    destination_id: int | None
    plan_id: int | None
    by_hand: bool
    """a person asked for it: the playbook's own letters neither join it nor give way to it"""


@dataclass(frozen=True)
class Agenda:
    """Every touch from a date on, and those before it that have not ended."""

    touch_on: date
    touches: Sequence[Planned]
    carried: Mapping[int, set[int]]
    """touch id -> its open firings, of touches that have not ended"""
    plans: frozenset[int]
    """finished plans of the same touch date: the touches they made have their rank"""
    idle: set[int] = field(default_factory=set)
    """touches that this plan ends: they carry nothing any more, and their place is free"""

    @classmethod
    def read(cls, session: Session, since: date, touch_on: date) -> "Agenda":
        carried: dict[int, set[int]] = defaultdict(set)
        connection = session.connection()
        for touch_id, firing_id, state in connection.execute(_CARRIED).fetchall():
            if state == "open":  # told here: asked for it, SQLite would begin with all open firings
                carried[touch_id].add(firing_id)
        touches = [Planned._make(row) for row in connection.execute(_TOUCHES, {"since": since}).fetchall()]
        plans = session.scalars(
            select(Plan.id).where(Plan.touch_day == touch_on, Plan.finished_at.is_not(None))
        )
        return cls(touch_on, touches, carried, frozenset(plans))

    @cached_property
    def waiting(self) -> Mapping[tuple[int, str], list[Planned]]:
        """(customer, channel) -> touches that have not started, the earliest first."""
        found: dict[tuple[int, str], list[Planned]] = defaultdict(list)
        for touch in self.touches:
            if touch.state in ("open", "held") and not touch.by_hand:
                found[(touch.account_id, touch.channel)].append(touch)
        return found

    @cached_property
    def spent(self) -> frozenset[tuple[int, str, date]]:
        """(customer, channel, day) that have had their touch."""
        return frozenset((one.account_id, one.channel, one.day) for one in self._spent)

    @cached_property
    def carried_by(self) -> Mapping[str, Mapping[int, Planned]]:
        """channel -> firing -> the touch that carries it and has not ended."""
        found: dict[str, dict[int, Planned]] = {channel: {} for channel in Channel}
        for touch in self.touches:
            for firing_id in self.carried.get(touch.id, ()):
                found[touch.channel][firing_id] = touch
        return found

    @cached_property
    def written_to(self) -> frozenset[tuple[int | None, date]]:
        """(address, day) that have had their letter."""
        letters = (one for one in self._spent if one.channel == Channel.EMAIL)
        return frozenset((one.destination_id, one.day) for one in letters)

    @cached_property
    def _spent(self) -> list[Planned]:
        return [one for one in self.touches if one.state in SPENT and not one.by_hand]

    def let_go(self, firing_id: int) -> Iterator[Planned]:
        """A firing has ended. Yields the touches that carry nothing any more: they are idle from now on."""
        for planned in self.carried_by.values():
            if touch := planned.get(firing_id):
                carried = self.carried[touch.id]
                carried.discard(firing_id)
                if not carried and touch.state != "started":
                    self.idle.add(touch.id)
                    yield touch

    def is_ranked(self, touch: Planned) -> bool:
        """Whether it has its rank of the day: a retry has that of the day before, and what a planner left
        that died has one among a part of the customers only. What we owe has the first, by no plan."""
        return touch.plan_id is None or touch.plan_id in self.plans

    def of_day(self, channel: Channel, day: date) -> list[Planned]:
        """Touches that take a place of the day."""
        taken = (one for one in self.touches if one.state in TAKEN and one.id not in self.idle)
        return [one for one in taken if (one.channel, one.day) == (channel, day)]


_T, _TF, _F = Touch.__table__.c, TouchFiring.__table__.c, Firing.__table__.c
_TOUCHES = (
    select(
        *(_T.id, _T.account_id, _T.channel, _T.day, _T.n, _T.state, _T.step, _T.rank, _T.rep_id),
        *(_T.destination_id, _T.plan_id, _T.asked_by.is_not(None)),
    )
    .where(or_(_T.day >= bindparam("since"), UNENDED))
    .order_by(_T.day, _T.account_id, _T.n)
)
_CARRIED = (
    select(_TF.touch_id, _TF.firing_id, _F.state)
    .join_from(Touch.__table__, TouchFiring.__table__, _TF.touch_id == _T.id)
    .outerjoin(Firing.__table__, _F.id == _TF.firing_id)
    .where(text("touches.state IN ('open', 'held', 'started')"))  # as its partial index says it
)
