"""The business calendar: business days, working hours, and the dates that hang on them (product.md 1, 2)."""

import calendar
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

import holidays

from outreach.rules.span import Span

Shift = Literal["keep", "next", "previous"]

DAY = timedelta(days=1)
FRIDAY = 4
YEARS = (1900, 2999)
"""of the days that people may name: the days around each must be days too"""


class UnknownCountryError(ValueError):
    """The `holidays` library has no calendar of this country or subdivision."""


class Fixture(NamedTuple):
    """A date of the calendar, and why it is that one: a row of `outreach calendar`."""

    on: date
    kind: Literal["statement", "final_check"]
    why: str


def read_day(text: str) -> date:
    """A day as people write it. Raises ValueError: what is wrong with it, and how to write it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it as 2026-11-23") from None
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise ValueError(f"{text!r} is too far away: name a day from {YEARS[0]} to {YEARS[1]}")
    return day


@lru_cache(maxsize=4096)
def holidays_of(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """Public holidays of one year by name, observed days included; of country "" none.

    Raises UnknownCountryError.
    """
    if not country:
        return {}
    # A whole year at once, then frozen: the library fills its calendars as it looks, unsafe among threads.
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except NotImplementedError:
        place = f"{country}-{subdivision}" if subdivision else country
        raise UnknownCountryError(
            f"no holidays are known of {place!r}: write a code such as US, CA"
        ) from None
    return MappingProxyType(dict(found))


class BusinessCalendar:
    """Business day: Monday to Friday, not a public holiday, not one of the own closures."""

    def __init__(self, country: str = "US", subdivision: str = "", closures: Iterable[date] = ()) -> None:
        """Raises UnknownCountryError."""
        holidays_of(country, subdivision, 2000)
        self._country, self._subdivision = country, subdivision
        self._closures = frozenset(closures)
        self._rolled: dict[date, date] = {}

    def holiday(self, on: date) -> str | None:
        """The name of a holiday or closure, whatever the weekday; None if it is neither."""
        if on in self._closures:
            return "closed by us"
        return holidays_of(self._country, self._subdivision, on.year).get(on)

    def closed_for(self, on: date) -> str | None:
        """Why a date is no business day ("Saturday", "Thanksgiving Day"); None if it is one."""
        return weekend(on) or self.holiday(on)

    def is_business_day(self, on: date) -> bool:
        return self.roll_forward(on) == on

    def roll_forward(self, on: date) -> date:
        """The date itself if it is a business day, else the next one. Remembered: ask freely."""
        rolled = self._rolled.get(on)
        if rolled is None:
            rolled = on
            while self.closed_for(rolled):
                rolled += DAY
            self._rolled[on] = rolled
        return rolled

    def roll_back(self, on: date) -> date:
        """The date itself if it is a business day, else the one before."""
        while not self.is_business_day(on):
            on -= DAY
        return on

    def add_business_days(self, on: date, days: int) -> date:
        """The n-th business day after `on`, or before it if negative; `on` itself is never counted."""
        for _ in range(abs(days)):
            on = self.roll_forward(on + DAY) if days > 0 else self.roll_back(on - DAY)
        return on

    def nth_business_day(self, year: int, month: int, n: int) -> date:
        """The n-th business day of a month, from 1."""
        return self.add_business_days(date(year, month, 1) - DAY, n)

    def add_working_hours(self, moment: datetime, hours: float, zone: tzinfo, working: Span) -> datetime:
        """`moment` plus working hours: those of business days in the organization's zone. UTC."""
        left = timedelta(hours=hours)
        day = self.roll_forward(moment.astimezone(zone).date())
        while True:
            opens, closes = working.on(day, zone)
            begins = max(opens, moment.astimezone(UTC))
            if begins + left <= closes:
                return begins + left
            left -= max(closes - begins, timedelta(0))
            day = self.roll_forward(day + DAY)

    def statement_date(self, year: int, month: int, holiday: Shift = "keep") -> date:
        """The 15th; the 14th if it is a Saturday, the 16th if a Sunday; a holiday as `holiday` says."""
        on = _beside_the_weekend(date(year, month, 15))
        if holiday == "next":
            return self.roll_forward(on)
        return self.roll_back(on) if holiday == "previous" else on

    def final_check_date(self, year: int, month: int, n: int = 6) -> date:
        """The month's n-th business day."""
        return self.nth_business_day(year, month, n)

    def fixtures(self, first: date, last: date, *, holiday: Shift = "keep", n: int = 6) -> list[Fixture]:
        """Statement and final-check dates from `first` to `last`, both included, each with its why."""
        found = []
        for year, month in _months(first, last):
            statement = self.statement_date(year, month, holiday)
            check = self.final_check_date(year, month, n)
            found.append(Fixture(statement, "statement", self._why_statement(statement)))
            found.append(Fixture(check, "final_check", self._why_check(check, n)))
        return sorted(fixture for fixture in found if first <= fixture.on <= last)

    def _why_statement(self, on: date) -> str:
        fifteenth = on.replace(day=15)
        usual = _beside_the_weekend(fifteenth)
        why = "the 15th" if usual == fifteenth else f"the 15th is a {fifteenth:%A}, so the {usual.day}th"
        if name := self.holiday(usual):
            why += f"; {name}, kept" if on == usual else f", and that is {name}, so the {on.day}th"
        return why

    def _why_check(self, on: date, n: int) -> str:
        days = (on.replace(day=day) for day in range(1, on.day))
        skipped = [
            f"{name} ({_short(day)})" for day in days if not weekend(day) and (name := self.holiday(day))
        ]
        return f"{_ordinal(n)} business day" + (f", not counting {', '.join(skipped)}" if skipped else "")


def weekend(on: date) -> str | None:
    """`"Saturday"` or `"Sunday"`; None on other days."""
    return calendar.day_name[on.weekday()] if on.weekday() > FRIDAY else None


def _beside_the_weekend(on: date) -> date:
    return on + timedelta(days={5: -1, 6: 1}.get(on.weekday(), 0))


def _months(first: date, last: date) -> Iterator[tuple[int, int]]:
    for months in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield months // 12, months % 12 + 1


def _short(on: date) -> str:
    return f"{on:%b} {on.day}"


def _ordinal(n: int) -> str:
    return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n if n < 20 else n % 10, 'th') }"
