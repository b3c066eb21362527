"""The gate at plan time: the same rules, asked once for every kind of case and remembered.

A plan asks for hundreds of thousands of firings, which differ in far fewer ways than there are of them.
"""

from datetime import date, datetime, time

from outreach.ledger.standing import House
from outreach.rules import gate
from outreach.rules.commitments import Cover
from outreach.rules.policy import Policy
from outreach.rules.standing import Question, Standing
from outreach.rules.steps import Channel, Step
from outreach.rules.zones import Place

SOMEWHERE = Place(("somewhere",))
NOON = time(12)


class Gatekeeper:
    """Which rules speak against a side of a firing on the day of its touch."""

    def __init__(self, house: House, policy: Policy) -> None:
        self._house, self._policy = house, policy
        self._kinds: dict[Standing, int] = {}
        self._standings: list[Standing] = []
        self._answers: dict[tuple[object, ...], tuple[str, ...]] = {}

    def kind(self, standing: Standing) -> int:
        """The number of a kind of account and way: what all its firings have in common."""
        number = self._kinds.setdefault(standing, len(self._standings))
        if number == len(self._standings):
            self._standings.append(standing)
        return number

    def rules(
        self, step: Step, channel: Channel, on: date, kind: int, cover: Cover, until: date | None
    ) -> tuple[str, ...]:
        """Every rule that speaks, the deciding one first; () is yes."""
        key = (step.name, channel, on, kind, cover, until)
        if (known := self._answers.get(key)) is None:
            known = self._answers[key] = self._ask(step, channel, on, kind, cover, until)
        return known

    def _ask(
        self, step: Step, channel: Channel, on: date, kind: int, cover: Cover, until: date | None
    ) -> tuple[str, ...]:
        paused = self._house.paused(channel, step.name)
        standing = self._standings[kind]._replace(paused=paused, cover=cover, covered_until=until)
        question, now = Question.about(step, channel), moment(on, self._policy)
        spoken = gate.every(question, standing, now, self._policy, gate.LASTING)
        deciding = gate.ask(question, standing, now, self._policy, gate.LASTING).rule
        return tuple(dict.fromkeys((deciding, *(one.rule for one in spoken)))) if spoken else ()


def moment(on: date, policy: Policy) -> datetime:
    """A moment of a day: what a plan asks does not hang on the hour."""
    return policy.moment(on, NOON)


def of_kind(standing: Standing) -> Standing:
    """The same without what tells one number or name from another: only whether it is there."""
    return standing._replace(
        destination="somewhere" if standing.destination else "",
        not_allowed="not allowed" if standing.not_allowed else "",
        suppressed="suppressed" if standing.suppressed else "",
        bad="bad" if standing.bad else "",
        place=SOMEWHERE if standing.place.zones else Place(),
        total_open=1 if standing.total_open > 0 else 0,
    )
