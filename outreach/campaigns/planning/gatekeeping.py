"""The gate at plan time: the same rules, asked once for every kind of case and remembered.

A plan asks for hundreds of thousands of firings, which differ in far fewer ways than there are of them.
"""

from datetime import date, datetime, time
from typing import Any

from outreach.ledger.reach import Way
from outreach.ledger.roster import Desk
from outreach.ledger.standing import House
from outreach.rules import gate
from outreach.rules.commitments import Cover
from outreach.rules.hours import Closed, Window, call_window, leave_at, mail_window
from outreach.rules.policy import Policy
from outreach.rules.standing import Question, Standing
from outreach.rules.steps import STATEMENT, Channel, Step
from outreach.rules.zones import Place

NOON = time(12)


Case = tuple[Step, Channel, date, bool, Cover, date | None, tuple[object, ...]]
"""a step's side on a day, whether it rides on another's call, what covers it and until when, and all that
the rules look at of account and way"""


class Gatekeeper:
    """Which rules speak against a side of a firing on the day of its touch, and when that touch may be."""

    def __init__(self, house: House, policy: Policy) -> None:
        self._house, self._policy = house, policy
        self._answers: dict[Case, tuple[str, ...]] = {}
        self._windows: dict[tuple[Any, ...], Window | Closed] = {}
        self._places: dict[int, Place] = {}

    def known(self, case: Case) -> tuple[str, ...] | None:
        """Every rule that speaks here, the deciding one first; () is yes; None: not asked so far."""
        return self._answers.get(case)

    def learn(self, case: Case, standing: Standing) -> tuple[str, ...]:
        """The same, worked out: `standing` is that of any account of this kind."""
        step, channel, on, rides, cover, until, _ = case
        paused = self._house.paused(channel, step.name)
        facts = standing._replace(paused=paused, cover=cover, covered_until=until)
        rules = self._answers[case] = self._ask(Question.about(step, channel, rides=rides), facts, on)
        return rules

    def window(self, step: Step, channel: Channel, on: date, way: Way, desk: Desk | None) -> Window | Closed:
        """The hours of a day in which a call may be made; from when to when a letter may leave."""
        # Places are the same objects again and again (zones.locate): as long as they are kept, to tell them
        # apart by identity is enough.
        key = (id(way.place), channel, on, step is STATEMENT, desk.rep_id if desk else None)
        if (known := self._windows.get(key)) is None:
            self._places[id(way.place)] = way.place
            known = self._windows[key] = self._window(step, channel, on, way.place, desk)
        return known

    def _ask(self, question: Question, standing: Standing, on: date) -> tuple[str, ...]:
        now = moment(on, self._policy)
        spoken = gate.every(question, standing, now, self._policy, gate.LASTING)
        deciding = gate.ask(question, standing, now, self._policy, gate.LASTING).rule
        return tuple(dict.fromkeys((deciding, *(one.rule for one in spoken)))) if spoken else ()

    def _window(
        self, step: Step, channel: Channel, on: date, place: Place, desk: Desk | None
    ) -> Window | Closed:
        if channel is Channel.CALL:
            return call_window(place, on, self._policy, desk.duty if desk else None)
        hours = mail_window(place, on, self._policy, on_holidays=step is STATEMENT)
        leaves = leave_at(place, on, self._policy, on_holidays=step is STATEMENT)
        if isinstance(hours, Closed) or isinstance(leaves, Closed):
            return hours
        return Window(leaves, hours.closes)


def moment(on: date, policy: Policy) -> datetime:
    """A moment of a day: what a plan asks does not hang on the hour."""
    return policy.moment(on, NOON)
