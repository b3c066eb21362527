import pytest

from outreach.rules.cadence import (
    Run,
    aged_mrr_months,
    answer_due,
    carried_since,
    days_past_due,
    invoice_cycle,
    last_final_check,
    month_of,
    raw_date,
    run_of,
    statement_touch,
    touch_date,
    week_of,
    weeks_unreached,
)
from outreach.rules.steps import FOLLOWUP_5, FOLLOWUP_15
from tests.rules.given import POLICY, day, ny, policy

NEVER = day("2000-01-01")


@pytest.mark.parametrize(
    ("due", "on", "days"),
    [
        ("2026-10-22", "2026-10-21", -1),
        ("2026-10-22", "2026-10-22", 0),
        ("2026-10-22", "2026-11-21", 30),
        ("2026-10-22", "2026-11-22", 31),
        ("2026-10-22", "2026-11-23", 32),
    ],
)
def test_days_past_due(due: str, on: str, days: int) -> None:
    assert days_past_due(day(due), day(on)) == days


@pytest.mark.parametrize(
    ("due", "touch"),
    [
        ("2026-11-16", "2026-11-23"),
        ("2026-11-17", "2026-11-23"),
        ("2026-11-18", "2026-11-23"),
        ("2026-11-20", "2026-11-25"),
        ("2026-11-21", "2026-11-27"),  # Thanksgiving between
    ],
)
def test_followup_5_is_touched_on_the_fifth_day_or_the_business_day_after(due: str, touch: str) -> None:
    raw = raw_date(FOLLOWUP_5, day(due), POLICY)
    assert days_past_due(day(due), raw) == 5
    assert touch_date(raw, raw, POLICY.business_days) == day(touch)


def test_a_day_missed_is_caught_up_by_the_plan_that_runs() -> None:
    raw = raw_date(FOLLOWUP_15, day("2026-11-02"), POLICY)
    assert raw == day("2026-11-17")
    assert touch_date(raw, day("2026-11-28"), POLICY.business_days) == day("2026-11-30")


@pytest.mark.parametrize(
    ("months", "oldest", "on", "aged"),
    [
        (1, "2026-09-15", "2026-11-15", 2),
        (1, "2026-09-15", "2026-11-14", 1),
        (2, "2026-09-15", "2026-11-14", 2),  # September and October both past due
        (1, "2026-08-31", "2026-10-30", 1),
        (1, "2026-08-31", "2026-10-31", 2),
        (1, "2026-12-31", "2027-02-27", 1),
        (1, "2026-12-31", "2027-02-28", 2),  # clipped to the month's end
        (1, "2027-12-31", "2028-02-28", 1),
        (1, "2027-12-31", "2028-02-29", 2),
        (1, "2026-11-22", "2026-11-23", 1),  # a quarterly or annual invoice one day late
        (1, "2025-11-22", "2026-11-22", 12),
    ],
)
def test_aged_mrr_months(months: int, oldest: str, on: str, aged: int) -> None:
    assert aged_mrr_months(months, day(oldest), day(on)) == aged


def test_without_recurring_invoices_nothing_ages() -> None:
    assert aged_mrr_months(0, None, day("2026-11-23")) == 0


def test_cycles() -> None:
    assert invoice_cycle(day("2026-11-16"), 0) == "2026-11-16/0"
    assert invoice_cycle(day("2026-11-16"), 1) != invoice_cycle(day("2026-11-16"), 0)
    assert month_of(day("2026-11-16")) == "2026-11"


@pytest.mark.parametrize(
    ("on", "week"),
    [
        ("2026-11-22", "2026-W47"),
        ("2026-11-23", "2026-W48"),
        ("2026-12-31", "2026-W53"),
        ("2027-01-01", "2026-W53"),
        ("2027-01-04", "2027-W01"),
    ],
)
def test_weeks_are_iso_weeks(on: str, week: str) -> None:
    assert week_of(day(on)) == week


@pytest.mark.parametrize(
    ("on", "run"),
    [
        ("2026-11-09", "2026-11-09"),
        ("2026-11-30", "2026-11-09"),
        ("2026-12-07", "2026-11-09"),  # a missed run is caught up until the next
        ("2026-12-08", "2026-12-08"),
        ("2027-01-10", "2026-12-08"),
        ("2027-01-11", "2027-01-11"),
    ],
)
def test_the_last_final_check(on: str, run: str) -> None:
    assert last_final_check(day(on), POLICY) == day(run)


@pytest.mark.parametrize(
    ("holiday", "start", "on", "leaves"),
    [
        ("keep", "2000-01-01", "2026-02-15", None),  # not due yet
        ("keep", "2000-01-01", "2026-02-16", "2026-02-16"),  # on the holiday itself
        ("next", "2000-01-01", "2026-02-16", None),
        ("next", "2000-01-01", "2026-02-17", "2026-02-17"),
        ("previous", "2000-01-01", "2026-02-13", "2026-02-13"),
        ("keep", "2000-01-01", "2026-02-20", "2026-02-20"),  # caught up
        ("keep", "2000-01-01", "2026-02-21", "2026-02-23"),
        ("keep", "2000-01-01", "2026-11-26", "2026-11-26"),  # caught up on Thanksgiving
        ("next", "2000-01-01", "2026-11-26", "2026-11-27"),
        ("keep", "2000-01-01", "2026-02-28", None),  # a Saturday: the month runs out
        ("keep", "2026-02-16", "2026-02-20", "2026-02-20"),
        ("keep", "2026-02-17", "2026-02-20", None),  # dated before go-live
    ],
)
def test_when_a_statement_leaves(holiday: str, start: str, on: str, leaves: str | None) -> None:
    rules = policy(('statement_holiday = "keep"', f'statement_holiday = "{holiday}"'))
    assert statement_touch(day(on), rules, day(start)) == (day(leaves) if leaves else None)


@pytest.mark.parametrize(
    ("week", "last", "number", "unsent", "run"),
    [
        ("2026-W48", None, 0, False, Run(1, True, False, False)),
        ("2026-W48", "2026-W47", 1, False, Run(2, False, False, False)),
        ("2026-W48", "2026-W47", 1, True, Run(2, True, False, False)),  # an unsent email passes on
        ("2026-W48", "2026-W47", 2, False, Run(3, True, True, False)),  # two weeks unreached
        ("2026-W48", "2026-W47", 4, False, Run(5, True, True, True)),  # four
        ("2026-W48", "2026-W47", 6, False, Run(7, False, True, True)),
        ("2026-W48", "2026-W46", 4, True, Run(1, True, False, False)),  # broken: it begins again
        ("2027-W01", "2026-W53", 2, False, Run(3, True, True, False)),
    ],
)
def test_weeks_of_an_unbroken_run(week: str, last: str | None, number: int, unsent: bool, run: Run) -> None:
    assert run_of(week, last, number, POLICY, unsent_email=unsent) == run


@pytest.mark.parametrize(
    ("number", "reached", "weeks", "run"),
    [
        (5, None, 4, Run(5, True, True, True)),
        (5, "2026-10-20", 4, Run(5, True, True, True)),  # before the run
        (5, "2026-10-26", 3, Run(5, True, True, False)),
        (5, "2026-11-02", 2, Run(5, True, True, False)),
        (5, "2026-11-15", 1, Run(5, True, False, False)),  # the Sunday of week 46
        (5, "2026-11-16", 0, Run(5, True, False, False)),
        (5, "2026-11-24", 0, Run(5, True, False, False)),  # this week
        (1, "2026-10-20", 0, Run(1, True, False, False)),
    ],
)
def test_weeks_count_from_the_last_in_which_they_were_reached(
    number: int, reached: str | None, weeks: int, run: Run
) -> None:
    on = day(reached) if reached else None
    assert weeks_unreached("2026-W48", number, on) == weeks
    assert run_of("2026-W48", "2026-W47", number - 1, POLICY, reached_on=on) == run


def test_attempts_of_the_last_three_business_days_are_carried_over() -> None:
    assert carried_since(day("2026-11-23"), POLICY) == day("2026-11-18")
    assert carried_since(day("2026-11-30"), POLICY) == day("2026-11-24")  # Thanksgiving is none


def test_an_answer_is_due_at_the_agreed_time_or_within_four_working_hours() -> None:
    asked = ny("2026-11-23 15:00")
    assert answer_due(asked, None, POLICY) == ny("2026-11-24 10:00")
    assert answer_due(asked, ny("2026-12-01 09:30"), POLICY) == ny("2026-12-01 09:30")
