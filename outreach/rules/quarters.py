"""Fiscal quarters: three months each, the first beginning with the month that the policy names."""

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

MONTHS = 3


class Quarter(NamedTuple):
    """Its first and its last day."""

    first: date
    last: date


def quarter_of(on: date, year_begins: int) -> Quarter:
    """The fiscal quarter of a day; `year_begins` is the month, 1 to 12, with which the fiscal year begins."""
    first = months_before(on, (on.month - year_begins) % MONTHS)
    return Quarter(first, month_end(months_before(first, 1 - MONTHS)))


def months_before(on: date, months: int) -> date:
    """The first day of the month so many months before that of `on`; after it if negative."""
    count = on.year * 12 + on.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def month_end(on: date) -> date:
    """The last day of its month."""
    return on.replace(day=monthrange(on.year, on.month)[1])


def same_day_before(on: date, months: int) -> date:
    """The same day so many months earlier, or the last day of a shorter month."""
    first = months_before(on, months)
    return first + timedelta(min(on.day, month_end(first).day) - 1)
