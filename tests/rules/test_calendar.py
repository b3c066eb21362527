import csv
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from outreach.rules.calendar import BusinessCalendar, Shift, UnknownCountryError
from outreach.rules.span import Span
from tests.rules.given import ROOT, day, ny

US = BusinessCalendar("US")
WITHOUT_HOLIDAYS = BusinessCalendar("")
WORKING = Span.parse("08:00-17:00")
NEW_YORK = ZoneInfo("America/New_York")

FIRST, LAST = date(2024, 1, 1), date(2040, 12, 31)
EVERY_DAY = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
EVERY_MONTH = [(year, month) for year in range(2024, 2041) for month in range(1, 13)]


def by_statute(year: int) -> set[date]:
    """Federal holidays of 5 USC 6103, with the days they are observed on, worked out without any library."""

    def nth(month: int, weekday: int, n: int) -> date:
        days = [date(year, month, 1) + timedelta(k) for k in range(31)]
        return [on for on in days if on.month == month and on.weekday() == weekday][n]

    fixed = [date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    fixed.append(date(year + 1, 1, 1))  # observed on December 31 if it is a Saturday
    moved = {on + timedelta({5: -1, 6: 1}.get(on.weekday(), 0)) for on in fixed}
    floating = {nth(1, 0, 2), nth(2, 0, 2), nth(5, 0, -1), nth(9, 0, 0), nth(10, 0, 1), nth(11, 3, 3)}
    return {*fixed, *moved, *floating}


HOLIDAYS = set().union(*(by_statute(year) for year in range(2023, 2042)))
OPEN = [on for on in EVERY_DAY if on.weekday() < 5 and on not in HOLIDAYS]


def test_business_days_of_seventeen_years_are_those_of_the_statute() -> None:
    assert [on for on in EVERY_DAY if US.is_business_day(on)] == OPEN


def test_rolling_and_adding_agree_with_counting_the_days_one_by_one() -> None:
    for on in EVERY_DAY[10:-10]:
        here, after = bisect_left(OPEN, on), bisect_right(OPEN, on)
        assert US.roll_forward(on) == OPEN[here]
        assert US.roll_back(on) == OPEN[after - 1]
        assert US.add_business_days(on, 3) == OPEN[after + 2]
        assert US.add_business_days(on, -3) == OPEN[here - 3]


@pytest.mark.parametrize(("year", "month"), EVERY_MONTH)
def test_every_month_has_one_statement_beside_the_15th_and_one_sixth_business_day(
    year: int, month: int
) -> None:
    fifteenth = date(year, month, 15)
    statement = US.statement_date(year, month)
    assert statement == min(
        (fifteenth + timedelta(n) for n in (0, -1, 1)),
        key=lambda on: (on.weekday() > 4, abs(on - fifteenth)),
    )
    assert US.final_check_date(year, month) == [on for on in OPEN if (on.year, on.month) == (year, month)][5]


# product.md 7


@pytest.mark.parametrize(
    ("year", "month", "on"),
    [(2026, 2, "2026-02-16"), (2026, 8, "2026-08-14"), (2026, 11, "2026-11-16"), (2027, 5, "2027-05-14")],
)
def test_statement_dates(year: int, month: int, on: str) -> None:
    assert US.statement_date(year, month) == day(on)


@pytest.mark.parametrize(
    ("holiday", "on"), [("keep", "2026-02-16"), ("next", "2026-02-17"), ("previous", "2026-02-13")]
)
def test_a_statement_on_a_holiday_goes_where_the_policy_says(holiday: Shift, on: str) -> None:
    assert US.statement_date(2026, 2, holiday) == day(on)


@pytest.mark.parametrize("on", ["2026-11-09", "2026-12-08", "2027-01-11", "2027-07-09", "2027-09-09"])
def test_sixth_business_day(on: str) -> None:
    assert US.final_check_date(int(on[:4]), int(on[5:7])) == day(on)


@pytest.mark.parametrize("on", ["2027-01-08", "2027-07-08", "2027-09-08"])
def test_sixth_business_day_without_holidays(on: str) -> None:
    assert WITHOUT_HOLIDAYS.final_check_date(int(on[:4]), int(on[5:7])) == day(on)


# The rest of the room


def test_own_closures_are_no_business_days() -> None:
    closed = BusinessCalendar("US", closures=[day("2026-11-27")])
    assert closed.closed_for(day("2026-11-27")) == "closed by us"
    assert closed.roll_forward(day("2026-11-26")) == day("2026-11-30")


@pytest.mark.parametrize(
    ("on", "why"),
    [
        ("2026-11-21", "Saturday"),
        ("2026-11-26", "Thanksgiving Day"),
        ("2026-07-03", "Independence Day (observed)"),
        ("2026-11-23", None),
    ],
)
def test_why_a_day_is_closed(on: str, why: str | None) -> None:
    assert US.closed_for(day(on)) == why


def test_an_unknown_country_is_refused_by_name() -> None:
    with pytest.raises(UnknownCountryError, match="'XX'"):
        BusinessCalendar("XX")
    with pytest.raises(UnknownCountryError, match="'US-XX'"):
        BusinessCalendar("US", "XX")


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23 10:00", 2, "2026-11-23 12:00"),
        ("2026-11-23 06:00", 2, "2026-11-23 10:00"),  # before hours: from 08:00
        ("2026-11-23 16:00", 2, "2026-11-24 09:00"),  # an hour today, an hour tomorrow
        ("2026-11-23 13:00", 4, "2026-11-23 17:00"),  # to the end of the day
        ("2026-11-23 20:00", 2, "2026-11-24 10:00"),
        ("2026-11-20 16:00", 2, "2026-11-23 09:00"),  # over the weekend
        ("2026-11-25 16:00", 2, "2026-11-27 09:00"),  # over Thanksgiving
        ("2026-03-06 16:00", 2, "2026-03-09 09:00"),  # over the change to daylight saving time
        ("2026-11-23 10:00", 20, "2026-11-25 12:00"),
    ],
)
def test_working_hours(start: str, hours: int, end: str) -> None:
    assert US.add_working_hours(ny(start), hours, NEW_YORK, WORKING) == ny(end)


def test_the_fixtures_of_a_span_say_why_they_are_those_dates() -> None:
    found = [(str(on), kind, why) for on, kind, why in US.fixtures(day("2026-01-15"), day("2026-03-12"))]
    assert found == [
        ("2026-01-15", "statement", "the 15th"),
        ("2026-02-09", "final_check", "6th business day"),
        ("2026-02-16", "statement", "the 15th is a Sunday, so the 16th; Washington's Birthday, kept"),
        ("2026-03-09", "final_check", "6th business day"),
    ]
    january = US.fixtures(day("2027-01-01"), day("2027-01-14"))
    assert [fixture.why for fixture in january] == ["6th business day, not counting New Year's Day (Jan 1)"]
    moved = US.fixtures(day("2026-02-10"), day("2026-02-28"), holiday="next")
    assert [fixture.why for fixture in moved] == [
        "the 15th is a Sunday, so the 16th, and that is Washington's Birthday, so the 17th"
    ]


def test_the_calendar_agrees_with_the_table_handed_to_us() -> None:
    path = ROOT.parent / "shared/data/calendar/us_federal_holidays_2024_2027.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not here: the project's shared data is absent")
    with path.open(encoding="utf-8", newline="") as file:
        theirs = {day(row["date"]) for row in csv.DictReader(file)}
    span = [day("2024-01-01") + timedelta(n) for n in range((day("2027-12-31") - day("2024-01-01")).days + 1)]
    assert {on for on in span if on.weekday() < 5 and not US.is_business_day(on)} == theirs
