"""What a plan decides of one account: what fires and ends, which rules speak, whom it would contact."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from outreach.campaigns.planning.gatekeeping import Gatekeeper
from outreach.campaigns.planning.gathering import Facts
from outreach.campaigns.planning.party import Party, Worth
from outreach.campaigns.planning.scene import Scene
from outreach.campaigns.planning.triggers import NEW, Triggered, trigger
from outreach.campaigns.planning.wording import height
from outreach.ledger.agenda import Planned
from outreach.ledger.covers import Covers
from outreach.ledger.reach import Way, need_of
from outreach.ledger.roster import OpenFiring
from outreach.rules.commitments import Cover
from outreach.rules.hours import Window
from outreach.rules.steps import FINAL_CHECK, STEPS, Channel, Step

PLACELESS = {Channel.CALL: "beyond target", Channel.EMAIL: "first week"}
"""the rule of a side that nothing speaks against, as long as it has no place in a day"""
TOUCHED, LATER, THIRD_TRY = "touched today", "called lately", "after the third call"
OUTSIDE_HOURS, SPOKEN = "outside hours", "spoken"

Rules = tuple[str, ...]
About = tuple[Step, Cover, date | None]
"""all that tells one firing of an account from another: its step, what covers its subject, and how long"""


class Wanted(NamedTuple):
    """A call or a letter that an account may have, before the places of the day are given out."""

    account_id: int
    customer_id: int
    channel: Channel
    day: date
    step: Step
    """the highest of what it would carry"""
    free: Sequence[OpenFiring]
    """what it would carry that no touch carries yet"""
    contact_id: int
    destination_id: int
    window: Window
    rep_id: int | None
    worth: Worth


class Side:
    """One channel of an account."""

    __slots__ = ("at_once", "carried", "free", "rules", "wanted")

    def __init__(self, *, at_once: bool) -> None:
        self.at_once = at_once
        """what is free needs no place of the day: its touch is made together with its firings"""
        self.rules: list[Rules] = []
        """what keeps each firing, in their order, without a touch: the deciding rule first; () if nothing"""
        self.free: list[OpenFiring] = []
        """nothing but the want of a place keeps these without a touch"""
        self.carried: list[OpenFiring] = []
        """a touch that has not ended carries these"""
        self.wanted: list[Wanted] = []


class Verdict(NamedTuple):
    """Everything decided of one account."""

    facts: Facts
    triggered: Triggered
    sides: dict[Channel, Side]
    idle: Sequence[tuple[int, str]]
    """touches all of whose firings have ended, and why: they have nothing to say any more"""


class Judge:
    """Decides everything of one account after the other, except who gets the places of the day."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.gatekeeper = Gatekeeper(scene.house, scene.in_force.policy)
        self._calls, self._letters = (Lane(channel, scene, self.gatekeeper) for channel in Channel)

    def judge(self, facts: Facts) -> Verdict:
        """What fires and ends, which rules speak against each side, and the touches that would be made."""
        covers = Covers(facts.member.id, facts.books, self.scene.day, facts.true)
        triggered = trigger(facts, self.scene, covers)
        idle = self._put_down(triggered)
        party = Party(facts, self.scene)
        calls = _Judged(self._calls, party, covers, triggered.open)
        letters = _Judged(self._letters, party, covers, triggered.open)
        for firing in triggered.open:
            calls.take(firing, firing.call_side)
            letters.take(firing, firing.email_side)
        sides = {Channel.CALL: calls.judged(), Channel.EMAIL: letters.judged()}
        return Verdict(facts, triggered, sides, idle)

    def _put_down(self, triggered: Triggered) -> Sequence[tuple[int, str]]:
        ended = [(one.firing.id, one.why) for one in triggered.ended if one.firing.id != NEW]
        return [(touch.id, why) for id_, why in ended for touch in self.scene.agenda.let_go(id_)]


class Lane:
    """What is the same for one channel all through a plan."""

    def __init__(self, channel: Channel, scene: Scene, gatekeeper: Gatekeeper) -> None:
        self.channel, self.is_call = channel, channel is Channel.CALL
        steps = STEPS.values()
        self.days = {one: scene.day.touch_on if self.is_call else scene.letter_day(one) for one in steps}
        self.heights = {one: height(one, channel) for one in steps}
        self.needs = {one: need_of(one, channel) for one in steps}
        self.placeless: Rules = (PLACELESS[channel],)
        self.gatekeeper, self.scene, self.agenda = gatekeeper, scene, scene.agenda
        self.policy = scene.in_force.policy
        self.carried = scene.agenda.carried_by[channel]
        self.has_room = not self.is_call and scene.has_room_for_letters


class _Judged:
    """One channel of one account while it is judged."""

    def __init__(self, lane: Lane, party: Party, covers: Covers, firings: Sequence[OpenFiring]) -> None:
        self._lane, self._party, self._covers, self._firings = lane, party, covers, firings
        self._side = Side(at_once=lane.has_room and not party.is_family)
        self._answers: dict[About, Rules] = {}
        self._spared: list[int] = []
        """places of follow-ups that make no call of their own since a conversation"""
        self._chosen: dict[str, tuple[Way | None, tuple[object, ...]]] = {}

    def take(self, firing: OpenFiring, state: str) -> None:
        """One firing, with what speaks against it; unless its side has ended or a touch carries it."""
        side, lane = self._side, self._lane
        rules: Rules = ()
        if state == "open" and firing.id in lane.carried:
            side.carried.append(firing)
        elif state == "open":
            rules = self._too_early(firing) or self._against(firing)
            if not rules:
                side.free.append(firing)
                rules = lane.placeless
            elif rules[0] == SPOKEN and lane.is_call:
                self._spared.append(len(side.rules))
        side.rules.append(rules)

    def judged(self) -> Side:
        """The side, with the touches that what is free would have, one a day."""
        side, days = self._side, self._lane.days
        if self._spared and self._has_call():
            self._let_ride()
        if side.free or side.carried:
            for day in {days[one.step] for one in (*side.free, *side.carried)}:
                self._want(day)
        return side

    def _has_call(self) -> bool:
        """Whether the account has another reason for a call, or one that waits."""
        side, lane = self._side, self._lane
        touch = lane.scene.waiting(self._party.customer.id, lane.channel, lane.agenda.touch_on)
        return bool(side.free) or any(touch == lane.carried[one.id] for one in side.carried)

    def _let_ride(self) -> None:
        """What makes no call of its own rides on the next one, where nothing else speaks against it."""
        for place in self._spared:
            firing = self._firings[place]
            if not self._ask(*self._about(firing), rides=True):
                self._side.free.append(firing)
                self._side.rules[place] = self._lane.placeless

    def _against(self, firing: OpenFiring) -> Rules:
        """The rules that speak against a firing: the same for all that are alike."""
        about = self._about(firing)
        if (rules := self._answers.get(about)) is None:
            rules = self._answers[about] = self._ask(*about)
        return rules

    def _about(self, firing: OpenFiring) -> About:
        subject, covers = firing.about, self._covers
        return firing.step, covers.of(firing.step, subject), covers.until(subject)

    def _ask(self, step: Step, cover: Cover, until: date | None, *, rides: bool = False) -> Rules:
        lane, party, on = self._lane, self._party, self._lane.days[step]
        if (party.customer.id, lane.channel, on) in lane.agenda.spent:
            return (TOUCHED,)
        way, kind = self._way(step)
        written = way is not None and (way.destination_id, on) in lane.agenda.written_to
        case = (step, lane.channel, on, rides, cover, until, (kind, written))
        if (rules := lane.gatekeeper.known(case)) is None:
            rules = lane.gatekeeper.learn(case, party.standing(step, lane.channel, way, on))
        return rules

    def _too_early(self, firing: OpenFiring) -> Rules:
        lane, on = self._lane, self._lane.days[firing.step]
        if firing.touch_on > on or (firing.call_again_on and firing.call_again_on > on):
            return (LATER,)
        if firing.step is FINAL_CHECK and not lane.is_call and self._waits_for_calls(firing):
            return (THIRD_TRY,)
        return ()

    def _want(self, day: date) -> None:
        """A touch for what is free on a day; one that waits already takes it in, or only wants its rank."""
        side, lane, party = self._side, self._lane, self._party
        touch = lane.scene.waiting(party.customer.id, lane.channel, day)
        free = tuple([one for one in side.free if lane.days[one.step] == day])
        carried = [one for one in side.carried if touch and lane.carried[one.id].id == touch.id]
        rep_id = party.desk.rep_id if party.desk else None
        if not free and not (lane.is_call and carried and self._is_to_move(touch, rep_id)):
            return
        step = min([one.step for one in (*free, *carried)], key=lane.heights.__getitem__)
        way, _ = self._way(step)
        window = lane.gatekeeper.window(step, lane.channel, day, way, party.desk) if way else None
        if way is None or not isinstance(window, Window):
            self._close(free)
            return
        about = (party.facts.member.id, party.customer.id, lane.channel, day, step, free)
        side.wanted.append(
            Wanted._make((*about, way.contact_id, way.destination_id, window, rep_id, party.worth()))
        )

    def _is_to_move(self, touch: Planned | None, rep_id: int | None) -> bool:
        scene = self._lane.scene
        return touch is not None and (scene.needs_rank(touch) or (bool(rep_id) and scene.is_left(touch)))

    def _close(self, free: Sequence[OpenFiring]) -> None:
        """No hour of that day suits: what was free is left out after all."""
        side, out = self._side, {id(one) for one in free}
        side.free = [one for one in side.free if id(one) not in out]
        side.rules = [
            (OUTSIDE_HOURS,) if id(firing) in out else rules
            for firing, rules in zip(self._firings, side.rules, strict=True)
        ]

    def _way(self, step: Step) -> tuple[Way | None, tuple[object, ...]]:
        """The number or address the step would use, and the kind of case that makes."""
        need = self._lane.needs[step]
        if (known := self._chosen.get(need)) is None:
            way = self._party.way(self._lane.channel, need, self._firings)
            known = self._chosen[need] = way, (*self._party.kind, way and way.kind)
        return known

    def _waits_for_calls(self, firing: OpenFiring) -> bool:
        """The second letter of a final check follows its third call."""
        tried = firing.tries >= self._lane.policy.retry.attempts
        return firing.emails == 1 and firing.call_side == "open" and not tried
