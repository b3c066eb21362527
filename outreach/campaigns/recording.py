"""Verdicts become rows: firings, rungs, rules, who is left out, and tasks, under their accounts' locks."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from outreach.campaigns.gathering import Scene
from outreach.campaigns.judging import PLACELESS, TOUCHED, Verdict
from outreach.campaigns.triggers import NEW
from outreach.campaigns.wording import height
from outreach.ledger import plan_writing, touches
from outreach.ledger.firings import Firing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.plans import LeftOut
from outreach.ledger.roster import Member, OpenFiring
from outreach.ledger.tasks import Task
from outreach.rules.plan_day import PlanDay
from outreach.rules.steps import Channel

NOTHING_ASKED, NO_STEP, EVERYWHERE = "nothing asked", "no step due", "both"
NOBODY = {"no number", "no address"}


class Left(NamedTuple):
    """Why an account is left out, as far as can be told before the places are given out."""

    account_id: int
    customer_id: int
    rules: Mapping[str, str]
    """channel -> rule"""
    running: Mapping[str, tuple[int, str]]
    """channel -> the interval that runs, and its rule"""
    parked: Mapping[Channel, list[int]]
    """firings whose touch has ended without an end of theirs: without a place they are placeless again"""

    @property
    def waits(self) -> bool:
        """Whether it hangs on the places of the day."""
        return any(self.rules.get(channel) == rule for channel, rule in PLACELESS.items())


@dataclass
class Batch:
    """Rows to be written in one transaction."""

    accounts: set[int] = field(default_factory=set)
    firings: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    ruled: dict[Channel, list[dict[str, Any]]] = field(default_factory=lambda: {one: [] for one in Channel})
    over: list[int] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    idle: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """why -> touches that carry nothing any more"""

    def __len__(self) -> int:
        rows: list[list[Any]] = [self.firings, self.moves, self.ended, self.over, self.left_out, self.tasks]
        return sum(map(len, [*rows, *self.ruled.values(), *self.idle.values()]))

    def add(self, verdict: Verdict, scene: Scene) -> None:
        """What a verdict changes, all but who is left out."""
        before, member = len(self), verdict.facts.member
        self._add_triggered(verdict, scene)
        for number, firing in enumerate(verdict.triggered.open):
            marks = {one: next(iter(side.rules[number]), None) for one, side in verdict.sides.items()}
            if firing.id == NEW:
                self.firings.append(_row(firing, scene.day, marks))
            else:
                self._add_changed(firing, marks)
        if len(self) > before:
            self.tasks.extend(_tasks(verdict, scene))
            self.accounts |= {member.id, scene.customer(member).id}

    def leave_out(self, left: Left, rules: Mapping[str, str], day: PlanDay) -> None:
        """Begin and end intervals where the rule has changed."""
        wrong = [
            (channel, id_) for channel, (id_, rule) in left.running.items() if rules.get(channel) != rule
        ]
        new = [channel for channel, rule in rules.items() if left.running.get(channel, (0, ""))[1] != rule]
        self.over.extend(id_ for _, id_ in wrong)
        self.left_out.extend(
            {"account_id": left.account_id, "channel": channel, "rule": rules[channel], "since": day.on}
            for channel in new
        )
        if wrong or new:
            self.accounts.add(left.account_id)

    def park(self, left: Left, rules: Mapping[str, str]) -> None:
        """Firings of a touch that is over get no place today: say so."""
        for channel, ids in left.parked.items():
            if rules.get(channel) == PLACELESS[channel] and ids:
                self.ruled[channel].extend({"key": id_, "what": PLACELESS[channel]} for id_ in ids)
                self.accounts.add(left.account_id)

    def write(self, session: Session, scene: Scene, plan_id: int, now: datetime) -> int:
        """Write it all. Returns how many rows were written."""
        lock_accounts(session, self.accounts)
        on = scene.day.on
        made: dict[str, Any] = {"created_at": now}
        written = [
            plan_writing.insert(
                session, Firing, self.firings, fired_on=on, plan_id=plan_id, emails=0, **made
            ),
            plan_writing.climb(session, self.moves),
            plan_writing.end_firings(session, self.ended, on),
            *(plan_writing.rule(session, channel, rows) for channel, rows in self.ruled.items()),
            plan_writing.end_left_out(session, self.over, on),
            plan_writing.insert(session, LeftOut, self.left_out),
            plan_writing.insert(session, Task, self.tasks, **made),
            *(touches.end(session, ids, "skipped", why, now=now) for why, ids in self.idle.items()),
        ]
        return sum(written)

    def _add_triggered(self, verdict: Verdict, scene: Scene) -> None:
        self.moves.extend(
            {"key": one.invoice_id, "old": one.old, "new": one.new} for one in verdict.triggered.climbed
        )
        for firing, how, why in verdict.triggered.ended:
            if firing.id == NEW:
                ended = {"state": how, "ended_on": scene.day.on, "ended_why": why}
                self.firings.append(_row(firing, scene.day, {}) | ended)
            else:
                self.ended.append({"key": firing.id, "how": how, "why": why})
                self._put_down(firing, why, scene)

    def _put_down(self, firing: OpenFiring, why: str, scene: Scene) -> None:
        """A touch all of whose firings have ended has nothing to say any more."""
        for channel in Channel:
            touch = scene.agenda.carried_by[channel].get(firing.id)
            carried = scene.agenda.carried[touch.id] if touch else set()
            carried.discard(firing.id)
            if touch and not carried and touch.state != "started":
                self.idle[why].append(touch.id)

    def _add_changed(self, firing: OpenFiring, marks: Mapping[Channel, str | None]) -> None:
        for channel, mark in marks.items():
            now = firing.call_rule if channel is Channel.CALL else firing.email_rule
            if mark != now and not (now is None and mark == PLACELESS[channel]):
                self.ruled[channel].append({"key": firing.id, "what": mark})


def left(verdict: Verdict, scene: Scene) -> Left:
    """Why the account is left out of calls and letters; nothing for a channel it is in."""
    facts = verdict.facts
    rules = {one.value: rule for one in Channel if (rule := _deciding(verdict, one))}
    if not verdict.triggered.open:
        asked = any(scene.day.is_asked(balance) for balance in facts.balances)
        rules = {EVERYWHERE: NO_STEP if asked else NOTHING_ASKED}
    parked = {one: list(_parked(verdict, one)) for one in Channel}
    return Left(facts.member.id, scene.customer(facts.member).id, rules, facts.left_out, parked)


def spoken(verdict: Verdict) -> set[str]:
    """Every rule that speaks against a side of the account, decisive or not."""
    found = {rule for side in verdict.sides.values() for some in side.rules for rule in some}
    return found - {TOUCHED, *PLACELESS.values()}


def _deciding(verdict: Verdict, channel: Channel) -> str | None:
    """The rule of the highest firing that has no touch; None if one has, or none is open."""
    side = verdict.sides[channel]
    if side.carried:
        return None
    if side.free:
        return PLACELESS[channel]
    rules = zip(verdict.triggered.open, side.rules, strict=True)
    kept = [(height(firing.step, channel), some[0]) for firing, some in rules if some and some[0] != TOUCHED]
    return min(kept, default=(0, None))[1]


def _parked(verdict: Verdict, channel: Channel) -> Iterator[int]:
    for firing in verdict.sides[channel].free:
        rule = firing.call_rule if channel is Channel.CALL else firing.email_rule
        if firing.id != NEW and rule is None:
            yield firing.id


def _row(firing: OpenFiring, day: PlanDay, marks: Mapping[Channel, str | None]) -> dict[str, Any]:
    return {
        "account_id": firing.account_id,
        "step": firing.step.name,
        "subject": firing.subject,
        "cycle": firing.cycle,
        "invoice_id": firing.invoice.id if firing.invoice else None,
        "raw_on": firing.raw_on,
        "touch_on": firing.touch_on,
        "days_past_due": firing.days_past_due,
        "run": firing.run,
        "state": "open",
        "call_side": firing.call_side,
        "email_side": firing.email_side,
        "call_rule": marks.get(Channel.CALL),
        "email_rule": marks.get(Channel.EMAIL),
        "tries": firing.tries,
        "ended_on": None,
        "ended_why": None,
    }


def _tasks(verdict: Verdict, scene: Scene) -> Iterator[dict[str, Any]]:
    """What a person has to do about it; a task that is open already stays the only one."""
    member, spoke, run = verdict.facts.member, spoken(verdict), verdict.triggered.run
    if spoke >= NOBODY:
        yield _task(member, "find contact", "Find a contact: there is neither number nor address", scene)
    if "unapplied cash" in spoke:
        yield _task(member, "apply cash", "Apply the cash that covers what is past due", scene)
    if run and run.supervisor:
        title = f"Decide how to go on: week {run.week} of more than 31 days past due"
        yield _task(member, "overdue", title, scene) | {"for_role": "supervisor", "owner_id": None}


def _task(member: Member, kind: str, title: str, scene: Scene) -> dict[str, Any]:
    due_on = scene.in_force.policy.business_days.add_business_days(scene.day.on, 1)
    return {
        "key": f"{kind}:{member.id}",
        "kind": kind,
        "title": title,
        "account_id": member.id,
        "owner_id": member.rep_id,
        "for_role": "rep",
        "due_on": due_on,
    }
