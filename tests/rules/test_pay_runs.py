"""Pay runs fall on business days, and what misses a cut-off waits for the next run."""

from datetime import time

import pytest

from outreach.rules.pay_runs import PayRuns
from tests.rules.given import POLICY, day

CALENDAR = POLICY.business_days
THURSDAYS = PayRuns.parse("thu")


@pytest.mark.parametrize(
    ("text", "weekdays", "month_days"),
    [
        ("thu", (3,), ()),
        ("Thursday, mon", (0, 3), ()),
        ("31,15", (), (15, 31)),
        ("fri,1", (4,), (1,)),
        ("thu,thu", (3,), ()),
    ],
)
def test_how_runs_are_written(text: str, weekdays: tuple[int, ...], month_days: tuple[int, ...]) -> None:
    runs = PayRuns.parse(text)
    assert (runs.weekdays, runs.month_days) == (weekdays, month_days)
    assert PayRuns.parse(str(runs)) == runs


@pytest.mark.parametrize("text", ["", " , ", "someday", "0", "32", "-1", "th", "²"])
def test_what_is_no_run(text: str) -> None:
    with pytest.raises(ValueError, match=r"pay.run"):
        PayRuns.parse(text)


@pytest.mark.parametrize(
    ("runs", "due", "on", "expected"),
    [
        # Thursdays, cut-off Wednesday noon
        ("thu", "2026-12-08", "2026-12-01", "2026-12-10"),
        ("thu", "2026-12-10", "2026-12-01", "2026-12-17"),  # after the due date, not on it
        ("thu", "2026-12-08", "2026-12-09", "2026-12-10"),  # on the day of the cut-off
        ("thu", "2026-12-08", "2026-12-10", "2026-12-17"),  # the cut-off has passed
        ("thu", "2026-09-01", "2026-12-01", "2026-12-03"),  # long overdue: the next run there is
        ("thu", "2026-11-20", "2026-11-20", "2026-11-27"),  # Thanksgiving: the business day after
        ("15,31", "2026-11-14", "2026-11-02", "2026-11-16"),  # the 15th is a Sunday
        ("31", "2027-02-10", "2027-02-10", "2027-03-01"),  # the last of February is a Sunday
        ("31", "2026-12-05", "2026-12-05", "2026-12-31"),
        ("mon,thu", "2026-12-04", "2026-12-04", "2026-12-07"),
        ("1", "2026-12-30", "2026-12-30", "2027-01-04"),  # New Year's Day is a Friday
    ],
)
def test_when_payment_is_to_be_expected(runs: str, due: str, on: str, expected: str) -> None:
    assert PayRuns.parse(runs).expected(day(due), day(on), CALENDAR) == day(expected)


def test_the_cut_off_is_so_many_business_days_before_the_run() -> None:
    assert THURSDAYS.cut_off(day("2026-12-10"), CALENDAR) == day("2026-12-09")
    early = PayRuns.parse("mon", cut_off_days=2, cut_off_at=time(17))
    assert early.cut_off(day("2026-11-30"), CALENDAR) == day("2026-11-25"), "Thanksgiving lies between"
    same_day = PayRuns.parse("mon", cut_off_days=0)
    assert same_day.cut_off(day("2026-12-07"), CALENDAR) == day("2026-12-07")


@pytest.mark.parametrize(
    ("on", "comes_first"),
    [("2026-12-07", False), ("2026-12-08", True), ("2026-12-09", True), ("2026-12-10", False)],
)
def test_a_call_on_the_cut_offs_day_or_the_business_day_before_comes_first(
    on: str, comes_first: bool
) -> None:
    why = THURSDAYS.before_cut_off(day(on), CALENDAR)
    assert why == ("pay run Thursday, cut-off Wednesday noon" if comes_first else None)


def test_the_words_say_the_days_as_they_fall() -> None:
    runs = PayRuns.parse("thu", cut_off_days=2, cut_off_at=time(16, 30))
    assert runs.before_cut_off(day("2026-11-24"), CALENDAR) == "pay run Friday, cut-off Tuesday 16:30"
