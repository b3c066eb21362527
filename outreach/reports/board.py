"""The supervisor's board: today's work by index, the whole book by kept figures; nothing walks the ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select

from outreach.ledger import activity, campaigns, figures, promises, vital_signs
from outreach.ledger.activity import CALLS, Pace
from outreach.ledger.book_totals import AGING, LEFT_OUT, OVERDUE_31, PAID, PROMISES
from outreach.ledger.campaigns import Campaign, Funnel
from outreach.ledger.figures import WHOLE, Figure, Figures, FigureSet
from outreach.ledger.people import User
from outreach.ledger.plans import Plan
from outreach.ledger.policies import InForce
from outreach.ledger.promises import Which
from outreach.ledger.scope import Scope
from outreach.ledger.vital_signs import Signs
from outreach.rules.aging import BUCKETS, Bucket
from outreach.rules.figures import expected, rate
from outreach.rules.leaving_out import GROUPS, group
from outreach.rules.overdue import Overdue, overdue
from outreach.rules.policy import Policy
from outreach.rules.span import Span

Money = Sequence[tuple[str, int]]
"""currency, minor units"""


@dataclass(frozen=True, slots=True)
class Rep:
    """One rep's day so far."""

    user: User
    pace: Pace
    expected: int
    """customers called by now at an even pace over the rep's duty hours"""

    @property
    def ahead(self) -> int:
        """Negative: behind."""
        return self.pace.called - self.expected


@dataclass(frozen=True, slots=True)
class Line:
    """One campaign of the day."""

    campaign: Campaign
    funnel: Funnel
    paid: int | None
    """customers who have paid since; None: not worked out yet"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The accounts that one rule leaves out, and what they owe past due."""

    rule: str
    accounts: int
    owed: Money

    @property
    def group(self) -> str:
        return group(self.rule)


@dataclass(frozen=True, slots=True)
class Promised:
    """Promises of one kind: how many over all currencies, and how much of each."""

    count: int
    amounts: Money


@dataclass(frozen=True, slots=True)
class Aging:
    """One currency's buckets in their order; those without anything are missing. They sum to the ledger."""

    currency: str
    buckets: Sequence[Figure]

    @property
    def amounts(self) -> Mapping[str, int]:
        return {one.of: one.amount_minor for one in self.buckets}

    @property
    def count(self) -> int:
        return sum(one.count for one in self.buckets)

    @property
    def total(self) -> int:
        return sum(self.amounts.values())


@dataclass(frozen=True, slots=True)
class Book:
    """What the kept figures say of the whole ledger."""

    made: FigureSet
    aging: Sequence[Aging]
    """the currency with most documents first"""
    overdue: Overdue
    overdue_by_currency: Sequence[Figure]
    left_out: Sequence[LeftOut]
    """by group, and in it the most accounts first"""
    promises: Mapping[Which, Promised]
    key: Mapping[str, Mapping[str, Any]]
    """DSO and its like in the organization's currency, each with value, target and whether it is met"""

    @property
    def kept_rate(self) -> int | None:
        """Per cent of the promises of the last 90 days whose grace day is over; None: none is."""
        kept, broken = self.promises["kept"].count, self.promises["broken"].count
        return rate(kept, kept + broken)


@dataclass(frozen=True, slots=True)
class Health:
    signs: Signs
    planned: Plan | None
    held_back: Mapping[str, datetime]
    oldest_event: timedelta


@dataclass(frozen=True, slots=True)
class Board:
    reps: Sequence[Rep]
    """the furthest behind first"""
    campaigns: Sequence[Line]
    letters: Mapping[str, int]
    replies: int
    held: int
    due: Mapping[Which, Promised]
    book: Book | None
    """None: not worked out yet"""
    health: Health

    @property
    def team(self) -> Pace:
        """All reps together."""
        sums = (sum(getattr(rep.pace, name) for rep in self.reps) for name in CALLS)
        return Pace(*sums)

    @property
    def expected(self) -> int:
        return sum(rep.expected for rep in self.reps)


def board(scope: Scope, in_force: InForce, now: datetime, wall: datetime) -> Board:
    """Everything on it, in one reading."""
    session, policy, today = scope.session, in_force.policy, in_force.policy.today(now)
    kept = figures.newest(session)
    return Board(
        reps=reps(scope, policy, now),
        campaigns=_campaigns(scope, today, kept),
        letters=activity.letters_by_state(session, today),
        replies=activity.replies(session, *day_of(policy, today)),
        held=activity.held_letters(session),
        due={which: _promised(rows) for which, rows in promises.count_due(session, today).items()},
        book=_book(kept, in_force) if kept else None,
        health=_health(scope, wall),
    )


def reps(scope: Scope, policy: Policy, now: datetime) -> list[Rep]:
    """Everyone who works here, the furthest behind first."""
    today = policy.today(now)
    found = [
        Rep(user, pace, by_now(user, policy, today, now))
        for user, pace in activity.paces(scope.session, today, activity.at_work())
    ]
    return sorted(found, key=lambda rep: (rep.ahead, rep.user.name))


def day_of(policy: Policy, day: date) -> tuple[datetime, datetime]:
    """The organization's day from its first moment to the next day's, in UTC."""
    ends = (day, day + timedelta(1))
    first, last = (policy.moment(one, time.min).astimezone(UTC) for one in ends)
    return first, last


def by_now(user: User, policy: Policy, day: date, now: datetime) -> int:
    """How many of a day's customers a rep has called by now at an even pace; all of them once it is over."""
    if not policy.business_days.is_business_day(day):
        return 0
    hours = Span.parse(user.hours) if user.hours else policy.calendar.working_hours
    zone = ZoneInfo(user.timezone) if user.timezone else policy.organization.zone
    return expected(policy.desk.target, *hours.on(day, zone), now)


def _campaigns(scope: Scope, today: date, kept: Figures | None) -> list[Line]:
    known = kept is not None and kept.made.day == today
    paid = {one.of: one.count for one in kept.named(PAID)} if kept else {}
    return [
        Line(campaign, funnel, paid.get(campaign.step, 0) if known else None)
        for campaign, funnel in campaigns.funnels(scope.session, today).items()
    ]


def _book(kept: Figures, in_force: InForce) -> Book:
    late = kept.named(OVERDUE_31)
    amounts, limit = [(one.currency, one.amount_minor) for one in late], in_force.policy.targets.overdue_31
    judged = {which: [one for one in kept.named(PROMISES) if one.of == which] for which in promises.JUDGED}
    return Book(
        made=kept.made,
        aging=_aging(kept.named(AGING)),
        overdue=overdue(amounts, limit, in_force.rates, kept.made.day),
        overdue_by_currency=late,
        left_out=left_out(kept),
        promises={
            which: _promised((one.currency, one.count, one.amount_minor) for one in some)
            for which, some in judged.items()
        },
        key=kept.made.explained.get("by_currency", {}).get(in_force.policy.organization.currency, {}),
    )


def _aging(rows: Sequence[Figure]) -> list[Aging]:
    by_currency: dict[str, list[Figure]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: BUCKETS.index(cast("Bucket", one.of))):
        by_currency[row.currency].append(row)
    found = (Aging(currency, some) for currency, some in by_currency.items())
    return sorted(found, key=lambda one: (-one.count, one.currency))


def left_out(kept: Figures | None) -> list[LeftOut]:
    """Who is not contacted, by group and rule."""
    owed: dict[str, list[tuple[str, int]]] = defaultdict(list)
    counts = {}
    for row in kept.named(LEFT_OUT) if kept else ():
        if row.currency == WHOLE:
            counts[row.of] = row.count
        else:
            owed[row.of].append((row.currency, row.amount_minor))
    found = (LeftOut(rule, count, owed[rule]) for rule, count in counts.items())
    return sorted(found, key=lambda one: (GROUPS.index(one.group), -one.accounts, one.rule))


def _promised(rows: Iterable[tuple[str, int, int]]) -> Promised:
    some = list(rows)
    return Promised(sum(count for _, count, _ in some), [(currency, amount) for currency, _, amount in some])


def _health(scope: Scope, wall: datetime) -> Health:
    session = scope.session
    newest = select(Plan).where(Plan.finished_at.is_not(None)).order_by(Plan.id.desc()).limit(1)
    return Health(
        signs=vital_signs.signs(session, wall),
        planned=session.scalars(newest).first(),
        held_back=vital_signs.held_back(session, wall),
        oldest_event=vital_signs.oldest_event(session, wall),
    )
