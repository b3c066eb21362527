"""A campaign: the touches of one step planned for one day, and how far each of them has come (product.md 6).

Each stage is one condition on the attempts or letters of a touch, for the funnel and for the list behind it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from outreach.ledger.activity import CALLS
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.commitments import Promise
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.promises import Judging, is_judged
from outreach.ledger.receivables import Account, Application, Invoice
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
CAME = ("payment", "vanished", "restated", "reversal")
"""what makes up what was paid: what vanished counts, what is restated or bounced takes itself off"""


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
    """A conversation or a voicemail left."""
    return ended_as(reached)


def ended_as(rule: Callable[[Outcome, Disposition | None], bool]) -> ColumnElement[bool]:
    """What a rule says of each pair of outcome and disposition that an attempt may hold."""
    by_outcome = (
        and_(CallAttempt.outcome == outcome, func.coalesce(CallAttempt.disposition, "").in_(said))
        for outcome in Outcome
        if (said := [one or "" for one in (None, *Disposition) if rule(outcome, one)])
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
    return _funnels(session, [Touch.day == day, *([Touch.step == step] if step else [])])


def funnels_between(session: Session, first: date, last: date) -> Mapping[Campaign, Funnel]:
    """Every campaign of some days, the newest day first."""
    return _funnels(session, [Touch.day.between(first, last)])


def _funnels(session: Session, which: list[ColumnElement[bool]]) -> Mapping[Campaign, Funnel]:
    found: dict[Campaign, dict[Stage, int]] = {}
    for query, stages in ((_calls(which), CALL_STAGES), (_letters(which), LETTER_STAGES)):
        for day, step, *counts in session.execute(query):
            funnel = found.setdefault(Campaign(day, step), dict.fromkeys(STAGES, 0))
            funnel.update(zip(stages, map(int, counts), strict=True))
    in_order = sorted(found, key=lambda one: (-one.day.toordinal(), *_in_order(one.step)))
    return {campaign: found[campaign] for campaign in in_order}


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


def paid_by(session: Session, first: date, last: date) -> Mapping[Campaign, int]:
    """Campaign -> customers who had paid by the last of some days."""
    customers = func.count(Touch.account_id.distinct())
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    each = (
        select(Touch.day, Touch.step, customers)
        .where(Touch.day == day, _has_paid(day, last))
        .group_by(Touch.day, Touch.step)
        for day in days
    )
    return {Campaign(day, step): count for day, step, count in session.execute(union_all(*each))}


def attempted(session: Session, first: date, last: date) -> Mapping[Campaign, int]:
    """Campaign -> touches with a call that was asked of a carrier, whatever became of it."""
    return _touches_with(session, Touch.day.between(first, last))


def kept(session: Session, first: date, at: Judging) -> Mapping[Campaign, int]:
    """Campaign -> touches whose call ended with a promise that was kept."""
    is_kept = is_judged("kept", at)
    its = select(Promise.id).where(Promise.attempt_id == CallAttempt.id, is_kept).correlate(CallAttempt)
    return _touches_with(session, and_(Touch.day.between(first, at.today), its.exists()))


def _touches_with(session: Session, which: ColumnElement[bool]) -> Mapping[Campaign, int]:
    """Touches that have an attempt of this kind."""
    query = select(Touch.day, Touch.step, func.count(Touch.id.distinct()))
    query = query.join(CallAttempt, CallAttempt.touch_id == Touch.id).where(which)
    rows = session.execute(query.group_by(Touch.day, Touch.step))
    return {Campaign(day, step): count for day, step, count in rows}


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
        select(Touch.day, Touch.step, Touch.id, *flags)
        .outerjoin(CallAttempt, CallAttempt.touch_id == Touch.id)
        .where(Touch.channel == "call", *which)
    )
    return _summed(each)


def _letters(which: list[ColumnElement[bool]]) -> Query:
    flags = [_any(_LETTER[stage]).label(stage) for stage in LETTER_STAGES[1:]]
    each = (
        select(Touch.day, Touch.step, Touch.id, *flags)
        .outerjoin(LetterTouch, LetterTouch.touch_id == Touch.id)
        .outerjoin(Letter, Letter.id == LetterTouch.letter_id)
        .where(Touch.channel == "email", *which)
    )
    return _summed(each)


def _summed(each: Query) -> Query:
    """Touches are counted, however many attempts one had."""
    touches = each.group_by(Touch.day, Touch.step, Touch.id).subquery()
    day, step, _, *flags = touches.c
    return select(day, step, func.count(), *(func.sum(flag) for flag in flags)).group_by(day, step)


def _any(condition: ColumnElement[bool]) -> ColumnElement[int]:
    one, none = literal_column("1", Integer), literal_column("0", Integer)
    return func.max(case((condition, one), else_=none))


def _has_paid(day: date, by: date = date.max) -> ColumnElement[bool]:
    """Something was paid within 14 days of the touch: of an invoice of the customer, or of a child of theirs,
    that was due by then or that the touch is about."""
    family = select(Account.id).where(
        or_(Account.id == Touch.account_id, Account.parent_id == Touch.account_id)
    )
    named = (
        select(Firing.id)
        .join(TouchFiring, TouchFiring.firing_id == Firing.id)
        .where(TouchFiring.touch_id == Touch.id, Firing.invoice_id == Invoice.id)
        .correlate(Touch, Invoice)
    )
    came = select(func.sum(Application.amount_minor)).where(
        Application.invoice_id == Invoice.id,
        Application.kind.in_(CAME),
        Application.dated_on.between(day, min(day + PAID_WITHIN, by)),
    )
    paid_for = select(Invoice.id).where(
        Invoice.account_id.in_(family.correlate(Touch)),
        Invoice.gross_minor > 0,
        or_(Invoice.due_on <= day, named.exists()),
        came.correlate(Invoice).scalar_subquery() > 0,
    )
    return paid_for.correlate(Touch).exists()


def _in_order(step: str) -> tuple[int, int, str]:
    """As they are called, then as they are written."""
    row = STEPS.get(step)
    if row is None:
        return (99, 99, step)
    return (98 if row.tier is None else row.tier, 99 if row.letter is None else row.letter, step)
