from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.commitments import Cover, Held
from outreach.rules.plan_day import Balance, Climb, Line, PlanDay
from outreach.rules.steps import (
    AGED_MRR,
    FINAL_CHECK,
    FINAL_OVERDUE,
    FOLLOWUP_5,
    FOLLOWUP_15,
    OVERDUE_31,
    PRE_DUE_3,
    PRE_DUE_7,
    STATEMENT,
    Step,
)
from tests.rules.given import POLICY, RATES, day


def plan_day(on: str, go_live_on: str | None = None) -> PlanDay:
    return PlanDay.of(day(on), POLICY, RATES, day(go_live_on) if go_live_on else None)


SUNDAY = plan_day("2013-06-30", go_live_on="2013-06-30")
MONDAY = plan_day("2026-11-23")
EARLY = plan_day("2026-11-02")  # no statement is due yet


def test_a_plan_for_a_closed_day_dates_its_touches_for_the_next_business_day() -> None:
    assert SUNDAY.touch_on == day("2013-07-01")
    assert MONDAY.touch_on == day("2026-11-23")


def test_cut_offs_are_the_newest_due_dates_that_are_meant() -> None:
    assert MONDAY.past_due_by == day("2026-11-22")
    assert MONDAY.followup_5_due_by == day("2026-11-18")
    assert MONDAY.followup_15_due_by == day("2026-11-08")
    assert MONDAY.overdue_31_due_by == day("2026-10-22")  # 32 days: over 31
    assert plan_day("2026-11-22").overdue_31_due_by == day("2026-10-21")


def test_go_live_lets_no_earlier_statement_or_final_check_fire() -> None:
    assert SUNDAY.statement_on is None
    assert SUNDAY.final_check_on is None
    live = plan_day("2026-11-23", go_live_on="2026-11-09")
    assert live.statement_on == day("2026-11-23")
    assert (live.final_check_on, live.final_check_cycle) == (day("2026-11-09"), "2026-11")
    assert plan_day("2026-12-01").final_check_cycle == "2026-11"


@pytest.mark.parametrize(
    ("days", "rung", "carried", "climb"),
    [
        (4, 0, False, None),
        (5, 0, False, Climb(FOLLOWUP_5, 3, ())),
        (14, 0, False, Climb(FOLLOWUP_5, 3, ())),  # missed days are caught up
        (14, 3, False, None),  # recorded for this cycle
        (15, 3, False, Climb(FOLLOWUP_15, 4, ())),
        (15, 0, False, Climb(FOLLOWUP_15, 4, (FOLLOWUP_5,))),  # both at once: the highest fires
        (40, 0, False, Climb(FOLLOWUP_15, 4, (FOLLOWUP_5,))),  # nothing of it asked: overdue_31 is not its
        (31, 4, True, None),
        (32, 4, True, Climb(None, 5, ())),
        (32, 0, True, Climb(None, 5, (FOLLOWUP_5, FOLLOWUP_15))),
        (32, 3, True, Climb(None, 5, (FOLLOWUP_15,))),
        (99, 5, True, None),
        (99, 5, False, None),
        (20, 5, True, None),
        (20, 2, False, Climb(FOLLOWUP_15, 4, (FOLLOWUP_5,))),  # pre-due reminders went before
    ],
)
def test_an_invoice_climbs_its_ladder(days: int, rung: int, carried: bool, climb: Climb | None) -> None:
    assert MONDAY.climb(MONDAY.on - timedelta(days), rung, carried=carried) == climb


@given(st.lists(st.integers(0, 80), min_size=1, max_size=12), st.booleans())
def test_whatever_days_are_planned_each_rung_is_recorded_once_and_in_order(
    offsets: list[int], asked: bool
) -> None:
    due, rung, recorded = day("2026-09-01"), 0, list[str]()
    for offset in sorted(offsets):
        plan = PlanDay.of(due + timedelta(offset), POLICY, RATES)
        climb = plan.climb(due, rung, carried=asked)
        again = plan.climb(due, climb.rung if climb else rung, carried=asked)
        assert again is None
        if climb:
            recorded += [step.name for step in climb.superseded]
            recorded += [climb.fires.name] if climb.fires else ["overdue_31"]
            rung = climb.rung
    reached = max(offsets)
    by_law = [name for name, first in (("followup_5", 5), ("followup_15", 15)) if reached >= first]
    by_law += ["overdue_31"] if asked and reached > 31 else []
    assert recorded == by_law


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 5), st.booleans())
def test_the_cut_offs_leave_out_no_invoice_that_fires(due: date, rung: int, carried: bool) -> None:
    climb = MONDAY.climb(due, rung, carried=carried)
    meant = (
        (due <= MONDAY.followup_5_due_by and rung < FOLLOWUP_5.rung)
        or (due <= MONDAY.followup_15_due_by and rung < FOLLOWUP_15.rung)
        or (carried and due <= MONDAY.overdue_31_due_by and rung < OVERDUE_31.rung)
        or (MONDAY.on < due <= MONDAY.pre_due_7_due_by and rung < PRE_DUE_7.rung)
        or (MONDAY.on < due <= MONDAY.pre_due_3_due_by and rung < PRE_DUE_3.rung)
    )
    assert (climb is not None) == meant


def balance(**parts: Any) -> Balance:
    """100.00 USD past due and asked, if not said otherwise."""
    return Balance(1, "USD", total_open=10000, open_invoices=1, past_due=10000, asked=10000)._replace(**parts)


OVER_31 = {"over_31": 8000, "asked_over_31": 8000}
FINAL = {"final_past_due": 5000, "final_asked": 5000}
MRR = {"mrr_months": 2, "mrr_oldest_due": day("2026-10-01"), "mrr_asked": 6000}


@pytest.mark.parametrize(
    ("parts", "steps"),
    [
        ({}, ()),
        (OVER_31, (OVERDUE_31,)),
        (FINAL, (FINAL_OVERDUE,)),
        (MRR, (AGED_MRR,)),
        (OVER_31 | FINAL | MRR, (OVERDUE_31, FINAL_OVERDUE, AGED_MRR)),
        (MRR | {"mrr_months": 1}, ()),
        (MRR | {"mrr_months": 1, "mrr_oldest_due": day("2026-09-02")}, (AGED_MRR,)),  # two months elapsed
        (OVER_31 | {"asked_over_31": 0}, ()),  # held
        (FINAL | {"final_asked": 0}, ()),
        (MRR | {"mrr_asked": 0}, ()),
        (OVER_31 | {"credits": 8000}, ()),  # credits go off the oldest first
        (OVER_31 | {"credits": 7000}, (OVERDUE_31,)),
        (OVER_31 | {"credits": 7501}, ()),  # 24.99 is left: too little to ask
        (OVER_31 | FINAL | MRR | {"credits": 10000}, ()),
        (OVER_31 | {"asked": 2499, "asked_over_31": 2499}, ()),
    ],
)
def test_account_steps_are_true_of_something_asked(parts: dict[str, Any], steps: tuple[Step, ...]) -> None:
    assert EARLY.account_steps(balance(**parts)) == steps


def test_a_statement_is_for_every_account_with_something_open() -> None:
    quiet = balance(past_due=0, asked=0)
    assert plan_day("2026-11-16").account_steps(quiet) == (STATEMENT,)
    assert plan_day("2026-11-15").account_steps(quiet) == ()
    assert MONDAY.account_steps(quiet) == (STATEMENT,)  # caught up
    assert MONDAY.account_steps(quiet._replace(open_invoices=0)) == ()


def test_the_minimum_is_in_the_accounts_currency() -> None:
    euros = balance(currency="EUR", asked=2200, asked_over_31=2200)
    assert EARLY.account_steps(euros) == (OVERDUE_31,)
    assert EARLY.account_steps(euros._replace(currency="USD")) == ()


@pytest.mark.parametrize(
    ("step", "parts", "covered"),
    [
        (OVERDUE_31, OVER_31, Cover.ASKED),
        (OVERDUE_31, {}, Cover.NOTHING),  # paid, or no longer that old
        (OVERDUE_31, OVER_31 | {"asked_over_31": 0, "held": Held(disputed=8000)}, Cover.DISPUTE),
        (OVERDUE_31, OVER_31 | {"asked_over_31": 0, "held": Held(promised=8000)}, Cover.PROMISE),
        (OVERDUE_31, OVER_31 | {"asked": 12000, "credits": 8000}, Cover.CASH),
        (OVERDUE_31, OVER_31 | {"credits": 10000}, Cover.CASH),
        (OVERDUE_31, OVER_31 | {"credits": 9000}, Cover.MINIMUM),
        (OVERDUE_31, OVER_31 | {"asked": 900, "asked_over_31": 900}, Cover.MINIMUM),
        (FINAL_OVERDUE, FINAL, Cover.ASKED),
        (FINAL_OVERDUE, FINAL | {"final_asked": 0, "held": Held(issues=5000)}, Cover.ISSUE),
        (FINAL_OVERDUE, OVER_31, Cover.NOTHING),
        (AGED_MRR, MRR, Cover.ASKED),
        (AGED_MRR, MRR | {"mrr_asked": 0, "held": Held(planned=6000)}, Cover.PLAN),
        (AGED_MRR, MRR | {"mrr_months": 1}, Cover.NOTHING),
    ],
)
def test_what_covers_an_open_weekly_firing(step: Step, parts: dict[str, Any], covered: Cover) -> None:
    assert EARLY.account_cover(step, balance(**parts)) is covered


@pytest.mark.parametrize(
    ("past_due", "held", "parts", "covered"),
    [
        (4000, Held(), {}, Cover.ASKED),
        (4000, Held(disputed=4000), {}, Cover.DISPUTE),  # its own hold, though the account is asked
        (4000, Held(disputed=1000), {}, Cover.ASKED),
        (0, Held(), {}, Cover.NOTHING),
        (4000, Held(), {"credits": 10000}, Cover.CASH),
        (2000, Held(), {"asked": 2000}, Cover.MINIMUM),
        (4000, Held(), {"asked": 4000, "credits": 3000}, Cover.MINIMUM),
    ],
)
def test_what_covers_a_firing_about_an_invoice(
    past_due: int, held: Held, parts: dict[str, Any], covered: Cover
) -> None:
    assert EARLY.invoice_cover(past_due, held, balance(**parts)) is covered


LINES = [
    Line(day("2026-10-20"), 4000, final=True),
    Line(day("2026-09-01"), 5000),
    Line(day("2026-09-15"), 3000, mrr=True),
]
# As asked on 2026-11-02, where the two of September are over 31 days past due.
WHOLE = {"asked": 12000, "asked_over_31": 8000, "final_asked": 4000, "mrr_asked": 3000}


@pytest.mark.parametrize(
    ("credits", "asked", "oldest"),
    [
        (0, WHOLE, "2026-09-01"),
        (6000, WHOLE | {"asked": 6000, "asked_over_31": 2000, "mrr_asked": 2000}, "2026-09-15"),
        (9000, {"asked": 3000, "final_asked": 3000}, "2026-10-20"),
        (99999, {}, None),
    ],
)
def test_what_is_asked_line_by_line_with_credits_off_the_oldest(
    credits: int, asked: dict[str, int], oldest: str | None
) -> None:
    bare = balance(asked=0, past_due=12000)
    found = EARLY.of_lines(bare._replace(credits=credits), LINES)
    then = bare._replace(credited=credits, oldest_due=day(oldest) if oldest else None)
    assert found == then._replace(**asked)  # type: ignore[arg-type]


def test_a_final_invoice_counts_from_its_first_day_past_due() -> None:
    lines = [Line(day("2026-11-01"), 4000, final=True)]
    assert EARLY.account_steps(EARLY.of_lines(balance(), lines)) == (FINAL_OVERDUE,)


def test_line_by_line_the_cover_is_still_told_apart() -> None:
    final = balance(past_due=12000, final_past_due=4000)
    assert EARLY.account_steps(EARLY.of_lines(final._replace(credits=6000), LINES)) == (
        OVERDUE_31,
        FINAL_OVERDUE,
    )
    little = EARLY.of_lines(final._replace(credits=9999), LINES)
    assert EARLY.account_cover(FINAL_OVERDUE, little) is Cover.MINIMUM
    nothing = EARLY.of_lines(final._replace(credits=12000), LINES)
    assert EARLY.account_cover(FINAL_OVERDUE, nothing) is Cover.CASH


@pytest.mark.parametrize(
    ("step", "cycle", "paid", "still_true", "why"),
    [
        (FOLLOWUP_5, "2026-11-01/0", False, True, None),
        (FOLLOWUP_5, "2026-11-01/0", True, True, "paid"),
        (FOLLOWUP_5, "2026-11-01/0", False, False, "no longer true"),  # its due date was changed
        (OVERDUE_31, "2026-W48", False, True, None),  # held or not, it stays open in its week
        (OVERDUE_31, "2026-W48", False, False, "no longer true"),
        (OVERDUE_31, "2026-W47", False, True, "no longer true"),
        (STATEMENT, "2026-11", False, True, None),
        (STATEMENT, "2026-10", False, True, "caught up too late"),
        (FINAL_CHECK, "2026-11", False, True, None),
        (FINAL_CHECK, "2026-10", False, True, "caught up too late"),  # the next run has come
        (FINAL_CHECK, "2026-11", False, False, "no longer true"),  # receipt confirmed
    ],
)
def test_open_firings_lapse_for_a_reason(
    step: Step, cycle: str, paid: bool, still_true: bool, why: str | None
) -> None:
    assert MONDAY.lapse(step, cycle, paid=paid, still_true=still_true) == why


def test_a_final_check_is_caught_up_until_the_next_run() -> None:
    assert plan_day("2026-12-07").lapse(FINAL_CHECK, "2026-11") is None
    assert plan_day("2026-12-08").lapse(FINAL_CHECK, "2026-11") == "caught up too late"
