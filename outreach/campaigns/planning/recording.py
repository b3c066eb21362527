"""Verdicts become rows: firings, rungs, rules, who is left out, and tasks, under their accounts' locks."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy.orm import Session

from outreach.campaigns.planning.gathering import EVERYWHERE, NO_STEP
from outreach.campaigns.planning.judging import PLACELESS, TOUCHED, Side, Verdict, Wanted
from outreach.campaigns.planning.scene import Scene
from outreach.campaigns.planning.triggers import NEW, Triggered
from outreach.campaigns.planning.wording import height
from outreach.ledger import plan_writing, touches
from outreach.ledger.firings import Firing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.plan_writing import Columns, Ids, Row
from outreach.ledger.plans import LeftOut
from outreach.ledger.roster import IDLE, Member, OpenFiring, Running
from outreach.ledger.tasks import Task
from outreach.rules.cadence import days_past_due
from outreach.rules.steps import Channel

NOBODY = {"no number", "no address"}


class Left(NamedTuple):
    """Why an account is left out, as far as can be told before the places are given out."""

    account_id: int
    rules: Mapping[str, str]
    """channel -> rule"""
    running: Running
    parked: Mapping[Channel, Sequence[int]]
    """firings whose touch has ended without an end of theirs"""

    @property
    def waits(self) -> bool:
        """Whether it hangs on the places of the day."""
        return bool(self.parked) or any(
            self.rules.get(channel) == rule for channel, rule in PLACELESS.items()
        )


FIRING = Columns(
    Firing,
    (
        *(
            "account_id",
            "step",
            "subject",
            "cycle",
            "invoice_id",
            "raw_on",
            "touch_on",
            "days_past_due",
            "run",
        ),
        *("call_side", "email_side", "call_rule", "email_rule", "tries", "call_again_on"),
        *("state", "ended_on", "ended_why"),
    ),
)
LEFT_OUT = Columns(LeftOut, ("account_id", "channel", "rule"))
TASK = Columns(Task, ("key", "kind", "title", "account_id", "owner_id", "for_role"))


class Batch:
    """Rows to be written in one transaction."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.size = 0
        """how many rows it has, more or less"""
        self.accounts: set[int] = set()
        self.letters: list[Wanted] = []
        """those that need no place of the day"""
        self._firings: list[Row] = []
        self._climbed: Ids[tuple[int, int]] = defaultdict(list)
        self._ended: Ids[tuple[str, str]] = defaultdict(list)
        self._ruled: Ids[tuple[Channel, str | None]] = defaultdict(list)
        self._idle: Ids[str] = defaultdict(list)
        self._over: list[int] = []
        self._left_out: list[Row] = []
        self._tasks: list[Row] = []

    def add(self, verdict: Verdict) -> None:
        """What a verdict changes, all but who is left out."""
        before, member, on = self.size, verdict.facts.member, self._scene.day.on
        triggered, (calls, letters) = verdict.triggered, verdict.sides.values()
        self._add_ended(triggered)
        for touch_id, why in verdict.idle:
            self._idle[why].append(touch_id)
        self.size += len(verdict.idle)
        for firing, call, letter in zip(triggered.open, calls.rules, letters.rules, strict=True):
            call_rule, email_rule = call[0] if call else None, letter[0] if letter else None
            if firing.id == NEW:
                if letters.at_once and email_rule == PLACELESS[Channel.EMAIL]:
                    email_rule = None
                self._firings.append((*_row(firing, on, call_rule, email_rule), "open", None, None))
                self.size += 1
                continue
            if call_rule != firing.call_rule:
                self._rule(Channel.CALL, firing.id, firing.call_rule, call_rule)
            if email_rule != firing.email_rule:
                self._rule(Channel.EMAIL, firing.id, firing.email_rule, email_rule)
        if letters.at_once and letters.wanted:
            self.letters.extend(letters.wanted)
            self.size += len(letters.wanted) + len(letters.free)
        if self.size > before:
            self._tasks.extend(_tasks(verdict, self._scene))
            self.accounts |= {member.id, member.customer_id}

    def leave_out(self, account_id: int, rules: Mapping[str, str], running: Running) -> None:
        """Begin and end intervals where the rule has changed."""
        over = [id_ for channel, (id_, rule) in running.items() if rules.get(channel) != rule]
        new = [
            (account_id, channel, rule)
            for channel, rule in rules.items()
            if channel not in running or running[channel][1] != rule
        ]
        if over or new:
            self._over.extend(over)
            self._left_out.extend(new)
            self.accounts.add(account_id)
            self.size += len(over) + len(new)

    def park(self, left: Left, rules: Mapping[str, str]) -> None:
        """Firings whose touch is over without their end, and that have got no other: say so."""
        for channel, ids in left.parked.items():
            if rules.get(channel) == PLACELESS[channel]:
                self._ruled[(channel, PLACELESS[channel])].extend(ids)
                self.accounts.add(left.account_id)
                self.size += len(ids)

    def write(self, session: Session, plan_id: int, now: datetime) -> int:
        """Write it all, the accounts locked. Returns how many rows were written."""
        lock_accounts(session, self.accounts)
        on, w = self._scene.day.on, plan_writing
        due_on = self._scene.in_force.policy.business_days.add_business_days(on, 1)
        written = [
            w.insert(session, FIRING, self._firings, fired_on=on, plan_id=plan_id, emails=0, created_at=now),
            *(w.climb(session, ids, old, new) for (old, new), ids in self._climbed.items()),
            *(w.end_firings(session, ids, how, why, on) for (how, why), ids in self._ended.items()),
            *(w.rule(session, channel, ids, what) for (channel, what), ids in self._ruled.items()),
            w.end_left_out(session, self._over, on),
            w.insert(session, LEFT_OUT, self._left_out, since=on),
            w.insert(session, TASK, self._tasks, due_on=due_on, created_at=now),
            *(touches.end(session, ids, "skipped", why, now=now) for why, ids in self._idle.items()),
        ]
        return sum(written)

    def _add_ended(self, triggered: Triggered) -> None:
        on = self._scene.day.on
        for invoice_id, old, new in triggered.climbed:
            self._climbed[(old, new)].append(invoice_id)
        for firing, how, why in triggered.ended:
            if firing.id == NEW:
                self._firings.append((*_row(firing, on, None, None), how, on, why))
            else:
                self._ended[(how, why)].append(firing.id)
        self.size += len(triggered.climbed) + len(triggered.ended)

    def _rule(self, channel: Channel, firing_id: int, old: str | None, new: str | None) -> None:
        """What had a touch and waits for a place again may get one yet: only then it is known (park)."""
        if old is not None or new != PLACELESS[channel]:
            self._ruled[(channel, new)].append(firing_id)
            self.size += 1


def left(verdict: Verdict, scene: Scene) -> Left:
    """Why the account is left out of calls and letters; nothing for a channel it is in."""
    facts = verdict.facts
    if verdict.triggered.open:
        found = ((NAMES[one], _deciding(verdict, one)) for one in verdict.sides)
        rules = {channel: rule for channel, rule in found if rule}
    else:
        asked = any(scene.day.is_asked(balance) for balance in facts.balances)
        rules = {EVERYWHERE: NO_STEP if asked else IDLE}
    parked = {one: ids for one, side in verdict.sides.items() if (ids := _parked(side, one))}
    return Left(facts.member.id, rules, facts.left_out, parked or NONE)


NONE: Mapping[Channel, Sequence[int]] = MappingProxyType({})


NAMES = {channel: channel.value for channel in Channel}


def spoken(verdict: Verdict) -> set[str]:
    """Every rule that speaks against a side of the account, decisive or not."""
    found: set[str] = set()
    for side in verdict.sides.values():
        found.update(*set(side.rules))
    return found - SILENT


SILENT = {TOUCHED, *PLACELESS.values()}
"""what keeps a firing without a touch, and is nothing against the account"""


def _deciding(verdict: Verdict, channel: Channel) -> str | None:
    """The rule of the highest firing that has no touch; None if one has, or none is open."""
    side = verdict.sides[channel]
    if side.carried or (side.free and side.at_once):
        return None
    if side.free:
        return PLACELESS[channel]
    rules = zip(verdict.triggered.open, side.rules, strict=True)
    kept = [(height(firing.step, channel), some[0]) for firing, some in rules if some and some[0] != TOUCHED]
    return min(kept)[1] if kept else None


def _parked(side: Side, channel: Channel) -> list[int]:
    if side.at_once:
        return []
    if channel is Channel.CALL:
        return [one.id for one in side.free if one.id != NEW and one.call_rule is None]
    return [one.id for one in side.free if one.id != NEW and one.email_rule is None]


def _row(firing: OpenFiring, on: date, call_rule: str | None, email_rule: str | None) -> Row:
    invoice = firing.invoice
    return (
        *(firing.account_id, firing.step.name, firing.subject, firing.cycle),
        *(invoice.id if invoice else None, firing.raw_on, firing.touch_on),
        *(days_past_due(invoice.due_on, on) if invoice else None, firing.run),
        *(firing.call_side, firing.email_side, call_rule, email_rule, firing.tries),
        firing.call_again_on,
    )


def _tasks(verdict: Verdict, scene: Scene) -> Iterator[Row]:
    """What a person has to do about it; a task that is open already stays the only one."""
    member, spoke, run = verdict.facts.member, spoken(verdict), verdict.triggered.run
    if spoke >= NOBODY or (spoke & NOBODY and not any(verdict.facts.ways)):
        yield _task(member, "find contact", "Find a contact: there is neither number nor address")
    if run and run.supervisor:
        title = f"Decide how to go on: week {run.week} of more than 31 days past due"
        yield (f"overdue:{member.id}", "overdue", title, member.id, None, "supervisor")


def _task(member: Member, kind: str, title: str) -> Row:
    return f"{kind}:{member.id}", kind, title, member.id, member.rep_id, "rep"
