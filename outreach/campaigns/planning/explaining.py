"""`outreach why`: why an account is in the plan of a day or not, and every rule that spoke (interface.md)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.planning.gatekeeping import moment
from outreach.campaigns.planning.gathering import NO_STEP, gather
from outreach.campaigns.planning.judging import (
    LATER,
    OUTSIDE_HOURS,
    PLACELESS,
    THIRD_TRY,
    TOUCHED,
    Judge,
    Verdict,
)
from outreach.campaigns.planning.party import Party
from outreach.campaigns.planning.plan_result import PlanResult
from outreach.campaigns.planning.scene import Scene
from outreach.ledger import facts
from outreach.ledger.covers import Covers
from outreach.ledger.facts import Span
from outreach.ledger.firings import Firing
from outreach.ledger.reach import need_of
from outreach.ledger.receivables import Account
from outreach.ledger.roster import IDLE, OpenFiring
from outreach.rules import gate, money
from outreach.rules.cadence import aged_mrr_months, days_past_due
from outreach.rules.commitments import asked
from outreach.rules.plan_day import Balance, PlanDay
from outreach.rules.standing import Answer, Question
from outreach.rules.steps import Channel

LOOK_BACK = timedelta(days=30)
"""firings that ended no longer ago are told too"""

OWN_WORDS = {
    PLACELESS[Channel.CALL]: "Others come first: the day's places are taken.",
    PLACELESS[Channel.EMAIL]: "In the first week only so many letters leave a day.",
    TOUCHED: "They have been contacted on that day.",
    LATER: "It is to be tried again on a later day.",
    THIRD_TRY: "Its second letter follows the third call.",
    OUTSIDE_HOURS: "No hour of that day suits where they are.",
}
"""rules of the plan itself; all others are the gate's"""

IDLE_WORDS = {
    IDLE: "Nothing is past due, or nothing of it is asked.",
    NO_STEP: "Something is past due, and no step is due for it.",
}
NOT_PLANNED = "Nothing speaks against it; the plan of that day will give out its places."
THING = {Channel.CALL: "call", Channel.EMAIL: "letter"}


def why(session: Session, number: str, day: date, now: datetime) -> dict[str, Any] | None:
    """The document of an account; None if there is no such account.

    The rules are asked as a plan of that day asks them, so that plan and explanation cannot differ.
    """
    account = session.scalars(select(Account).where(Account.number == number)).first()
    if account is None:
        return None
    scene, span = Scene.read(session, day), Span(account.id, account.id)
    piece = gather(session, span, scene)
    judge = Judge(scene)
    verdicts = [judge.judge(facts) for facts in piece.busy]
    idle = [_rule(rule, "both", "no", IDLE_WORDS[rule]) for rule, count in piece.left_out().items() if count]
    balances = facts.books(session, span, scene.day).balances.get(account.id, ())
    return {
        "account": number,
        "date": day.isoformat(),
        "asked": _asked(balances, scene.day),
        "numbers": {one.currency: _numbers(one, scene.day) for one in balances},
        "firings": [*_firings(verdicts, scene), *_ended(session, account, day)],
        "rules": [rule for verdict in verdicts for rule in _rules(verdict, scene)] or idle,
    }


def _asked(balances: Sequence[Balance], day: PlanDay) -> dict[str, str]:
    sums = ((one, asked(one.asked, one.credits, day.minimum(one.currency))) for one in balances)
    return {one.currency: money.decimal(left, one.currency) for one, left in sums if left}


def _numbers(balance: Balance, day: PlanDay) -> dict[str, Any]:
    """What the rules have looked at, in one currency; parts asked are net of holds and credits."""
    asked_now = asked(balance.asked, balance.credits, day.minimum(balance.currency))
    amounts = {
        "past_due": balance.past_due,
        **balance.held._asdict(),
        "unapplied": balance.credits + balance.credited,
        "minimum": day.minimum(balance.currency),
        "asked": asked_now,
        "over_31_days": balance.asked_over_31,
        "final": balance.final_asked,
        "mrr": balance.mrr_asked,
    }
    oldest = days_past_due(balance.oldest_due, day.on) if balance.oldest_due else None
    months = aged_mrr_months(balance.mrr_months, balance.mrr_oldest_due, day.on)
    shown = {name: money.decimal(minor, balance.currency) for name, minor in amounts.items()}
    return shown | {"oldest_days_past_due": oldest, "aged_mrr_months": months}


def _firings(verdicts: Sequence[Verdict], scene: Scene) -> list[dict[str, Any]]:
    """As the plan of the day lists them."""
    result = PlanResult(scene.day.on, scene.day.touch_on, carried=scene.agenda.carried_by)
    for verdict in verdicts:
        result.list_firings(verdict)
    found = result.firings()
    return found if scene.agenda.plans else [_before_places(one) for one in found]


def _before_places(firing: dict[str, Any]) -> dict[str, Any]:
    """Before the day's plan nobody is kept out for want of a place."""
    rules = {
        channel: rule for channel, rule in firing["rules"].items() if rule != PLACELESS[Channel(channel)]
    }
    return firing | {"rules": rules, "rule": ", ".join(dict.fromkeys(rules.values())) or None}


def _ended(session: Session, account: Account, day: date) -> Iterator[dict[str, Any]]:
    """Those that ended lately, up to that day."""
    query = select(Firing).where(
        Firing.account_id == account.id,
        Firing.state != "open",
        Firing.ended_on.between(day - LOOK_BACK, day),
    )
    for firing in session.scalars(query.order_by(Firing.ended_on, Firing.id)):
        yield {
            "account": account.number,
            "step": firing.step,
            "subject": firing.subject,
            "cycle": firing.cycle,
            "days_past_due": firing.days_past_due,
            "state": firing.state,
            "why": firing.ended_why,
            "touches": [],
            "rule": None,
            "rules": {},
        }


def _rules(verdict: Verdict, scene: Scene) -> Iterator[dict[str, Any]]:
    """Each rule once a channel, with the first firing it speaks of."""
    told = set()
    for channel, side in verdict.sides.items():
        for firing, rules in zip(verdict.triggered.open, side.rules, strict=True):
            for answer in _answers(verdict, scene, channel, firing, rules):
                if (channel, answer.rule) not in told:
                    told.add((channel, answer.rule))
                    rule = _rule(answer.rule, channel.value, answer.answer, answer.words, answer.until)
                    yield rule | {"step": firing.step.name, "subject": firing.subject}


def _answers(
    verdict: Verdict, scene: Scene, channel: Channel, firing: OpenFiring, rules: tuple[str, ...]
) -> Sequence[Answer]:
    side = firing.call_side if channel is Channel.CALL else firing.email_side
    if side != "open":
        return ()
    if not rules:
        touch = scene.agenda.carried_by[channel][firing.id]
        planned = Answer("yes", "planned", None, f"A {THING[channel]} is planned for {touch.day}.")
        # What has come between stops it when it is to be made: the gate asks again.
        return [planned, *_against(verdict, scene, channel, firing, touch.day)]
    if rules[0] in PLACELESS.values() and not scene.agenda.plans:
        return [Answer("yes", "not planned yet", None, NOT_PLANNED)]
    if rules[0] in OWN_WORDS:
        return [Answer("defer", rules[0], None, OWN_WORDS[rules[0]])]
    on = scene.day.touch_on if channel is Channel.CALL else scene.letter_day(firing.step)
    return _against(verdict, scene, channel, firing, on)


def _against(
    verdict: Verdict, scene: Scene, channel: Channel, firing: OpenFiring, on: date
) -> Sequence[Answer]:
    """Every rule of the gate that speaks against a side of a firing on a day."""
    found, step, policy = verdict.facts, firing.step, scene.in_force.policy
    covers = Covers(found.member.id, found.books, scene.day)
    party = Party(found, scene)
    way = party.way(channel, need_of(step, channel), verdict.triggered.open)
    standing = party.standing(step, channel, way, on)._replace(
        paused=scene.house.paused(channel, step.name),
        cover=covers.of(step, firing.about),
        covered_until=covers.until(firing.about),
    )
    question = Question.about(step, channel)
    return gate.every(question, standing, moment(on, policy), policy, gate.LASTING)


def _rule(rule: str, channel: str, answer: str, words: str, until: datetime | None = None) -> dict[str, Any]:
    when = until.isoformat() if until else None
    return {"rule": rule, "channel": channel, "answer": answer, "until": when, "words": words}
