"""One row of facts an account: everything a plan looks at before it judges, read a span at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from outreach.campaigns.planning.scene import NO_WAYS, Scene, Ways
from outreach.ledger import call_history, facts, grounds, reach, roster
from outreach.ledger.call_history import Call
from outreach.ledger.facts import Books, Due, Span
from outreach.ledger.grounds import Ground, Key
from outreach.ledger.roster import IDLE, Member, OpenFiring, Recorded, Running
from outreach.rules.cadence import carried_since
from outreach.rules.outcomes import Disposition
from outreach.rules.plan_day import Balance, PlanDay
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

ACCOUNT_STEPS = tuple(step.name for step in (OVERDUE_31, FINAL_OVERDUE, AGED_MRR, STATEMENT, FINAL_CHECK))
NO_STEP, EVERYWHERE = "no step due", "both"


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
    grounds: Sequence[Ground]
    """what its steps may fire by besides its invoices"""
    fired: Collection[Key]
    """what has been recorded of the steps that fire by a ground"""
    firings: Sequence[OpenFiring]
    recorded: Mapping[Key, Recorded]
    """of this cycle, where an account's step may be new, and the `overdue_31` of the week before"""
    rang_lately: Mapping[int, int]
    """firing id -> attempts of the last days, of what is still called about of an older week"""
    ways: Ways
    left_out: Running
    talk: "Talk"


class Talk(NamedTuple):
    """What was said on the phone, as far as it keeps us quiet."""

    conversation_on: date | None = None
    """the last one"""
    said: frozenset[Disposition] = frozenset()
    """by calls of the touches' day"""


SILENCE = Talk()


class Idle(NamedTuple):
    """An account with nothing to be done about it, where that is not what was written down."""

    account_id: int
    rule: str
    left_out: Running


class Piece(NamedTuple):
    """A span of accounts: those with something due, by id, and those whose idleness may be news."""

    busy: list[Facts]
    idle: list[Idle]
    size: int
    """how many accounts it has in all"""

    def left_out(self) -> dict[str, int]:
        """How many accounts have nothing due, by rule."""
        no_step = sum(one.rule == NO_STEP for one in self.idle)
        return {NO_STEP: no_step, IDLE: self.size - len(self.busy) - no_step}


class _Read(NamedTuple):
    """What is read of a whole span."""

    books: Books
    true: Mapping[int, tuple[Step, ...]]
    climbing: Mapping[int, Sequence[Due]]
    finals: Mapping[int, Sequence[Due]]
    firings: Mapping[int, Sequence[OpenFiring]]
    grounds: Mapping[int, Sequence[Ground]]
    fired: Mapping[int, Collection[Key]]
    """account id -> what has been recorded of the grounded steps"""

    def due(self) -> set[int]:
        """Accounts about which something fires, or stands open."""
        fires = {id_ for id_, steps in self.true.items() if steps}
        new = {id_ for id_, some in self.grounds.items() if not self._have_fired(id_, some)}
        return fires | new | self.climbing.keys() | self.finals.keys() | self.firings.keys()

    def _have_fired(self, account_id: int, some: Sequence[Ground]) -> bool:
        fired = self.fired.get(account_id, ())
        return all(one.key in fired for one in some)


def gather(session: Session, span: Span, scene: Scene) -> Piece:
    """Read a span. Who they are, how to reach them and what they said is read only where something is due."""
    day = scene.day
    books = facts.books(session, span, day, everything=day.statement_on is not None)
    found = grounds.read(session, span, day)
    read = _Read(
        books,
        {id_: _true(day, balances) for id_, balances in books.balances.items()},
        _climbing(session, span, books, day),
        facts.unconfirmed_finals(session, span, day),
        roster.open_firings(session, span),
        found,
        grounds.recorded(session, found) if found else {},
    )
    due = read.due()
    left_out = roster.left_outs(session, span, due | books.balances.keys())
    idle = (roster.unexplained(session, span) | left_out.keys() | books.balances.keys()) - due
    busy = _busy(session, scene, read, due, left_out)
    return Piece(busy, list(_idle(idle, books, left_out, day)), roster.size(session, span))


def _climbing(session: Session, span: Span, books: Books, day: PlanDay) -> Mapping[int, Sequence[Due]]:
    """Past due or about to fall due: what may climb its ladder."""
    late, coming = facts.climbing(session, books.climbing, day), facts.coming(session, span, day)
    return {id_: [*late.get(id_, ()), *coming.get(id_, ())] for id_ in late.keys() | coming.keys()}


def _idle(ids: Iterable[int], books: Books, left_out: Mapping[int, Running], day: PlanDay) -> Iterator[Idle]:
    for id_ in ids:
        asked = any(day.is_asked(balance) for balance in books.balances.get(id_, ()))
        yield Idle(id_, NO_STEP if asked else IDLE, left_out.get(id_, {}))


def _busy(
    session: Session, scene: Scene, read: _Read, due: set[int], left_out: Mapping[int, Running]
) -> list[Facts]:
    members = roster.members(session, due) if due else []
    recorded = _recorded(session, scene, members, read)
    rang_lately, ways = _rang_lately(session, scene, read.firings), _ways(session, scene, members)
    talks = _talks(session, scene, members)
    return [
        Facts(
            member,
            read.books,
            balances=read.books.balances.get(member.id, ()),
            true=read.true.get(member.id, ()),
            climbing=read.climbing.get(member.id, ()),
            finals=read.finals.get(member.id, ()),
            grounds=read.grounds.get(member.id, ()),
            fired=read.fired.get(member.id, ()),
            firings=read.firings.get(member.id, ()),
            recorded=recorded.get(member.id, NOTHING),
            rang_lately=rang_lately,
            ways=ways[member.id],
            left_out=left_out.get(member.id, NOTHING),
            talk=talks.get(member.customer_id, SILENCE),
        )
        for member in members
    ]


NOTHING: Mapping[Any, Any] = {}


def _true(day: PlanDay, balances: Sequence[Balance]) -> tuple[Step, ...]:
    if len(balances) == 1:
        return day.account_steps(balances[0])
    return tuple(dict.fromkeys(step for balance in balances for step in day.account_steps(balance)))


def _unsettled(scene: Scene, read: _Read) -> set[int]:
    """Accounts with a step that is true and not open in this cycle: it has ended already, or is new."""
    found = set()
    for id_ in read.true.keys() | read.finals.keys():
        steps, finals = read.true.get(id_, ()), read.finals.get(id_, ())
        if not steps and not finals:
            continue
        open_now = {
            (one.step, one.subject)
            for one in read.firings.get(id_, ())
            if one.step.cycle in (Cycle.WEEK, Cycle.MONTH) and one.cycle == scene.cycle(one.step)
        }
        checks = any((FINAL_CHECK, invoice.number) not in open_now for invoice in finals)
        if checks or not set(steps) <= {step for step, _ in open_now}:
            found.add(id_)
    return found


def _recorded(
    session: Session, scene: Scene, members: Iterable[Member], read: _Read
) -> Mapping[int, dict[Key, Recorded]]:
    """What is recorded of this cycle; where an `overdue_31` is new, also the one it may go on from."""
    day, ids = scene.day, _unsettled(scene, read)
    cycles = {day.week, day.month, day.final_check_cycle}
    found: dict[int, dict[Key, Recorded]] = defaultdict(dict)
    for one in roster.recorded(session, ids, ACCOUNT_STEPS, cycles) if ids else ():
        found[one.account_id][(one.step, one.subject, one.cycle)] = one
    runs = {one.id: (OVERDUE_31.name, one.number, day.week) for one in members if one.id in ids}
    new = [id_ for id_, key in runs.items() if OVERDUE_31 in read.true.get(id_, ()) and key not in found[id_]]
    for one in roster.recorded(session, new, [OVERDUE_31.name], {scene.last_week}) if new else ():
        found[one.account_id][(one.step, one.subject, one.cycle)] = one
    return found


def _rang_lately(
    session: Session, scene: Scene, firings: Mapping[int, Sequence[OpenFiring]]
) -> Mapping[int, int]:
    old = [
        one.id
        for some in firings.values()
        for one in some
        if one.tries and one.call_side == "open"
        if one.step.cycle is Cycle.WEEK and one.cycle != scene.day.week
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


def _talks(session: Session, scene: Scene, members: Iterable[Member]) -> Mapping[int, Talk]:
    """Customer id -> what was said lately, if it may still keep us quiet."""
    customers = [scene.parents.get(member.customer_id, member) for member in members]
    day, policy = scene.day, scene.in_force.policy
    since = day.on - call_history.quiet_time(policy)
    ids = {
        one.id
        for one in customers
        if (one.reached_on and one.reached_on > since) or (one.rang_on and one.rang_on >= day.touch_on)
    }
    calls: dict[int, list[Call]] = defaultdict(list)
    for call in call_history.at_accounts(session, ids, day.on, policy) if ids else ():
        calls[call.account_id].append(call)
    return {id_: _talk(some, day.touch_on) for id_, some in calls.items()}


def _talk(calls: Sequence[Call], today: date) -> Talk:
    said = frozenset(call.disposition for call in calls if call.disposition and call.day == today)
    return Talk(call_history.last_conversation(calls), said)
