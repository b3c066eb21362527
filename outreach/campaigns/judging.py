"""What a plan decides of one account: what fires and ends, which rules speak, whom it would contact."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from outreach.campaigns.gatekeeping import Gatekeeper, of_kind
from outreach.campaigns.gathering import Facts, Scene
from outreach.campaigns.triggers import Triggered, trigger
from outreach.campaigns.wording import height
from outreach.ledger.agenda import Planned
from outreach.ledger.facts import Covers
from outreach.ledger.reach import Way, choose, need_of
from outreach.ledger.roster import OpenFiring
from outreach.rules.commitments import Cover, asked
from outreach.rules.hours import Closed, Window, call_window, leave_at, mail_window
from outreach.rules.plan_day import Balance
from outreach.rules.standing import Standing
from outreach.rules.steps import FINAL_CHECK, REPLY_WAITING, STATEMENT, Channel, Step

PLACELESS = {Channel.CALL: "beyond target", Channel.EMAIL: "first week"}
"""the rule of a side that nothing speaks against, as long as it has no place in a day"""
TOUCHED, LATER, THIRD_TRY = "touched today", "called lately", "after the third call"
OUTSIDE_HOURS = "outside hours"


class Worth(NamedTuple):
    """What an account is worth contacting for, by its main currency."""

    balance: Balance
    asked: int
    about_usd: int | None
    """of all its currencies; None: there is no rate for any"""
    reached_on: date | None
    rang_on: date | None


class Wanted(NamedTuple):
    """A call or a letter that an account may have, before the places of the day are given out."""

    account_id: int
    customer_id: int
    channel: Channel
    day: date
    step: Step
    """the highest of what it would carry"""
    contact_id: int
    destination_id: int
    window: Window
    rep_id: int | None
    touch: Planned | None
    """one that has not started: it takes in what is new"""
    worth: Worth


@dataclass(slots=True)
class Side:
    """One channel of an account."""

    rules: list[tuple[str, ...]] = field(default_factory=list)
    """in the order of the firings: what keeps each without a touch, the deciding rule first; () if nothing"""
    free: list[OpenFiring] = field(default_factory=list)
    """nothing but the want of a place keeps these without a touch"""
    carried: list[OpenFiring] = field(default_factory=list)
    """a touch that has not ended carries these"""
    wanted: list[Wanted] = field(default_factory=list)


class Verdict(NamedTuple):
    """Everything decided of one account."""

    facts: Facts
    triggered: Triggered
    sides: dict[Channel, Side]


def judge(facts: Facts, scene: Scene, gatekeeper: Gatekeeper) -> Verdict:
    """Everything a plan decides of one account, except who gets the places of the day."""
    covers = Covers(facts.member.id, facts.books, scene.day)
    triggered = trigger(facts, scene, covers)
    judges = [_Judge(channel, facts, scene, gatekeeper) for channel in Channel]
    for one in judges:
        one.look_at(triggered.open)
    for firing in triggered.open:
        about = (firing.step, covers.of(firing.step, firing.invoice), covers.until(firing.invoice))
        for one in judges:
            one.judge(firing, about)
    for one in judges:
        one.want(triggered.open)
    return Verdict(facts, triggered, {one.channel: one.side for one in judges})


def standing_of(facts: Facts, scene: Scene, channel: Channel, way: Way | None, on: date) -> Standing:
    """The gate's facts of an account on one channel, all but what covers a firing."""
    totals = [balance.total_open for balance in facts.books.balances.get(facts.member.id, ())]
    address = way.destination_id if way else None
    desk = scene.desk(facts.member)
    return scene.standings[channel]._replace(
        barred=facts.member.barred,
        total_open=max(totals, default=0),
        reply_waiting=any(one.step is REPLY_WAITING for one in facts.firings),
        conversation_on=facts.conversation_on,
        automatic_on=on if (address, on) in scene.agenda.written_to else None,
        duty=desk.duty if desk else None,
        **(way.facts() if way else {}),
    )


def way_of(facts: Facts, step: Step, channel: Channel, place: int = 0) -> Way | None:
    """The number or address a step would use."""
    ways = facts.ways.calls if channel is Channel.CALL else facts.ways.mails
    return choose(ways, step, channel, place)


def worth_of(facts: Facts, scene: Scene) -> Worth:
    """What is asked of an account, and when it was last in touch."""
    day, customer = scene.day, scene.customer(facts.member)
    sums = []
    for balance in facts.balances or (Balance(facts.member.id, day.policy.organization.currency),):
        left = asked(balance.asked, balance.credits, day.minimum(balance.currency))
        sums.append((day.rates.about_usd(left, balance.currency, day.on), left, balance))
    _, left, main = max(sums, key=lambda one: (one[0] or 0, one[1]))
    known = [usd for usd, _, _ in sums if usd is not None]
    return Worth(main, left, sum(known) if known else None, customer.reached_on, customer.rang_on)


About = tuple[Step, Cover, date | None]
"""all that tells one firing of an account from another: its step, what covers its subject, and how long"""


class _Judge:
    """Judges one channel of one account."""

    def __init__(self, channel: Channel, facts: Facts, scene: Scene, gatekeeper: Gatekeeper) -> None:
        self.channel, self.facts, self.scene = channel, facts, scene
        self.side = Side()
        self._is_call = channel is Channel.CALL
        self._gatekeeper = gatekeeper
        self._customer_id = scene.customer(facts.member).id
        self._carried = scene.agenda.carried_by[channel]
        self._place = 0
        self._placeless = (PLACELESS[channel],)
        self._answers: dict[About, tuple[str, ...]] = {}
        self._kinds: dict[tuple[str, date], int] = {}

    def look_at(self, firings: Sequence[OpenFiring]) -> None:
        """Two weeks of `overdue_31` without an answer: the next contact."""
        patience = self.scene.in_force.policy.cadence.next_contact_after_weeks
        if self._is_call:
            self._place = int(any(one.run is not None and one.run > patience for one in firings))

    def judge(self, firing: OpenFiring, about: About) -> None:
        """Ask the gate about one firing, unless its side has ended or a touch carries it."""
        rules: tuple[str, ...] = ()
        if (firing.call_side if self._is_call else firing.email_side) != "open":
            pass
        elif firing.id in self._carried:
            self.side.carried.append(firing)
        else:
            rules = self._too_early(firing) or self._ask(about)
            if not rules:
                self.side.free.append(firing)
                rules = self._placeless
        self.side.rules.append(rules)

    def want(self, firings: Sequence[OpenFiring]) -> None:
        """The touches that what is free would have, one a day."""
        for day in dict.fromkeys(self._day(one.step) for one in self.side.free + self.side.carried):
            self._want(self.side, firings, day, self._place)

    def _ask(self, about: About) -> tuple[str, ...]:
        if (known := self._answers.get(about)) is None:
            step, cover, until = about
            on = self._day(step)
            if (self._customer_id, self.channel, on) in self.scene.agenda.spent:
                known = (TOUCHED,)
            else:
                known = self._gatekeeper.rules(step, self.channel, on, self._kind(step, on), cover, until)
            self._answers[about] = known
        return known

    def _too_early(self, firing: OpenFiring) -> tuple[str, ...]:
        on = self._day(firing.step)
        if firing.touch_on > on or (firing.call_again_on and firing.call_again_on > on):
            return (LATER,)
        if firing.step is FINAL_CHECK and not self._is_call and self._waits_for_calls(firing):
            return (THIRD_TRY,)
        return ()

    def _want(self, side: Side, firings: Sequence[OpenFiring], day: date, place: int) -> None:
        """A touch for what is free on a day; one that waits already takes it in, or only wants its rank."""
        free = [one for one in side.free if self._day(one.step) == day]
        touch = self._waiting(day)
        carried = [one for one in side.carried if touch and self._carried[one.id].id == touch.id]
        if not free and (touch is None or not carried or self._has_rank(touch)):
            return
        step = min((one.step for one in free + carried), key=lambda step: height(step, self.channel))
        way = way_of(self.facts, step, self.channel, place)
        window = self._window(step, way, day)
        if way is None or not isinstance(window, Window):
            self._close(side, firings, free)
            return
        desk = self.scene.desk(self.facts.member)
        side.wanted.append(
            Wanted(
                account_id=self.facts.member.id,
                customer_id=self._customer_id,
                channel=self.channel,
                day=day,
                step=step,
                contact_id=way.contact_id,
                destination_id=way.destination_id,
                window=window,
                rep_id=desk.rep_id if desk else None,
                touch=touch,
                worth=worth_of(self.facts, self.scene),
            )
        )

    def _close(self, side: Side, firings: Sequence[OpenFiring], free: Sequence[OpenFiring]) -> None:
        """No hour of that day suits: what was free is left out after all."""
        out = {id(one) for one in free}
        side.free = [one for one in side.free if id(one) not in out]
        side.rules = [
            (OUTSIDE_HOURS,) if id(firing) in out else rules
            for firing, rules in zip(firings, side.rules, strict=True)
        ]

    def _window(self, step: Step, way: Way | None, day: date) -> Window | Closed | None:
        if way is None:
            return None
        policy = self.scene.in_force.policy
        if self.channel is Channel.CALL:
            desk = self.scene.desk(self.facts.member)
            return call_window(way.place, day, policy, desk.duty if desk else None)
        on_holidays = step is STATEMENT
        leaves = leave_at(way.place, day, policy, on_holidays=on_holidays)
        hours = mail_window(way.place, day, policy, on_holidays=on_holidays)
        if isinstance(leaves, Closed) or isinstance(hours, Closed):
            return hours
        return Window(leaves, hours.closes)

    def _kind(self, step: Step, on: date) -> int:
        key = (need_of(step, self.channel), on)
        if (known := self._kinds.get(key)) is None:
            way = way_of(self.facts, step, self.channel, self._place)
            standing = standing_of(self.facts, self.scene, self.channel, way, on)
            known = self._kinds[key] = self._gatekeeper.kind(of_kind(standing))
        return known

    def _day(self, step: Step) -> date:
        return self.scene.day.touch_on if self.channel is Channel.CALL else self.scene.letter_day(step)

    def _waiting(self, day: date) -> Planned | None:
        """The touch that what is free would join: the customer's next call, or the letter of that day."""
        waiting = self.scene.agenda.waiting.get((self._customer_id, self.channel), ())
        if self.channel is Channel.CALL:
            return next((one for one in waiting if one.day >= day), None)
        return next((one for one in waiting if one.day == day), None)

    def _has_rank(self, touch: Planned) -> bool:
        later = touch.day != self.scene.day.touch_on
        return self.channel is Channel.EMAIL or later or self.scene.agenda.is_ranked(touch)

    def _waits_for_calls(self, firing: OpenFiring) -> bool:
        """The second letter of a final check follows its third call."""
        tried = firing.tries >= self.scene.in_force.policy.retry.attempts
        return firing.emails == 1 and firing.call_side == "open" and not tried
