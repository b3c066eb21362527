"""What fires of one account on a plan's day, and which of its firings end by themselves (product.md 2)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from outreach.campaigns.planning.gathering import Facts
from outreach.campaigns.planning.scene import Scene
from outreach.ledger import grounds
from outreach.ledger.covers import Covers
from outreach.ledger.facts import Due
from outreach.ledger.grounds import GROUNDED
from outreach.ledger.roster import OpenFiring
from outreach.rules.cadence import Run, invoice_cycle, raw_date, run_of
from outreach.rules.commitments import Cover
from outreach.rules.plan_day import Climb, LapseWhy, PlanDay
from outreach.rules.steps import FINAL_CHECK, OVERDUE_31, PRE_DUE_3, STATEMENT, Cycle, Purpose, Step


class Climbed(NamedTuple):
    """An invoice's move on its ladder."""

    invoice_id: int
    old: int
    new: int


class Ended(NamedTuple):
    """A firing that ends by itself; one that has no id yet is recorded as ended."""

    firing: OpenFiring
    state: str
    """superseded or lapsed"""
    why: str


class Triggered(NamedTuple):
    """The account's firings after the day's triggers."""

    open: list[OpenFiring]
    """those that stay open, and new ones, whose id is 0"""
    ended: list[Ended]
    climbed: list[Climbed]
    run: Run | None
    """where a new `overdue_31` stands in its run"""


NEW = 0


def trigger(facts: Facts, scene: Scene, covers: Covers) -> Triggered:
    """Judge what is open and fire what is due. Reads nothing and writes nothing."""
    carries = OVERDUE_31 in facts.true
    climbs = _climbs(facts, scene, covers, carries=carries) if facts.climbing else {}
    found = Triggered([], [], [], _run(facts, scene) if carries else None)
    for firing in _grounded(facts):
        if _goes_on(firing, climbs):
            found.open.append(firing)
            continue
        ended = _superseded(firing, climbs, facts, scene) or _lapsed(firing, covers, facts, scene)
        if ended:
            found.ended.append(ended)
        else:
            found.open.append(firing)
    if facts.true or facts.finals:
        found.open.extend(_new_account_steps(facts, scene, found.run))
        found.open.extend(_new_final_checks(facts, scene))
    found.open.extend(_new_grounded(facts, scene))
    for due in facts.climbing:
        if climb := climbs.get(due.id):
            found.climbed.append(Climbed(due.id, due.ladder, climb.rung))
            if climb.fires:
                found.open.append(_of_invoice(climb.fires, due, scene.day))
            found.ended.extend(_passed(climb, due, scene))
    return found


def _grounded(facts: Facts) -> Iterator[OpenFiring]:
    """The open firings, each with the ground it stands on by now."""
    by_key = {one.key: one for one in facts.grounds}
    for firing in facts.firings:
        grounded = by_key and firing.step in GROUNDED
        yield firing._replace(ground=by_key.get(firing.key)) if grounded else firing


def _climbs(facts: Facts, scene: Scene, covers: Covers, *, carries: bool) -> dict[int, Climb]:
    """Invoice id -> what it does on its ladder; `carries`: the account has an `overdue_31` to carry it."""
    return {
        due.id: climb
        for due in facts.climbing
        if (climb := scene.day.climb(due.due_on, due.ladder, carried=carries and covers.asked_of(due) > 0))
    }


def _goes_on(firing: OpenFiring, climbs: Mapping[int, Climb]) -> bool:
    """Most are of this kind: an invoice's step, of its present cycle, and nothing has happened to it."""
    invoice = firing.invoice
    if invoice is None or firing.step.rung <= PRE_DUE_3.rung or invoice.id in climbs:
        return False
    return invoice.open_minor > 0 and firing.cycle == invoice_cycle(invoice.due_on, invoice.reopened)


def _superseded(firing: OpenFiring, climbs: Mapping[int, Climb], facts: Facts, scene: Scene) -> Ended | None:
    """By a higher step of the invoice's ladder, or by the same step in a new week."""
    if firing.step.cycle is Cycle.WEEK:
        if firing.cycle != scene.day.week and firing.step in facts.true:
            return Ended(firing, "superseded", f"by {firing.step.name} of {scene.day.week}")
        return None
    climb = climbs.get(firing.invoice.id) if firing.invoice and firing.step.rung else None
    if climb and climb.rung > firing.step.rung:
        return Ended(firing, "superseded", f"by {(climb.fires or OVERDUE_31).name}")
    return None


def _lapsed(firing: OpenFiring, covers: Covers, facts: Facts, scene: Scene) -> Ended | None:
    step, invoice = firing.step, firing.invoice
    if step in GROUNDED:
        return None if firing.ground else Ended(firing, "lapsed", _without_ground(firing, facts, scene.day))
    paid, still_true = False, True
    if invoice:
        paid = invoice.open_minor <= 0
        still_true = _same_cycle(firing, invoice)
        if 0 < step.rung <= PRE_DUE_3.rung and still_true and not paid and invoice.due_on <= scene.day.on:
            return Ended(firing, "lapsed", "caught up too late")
    elif step.cycle is Cycle.WEEK:
        paid = not any(balance.past_due for balance in facts.balances)
        still_true = covers.of(step, None) is not Cover.NOTHING
    why = scene.day.lapse(step, firing.cycle, paid=paid, still_true=still_true)
    return Ended(firing, "lapsed", why) if why else None


def _without_ground(firing: OpenFiring, facts: Facts, day: PlanDay) -> LapseWhy:
    """Why a step has nothing to stand on any more: it was settled, or its time has run out."""
    if firing.step.purpose is Purpose.DUNNING and not any(one.past_due for one in facts.balances):
        return "paid"
    return (
        "caught up too late"
        if grounds.is_over(firing.step, firing.cycle, firing.touch_on, day)
        else ("no longer true")
    )


def _same_cycle(firing: OpenFiring, invoice: Due) -> bool:
    if firing.step is FINAL_CHECK:
        return firing.receipt_confirmed_on is None
    return firing.cycle == invoice_cycle(invoice.due_on, invoice.reopened)


def _new_account_steps(facts: Facts, scene: Scene, run: Run | None) -> Iterator[OpenFiring]:
    number, day = facts.member.number, scene.day
    for step in facts.true:
        cycle = scene.cycle(step)
        if _is_recorded(facts, step, number, cycle):
            continue
        firing = _new(facts.member.id, step, number, cycle, day.on, day)
        if step is STATEMENT and day.statement_on:
            firing = firing._replace(touch_on=day.statement_on)
        if step is OVERDUE_31 and run:
            firing = firing._replace(run=run.week, email_side="open" if run.email else "none")
        yield _going_on(firing, facts) if step.cycle is Cycle.WEEK else firing


def _new_final_checks(facts: Facts, scene: Scene) -> Iterator[OpenFiring]:
    cycle, run_on = scene.day.final_check_cycle, scene.day.final_check_on
    for due in facts.finals:
        if run_on and not _is_recorded(facts, FINAL_CHECK, due.number, cycle):
            yield _new(due.account_id, FINAL_CHECK, due.number, cycle, run_on, scene.day, due)


def _new_grounded(facts: Facts, scene: Scene) -> Iterator[OpenFiring]:
    for one in facts.grounds:
        if one.key not in facts.fired:
            firing = _new(one.account_id, one.step, one.subject, one.cycle, one.raw_on, scene.day)
            yield firing._replace(ground=one)


def _is_recorded(facts: Facts, step: Step, subject: str, cycle: str) -> bool:
    if (step.name, subject, cycle) in facts.recorded:
        return True
    return any(one.step is step and one.subject == subject and one.cycle == cycle for one in facts.firings)


def _going_on(firing: OpenFiring, facts: Facts) -> OpenFiring:
    """With what is still open of the old week: its attempts of the last days count towards the new week's,
    and the day on which the ladder calls again stays."""
    old = [one for one in facts.firings if one.step is firing.step]
    days = [one.call_again_on for one in old if one.call_again_on and one.call_side == "open"]
    tries = sum(facts.rang_lately.get(one.id, 0) for one in old)
    return firing._replace(tries=tries, call_again_on=max(days, default=None))


def _run(facts: Facts, scene: Scene) -> Run | None:
    """Where this week's `overdue_31` stands in its run, if it is new."""
    number, day = facts.member.number, scene.day
    if OVERDUE_31 not in facts.true or _is_recorded(facts, OVERDUE_31, number, day.week):
        return None
    last = facts.recorded.get((OVERDUE_31.name, number, scene.last_week))
    if last is None:
        return run_of(day.week, None, 0, day.policy)
    reached_on = scene.customer(facts.member).reached_on
    before = (last.cycle, last.run or 1)
    return run_of(day.week, *before, day.policy, unsent_email=last.unsent_email, reached_on=reached_on)


def _of_invoice(step: Step, due: Due, day: PlanDay) -> OpenFiring:
    raw = raw_date(step, due.due_on, day.policy)
    cycle = invoice_cycle(due.due_on, due.reopened)
    return _new(due.account_id, step, due.number, cycle, raw, day, due)


def _passed(climb: Climb, due: Due, scene: Scene) -> Iterator[Ended]:
    """Lower steps that became due at once with it; those from before go-live were nobody's to record."""
    for step in climb.superseded:
        if raw_date(step, due.due_on, scene.day.policy) >= scene.go_live_on:
            firing = _of_invoice(step, due, scene.day)
            yield Ended(firing, "superseded", f"by {(climb.fires or OVERDUE_31).name}")


def _new(
    account_id: int,
    step: Step,
    subject: str,
    cycle: str,
    raw_on: date,
    day: PlanDay,
    invoice: Due | None = None,
) -> OpenFiring:
    sides = "open" if step.call else "none", "open" if step.email else "none"
    known = (account_id, NEW, step, subject, cycle, day.touch_on)
    return OpenFiring(*known, *sides, raw_on=raw_on, invoice=invoice)
