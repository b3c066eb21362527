"""The business calendar: business days, working hours and the dates that hang on them (product.md 1 and 2)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import Literal, NamedTuple

Shift = Literal["keep", "next", "previous"]


class UnknownCountryError(ValueError):
    """The `holidays` library has no calendar of this country or subdivision."""


class Fixture(NamedTuple):
    """A date of the calendar, and why it is that one: a row of `outreach calendar`."""

    on: date
    kind: Literal["statement", "final_check"]
    why: str


@lru_cache(maxsize=4096)
def holidays_of(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """Public holidays of a country and subdivision in one year, by name; none where the library knows none."""
    raise NotImplementedError


class BusinessCalendar:
    """Business day: Monday to Friday, not a public holiday, not one of the own closures."""

    def __init__(self, country: str = "US", subdivision: str = "", closures: Iterable[date] = ()) -> None:
        """Raises UnknownCountryError."""
        raise NotImplementedError

    def closed_for(self, on: date) -> str | None:
        """Why a date is no business day ("Saturday", "Thanksgiving Day", "own closure"); None if it is one."""
        raise NotImplementedError

    def is_business_day(self, on: date) -> bool:
        raise NotImplementedError

    def roll_forward(self, on: date) -> date:
        """The date itself if it is a business day, else the next one."""
        raise NotImplementedError

    def roll_back(self, on: date) -> date:
        """The date itself if it is a business day, else the one before."""
        raise NotImplementedError

    def add_business_days(self, on: date, days: int) -> date:
        """The n-th business day after `on`, before it if negative; `on` itself is never counted."""
        raise NotImplementedError

    def nth_business_day(self, year: int, month: int, n: int) -> date:
        """The n-th business day of a month, from 1. Raises ValueError if the month has fewer."""
        raise NotImplementedError

    def add_working_hours(
        self, moment: datetime, hours: float, zone: tzinfo, opens: time, closes: time
    ) -> datetime:
        """`moment` plus working hours: business days, `opens` to `closes` in the organization's zone; UTC."""
        raise NotImplementedError

    def statement_date(self, year: int, month: int, holiday: Shift = "keep") -> date:
        """The 15th; the 14th if it is a Saturday, the 16th if a Sunday; a holiday as `holiday` says."""
        raise NotImplementedError

    def final_check_date(self, year: int, month: int, n: int = 6) -> date:
        """The month's n-th business day."""
        raise NotImplementedError

    def fixtures(self, first: date, last: date, *, holiday: Shift = "keep", n: int = 6) -> list[Fixture]:
        """Statement and final-check dates from `first` to `last`, both included, each with its why."""
        raise NotImplementedError
