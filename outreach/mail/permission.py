"""May these letters leave now? The gate, asked for each firing that each touch carries (product.md 3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import standing, suspensions
from outreach.ledger.among import among, ids_named
from outreach.ledger.firings import Firing
from outreach.ledger.touches import Touch, TouchFiring
from outreach.rules import gate
from outreach.rules.policy import Policy
from outreach.rules.standing import Answer, Question, Standing
from outreach.rules.steps import ANSWER, CONFIRMATION, Channel, Purpose, Step, step

PASSING = frozenset({"kill switch", "paused", "stale ledger", "letter under way", "attempt in doubt"})
"""Rules that may have changed their mind within the day: the touch waits and asks again."""

NO_CASE = Answer(
    "no", "no approved case", None, "Its suspension case is over or was not approved: no letter speaks of it."
)
ASK_AGAIN = timedelta(minutes=15)

NOTHING_LEFT = Answer("no", "nothing left to say", None, "All that it was to say has been said or settled.")


@dataclass(frozen=True, slots=True)
class Permission:
    """What one touch may write about now, and what speaks against the rest."""

    may: tuple[Firing, ...] = ()
    against: Mapping[int, Answer] = field(default_factory=dict)
    """firing id -> the rule that objects"""

    def again_at(self, now: datetime) -> datetime | None:
        """When to ask again, where nothing may be written now; None: there is no use."""
        asks = [answer.until or now + ASK_AGAIN for answer in self.against.values() if _passes(answer)]
        return min(asks, default=None)

    @property
    def deciding(self) -> Answer:
        return next(iter(self.against.values()), NOTHING_LEFT)


def permissions(
    session: Session, touches: Sequence[Touch], now: datetime, policy: Policy
) -> Mapping[int, Permission]:
    """Touch id -> its permission. Read under the locks by whoever acts on it."""
    facts = standing.for_letters(session, touches, now, policy)
    carried = _carried(session, [touch.id for touch in touches])
    cases = suspensions.standing(session, {id_ for some in carried.values() for id_ in about_cases(some)})
    return {
        touch.id: _permission(touch, carried.get(touch.id, ()), facts[touch.id], cases, now, policy)
        for touch in touches
    }


def _permission(
    touch: Touch,
    carried: Sequence[Firing],
    facts: standing.Standings,
    cases: Mapping[int, suspensions.Standing],
    now: datetime,
    policy: Policy,
) -> Permission:
    may, against = [], {}
    for firing in carried:
        if touch.asked_by is None and firing.email_side != "open":
            continue
        question = Question.about(_about(touch, firing), Channel.EMAIL, by_hand=touch.asked_by is not None)
        answer = gate.ask(question, _of(firing, facts), now, policy)
        if is_notice(touch, firing) and not any(id_ in cases for id_ in about_cases([firing])):
            answer = NO_CASE
        if answer.answer == "yes":
            may.append(firing)
        else:
            against[firing.id] = answer
    return Permission(tuple(may), against)


def is_notice(touch: Touch, firing: Firing) -> bool:
    """Whether its letter is about a suspension case: it goes by itself, to one account (product.md 5)."""
    return step(touch.step if touch.asked_by else firing.step).purpose is Purpose.NOTICE


def about_cases(firings: Iterable[Firing]) -> list[int]:
    """Ids of the suspension cases that firings are about."""
    notices = (one for one in firings if one.step in suspensions.NOTICES)
    return [int(one.subject) for one in notices if one.subject.isdecimal()]


def _about(touch: Touch, firing: Firing) -> Step:
    """What the letter says about the firing: what a person writes answers, whatever had been asked for."""
    return step(touch.step if touch.step in (CONFIRMATION.name, ANSWER.name) else firing.step)


def _of(firing: Firing, facts: standing.Standings) -> Standing:
    """A firing that has ended (a letter sent again by hand) is judged by what is about its account."""
    return facts.of.get(firing.id, facts.common)


def _carried(session: Session, touch_ids: Sequence[int]) -> Mapping[int, Sequence[Firing]]:
    found: dict[int, list[Firing]] = {}
    for touch_id, firing in session.execute(_CARRIED, {"ids": touch_ids}):
        found.setdefault(touch_id, []).append(firing)
    return found


_CARRIED = (
    select(TouchFiring.touch_id, Firing)
    .join(Firing, Firing.id == TouchFiring.firing_id)
    .where(among(TouchFiring.__table__.c.touch_id, ids_named("ids")))
    .order_by(Firing.id)
    .execution_options(populate_existing=True)
)


def _passes(answer: Answer) -> bool:
    return answer.answer == "defer" or answer.rule in PASSING
