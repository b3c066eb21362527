"""A campaign: the touches of one step planned for one day, and how far each of them has come (product.md 6).

Each stage is one condition on the attempts or letters of a touch, for the funnel and for the list behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.activity import CALLS
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.receivables import Application, Invoice
from outreach.ledger.touches import Touch, TouchFiring
from outreach.rules.outcomes import Disposition, Outcome, reached
from outreach.rules.steps import STEPS

CallStage = Literal["calls", "called", "reached", "promised"]
LetterStage = Literal["letters", "sent", "delivered", "opened", "replied", "bounced"]
Stage = CallStage | LetterStage
CALL_STAGES: tuple[CallStage, ...] = get_args(CallStage)
LETTER_STAGES: tuple[LetterStage, ...] = get_args(LetterStage)
STAGES: tuple[Stage, ...] = (*CALL_STAGES, *LETTER_STAGES)

Query = Select[*tuple[Any, ...]]

PAID_WITHIN = timedelta(14)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Its id on the board is the day and the step: `2026-11-23.followup_5`."""

    day: date
    step: str

    @property
    def id(self) -> str:
        return f"{self.day.isoformat()}.{self.step}"

    @classmethod
    def parse(cls, text: str) -> "Campaign":
        """Raises ValueError for what names no day or no step of the playbook."""
        day, _, step = text.partition(".")
        if step not in STEPS:
            raise ValueError(f"{step!r} is no step of the playbook")
        return cls(date.fromisoformat(day), step)

    def has(self) -> ColumnElement[bool]:
        return and_(Touch.day == self.day, Touch.step == self.step)


_RULES = {"call": Firing.call_rule, "email": Firing.email_rule}
_SIDES = {"call": Firing.call_side, "email": Firing.email_side}

Funnel = Mapping[Stage, int]
"""stage -> touches that came so far"""


def ever_reached() -> ColumnElement[bool]:
    """A conversation or a voicemail left: what the rule says of each pair that an attempt may hold."""
    by_outcome = (
        and_(CallAttempt.outcome == outcome, func.coalesce(CallAttempt.disposition, "").in_(said))
        for outcome in Outcome
        if (said := [one or "" for one in (None, *Disposition) if reached(outcome, one)])
    )
    return or_(*by_outcome)


_CALL: Mapping[str, ColumnElement[bool]] = {
    "called": CALLS["called"],
    "reached": ever_reached(),
    "promised": CALLS["promises"],
}
_LETTER: Mapping[str, ColumnElement[bool]] = {
    "sent": Letter.accepted_at.is_not(None),
    "delivered": Letter.state == "delivered",
    "opened": Letter.opened_at.is_not(None),
    "replied": Letter.replied_at.is_not(None),
    "bounced": Letter.state == "bounced",
}


def funnels(session: Session, day: date, step: str | None = None) -> Mapping[Campaign, Funnel]:
    """Every campaign of a day, in the order in which its steps are called, or one of them."""
    which = [Touch.day == day, *([Touch.step == step] if step else [])]
    found: dict[str, dict[Stage, int]] = {}
    for query, stages in ((_calls(which), CALL_STAGES), (_letters(which), LETTER_STAGES)):
        for name, *counts in session.execute(query):
            funnel = found.setdefault(name, dict.fromkeys(STAGES, 0))
            funnel.update(zip(stages, map(int, counts), strict=True))
    return {Campaign(day, name): found[name] for name in sorted(found, key=_in_order)}


def days_before(session: Session, campaign: Campaign, limit: int) -> Sequence[date]:
    """Earlier days of the same step, the newest first, two weeks back."""
    days = [campaign.day - timedelta(n) for n in range(1, PAID_WITHIN.days + 1)]
    query = select(Touch.day).where(Touch.day.in_(days), Touch.step == campaign.step).distinct()
    return session.scalars(query.order_by(Touch.day.desc()).limit(limit)).all()


def at_stage(campaign: Campaign, stage: Stage) -> ColumnElement[bool]:
    """The campaign's touches that came so far."""
    channel = Touch.channel == ("call" if stage in CALL_STAGES else "email")
    if stage in ("calls", "letters"):
        return and_(campaign.has(), channel)
    if stage in _CALL:
        its = select(CallAttempt.id).where(CallAttempt.touch_id == Touch.id, _CALL[stage])
    else:
        its = (
            select(Letter.id)
            .join(LetterTouch, LetterTouch.letter_id == Letter.id)
            .where(LetterTouch.touch_id == Touch.id, _LETTER[stage])
        )
    return and_(campaign.has(), channel, its.correlate(Touch).exists())


def paid(day: date) -> Select[str, int]:
    """Step -> customers of a day's touches who have paid since; every touch of the day is looked at."""
    customers = func.count(Touch.account_id.distinct())
    return select(Touch.step, customers).where(Touch.day == day, _has_paid(day)).group_by(Touch.step)


def payers(campaign: Campaign) -> Select[int]:
    """The customers of a campaign who have paid since."""
    return select(Touch.account_id).where(campaign.has(), _has_paid(campaign.day))


def count_paid(session: Session, campaign: Campaign) -> int:
    customers = func.count(Touch.account_id.distinct())
    return session.execute(select(customers).where(campaign.has(), _has_paid(campaign.day))).scalar_one()


def kept_out(session: Session, campaign: Campaign) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Channel -> the rule that keeps open firings of this step and day without a touch, and how many."""
    found = {}
    for channel, rule in _RULES.items():
        query = select(rule, func.count()).where(is_kept_out(campaign, channel))
        rows = session.execute(query.group_by(rule).order_by(func.count().desc(), rule)).all()
        found[channel] = [(str(name), count) for name, count in rows]
    return found


def is_kept_out(campaign: Campaign, channel: str, rule: str | None = None) -> ColumnElement[bool]:
    """Open firings whose side has no touch, by any rule or by this one."""
    speaks = _RULES[channel].is_not(None) if rule is None else _RULES[channel] == rule
    own = and_(Firing.touch_on == campaign.day, Firing.step == campaign.step)
    return and_(OPEN, own, _SIDES[channel] == "open", speaks)


def _calls(which: list[ColumnElement[bool]]) -> Query:
    flags = [_any(_CALL[stage]).label(stage) for stage in CALL_STAGES[1:]]
    each = (
        select(Touch.step, Touch.id, *flags)
        .outerjoin(CallAttempt, CallAttempt.touch_id == Touch.id)
        .where(Touch.channel == "call", *which)
    )
    return _summed(each)


def _letters(which: list[ColumnElement[bool]]) -> Query:
    flags = [_any(_LETTER[stage]).label(stage) for stage in LETTER_STAGES[1:]]
    each = (
        select(Touch.step, Touch.id, *flags)
        .outerjoin(LetterTouch, LetterTouch.touch_id == Touch.id)
        .outerjoin(Letter, Letter.id == LetterTouch.letter_id)
        .where(Touch.channel == "email", *which)
    )
    return _summed(each)


def _summed(each: Query) -> Query:
    """Touches are counted, however many attempts one had."""
    touches = each.group_by(Touch.step, Touch.id).subquery()
    step, _, *flags = touches.c
    return select(step, func.count(), *(func.sum(flag) for flag in flags)).group_by(step)


def _any(condition: ColumnElement[bool]) -> ColumnElement[int]:
    one, none = literal_column("1", Integer), literal_column("0", Integer)
    return func.max(case((condition, one), else_=none))


def _has_paid(day: date) -> ColumnElement[bool]:
    """A payment dated within 14 days of the touch, on an invoice that was due by then or that it is about."""
    named = (
        select(Firing.id)
        .join(TouchFiring, TouchFiring.firing_id == Firing.id)
        .where(TouchFiring.touch_id == Touch.id, Firing.invoice_id == Invoice.id)
        .correlate(Touch, Invoice)
    )
    payment = (
        select(Application.id)
        .join(Invoice, Invoice.id == Application.invoice_id)
        .where(
            Invoice.account_id == Touch.account_id,
            or_(Invoice.due_on <= day, named.exists()),
            Application.kind == "payment",
            Application.amount_minor > 0,
            Application.dated_on.between(day, day + PAID_WITHIN),
        )
    )
    return payment.correlate(Touch).exists()


def _in_order(step: str) -> tuple[int, int, str]:
    """As they are called, then as they are written."""
    row = STEPS.get(step)
    if row is None:
        return (99, 99, step)
    return (98 if row.tier is None else row.tier, 99 if row.letter is None else row.letter, step)
