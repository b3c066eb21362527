"""Which day each way of naming one means, seen from the day it was written on (product.md 4).

A rule takes what its pattern has found. None, or a ValueError: it is no day after all.
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from outreach.rules.reading.day_names import month_of, number_of, weekday_of
from outreach.rules.reading.origin import Origin

Rule = Callable[[re.Match[str], Origin], date | None]


def iso(match: re.Match[str], origin: Origin) -> date:
    return date(int(match[1]), int(match[2]), int(match[3]))


def slashed(match: re.Match[str], origin: Origin) -> date | None:
    first, second = int(match[1]), int(match[3])
    dotted = match[2] == "."
    day, month = (first, second) if origin.day_first or dotted or first > 12 else (second, first)
    if month > 12:
        day, month = month, day
    if match[4]:
        year = int(match[4])
        return date(year + 2000 if year < 100 else year, month, day)
    return None if dotted else _near(month, day, origin)


def month_day(match: re.Match[str], origin: Origin) -> date:
    return _dated(match[1], int(match[2]), match[3] or match[4], origin)


def day_month(match: re.Match[str], origin: Origin) -> date:
    return _dated(match[2], int(match[1]), match[3] or match[4], origin)


def _dated(month: str, day: int, year: str | None, origin: Origin) -> date:
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month_of(month), day)
    return _near(month_of(month), day, origin)


def nth(match: re.Match[str], origin: Origin) -> date:
    """The first one ahead; behind for what has happened."""
    day = int(match[1])
    if day > 31:
        raise ValueError(day)
    step = timedelta(-1 if origin.behind else 1)
    on = origin.on + step
    while on.day != day:
        on += step
    return on


def nth_next_month(match: re.Match[str], origin: Origin) -> date:
    month = _month_end(origin.on) + timedelta(1)
    return month.replace(day=int(match[1]))


def nth_this_month(match: re.Match[str], origin: Origin) -> date:
    return origin.on.replace(day=int(match[1]))


def weekday(match: re.Match[str], origin: Origin) -> date:
    wanted = weekday_of(match["weekday"])
    said = match["which"] or ""
    monday = origin.on - timedelta(origin.on.weekday())
    if "last" in said or (origin.behind and "next" not in said):
        back = (origin.on.weekday() - wanted) % 7 or 7
        return origin.on - timedelta(back)
    if "next" in said or match["week"]:
        return monday + timedelta(7 + wanted)
    return origin.on + timedelta((wanted - origin.on.weekday()) % 7 or 7)


def week_from(match: re.Match[str], origin: Origin) -> date:
    wanted = weekday_of(match[2])
    first = origin.on + timedelta((wanted - origin.on.weekday()) % 7 or 7)
    return first + timedelta(7 * (number_of(match[1]) if match[1] else 1))


def today(match: re.Match[str], origin: Origin) -> date:
    return origin.on


def tomorrow(match: re.Match[str], origin: Origin) -> date:
    return origin.on + timedelta(2 if match[0].startswith("the day") else 1)


def yesterday(match: re.Match[str], origin: Origin) -> date:
    return origin.on - timedelta(1)


def within(match: re.Match[str], origin: Origin) -> date:
    count, unit = number_of(match["count"]), match["unit"]
    if "week" in unit:
        return origin.on + timedelta(7 * count)
    if "month" in unit:
        month = origin.on.month - 1 + count
        year = origin.on.year + month // 12
        month = month % 12 + 1
        return date(year, month, min(origin.on.day, calendar.monthrange(year, month)[1]))
    if match["business"]:
        return origin.business_days.add_business_days(origin.on, count)
    return origin.on + timedelta(count)


def ago(match: re.Match[str], origin: Origin) -> date:
    count = number_of(match[1])
    return origin.on - timedelta(count * (7 if "week" in match[2] else 1))


def end_of_week(match: re.Match[str], origin: Origin) -> date:
    friday = origin.on + timedelta(4 - origin.on.weekday())
    late = "next" in match[0] or "following" in match[0] or friday < origin.on
    return friday + timedelta(7 if late else 0)


def end_of_month(match: re.Match[str], origin: Origin) -> date:
    last = _month_end(origin.on)
    return _month_end(last + timedelta(1)) if "next" in match[0] else last


def end_of_named(match: re.Match[str], origin: Origin) -> date:
    month = month_of(match["month"])
    year = origin.on.year + (month < origin.on.month)
    if match["year"]:
        year = int(match["year"])
    return date(year, month, calendar.monthrange(year, month)[1])


def middle(match: re.Match[str], origin: Origin) -> date:
    return _near(month_of(match[1]), 15, origin)


def end_of_quarter(match: re.Match[str], origin: Origin) -> date:
    if "year" in match[0]:
        return date(origin.on.year, 12, 31)
    month = (origin.on.month - 1) // 3 * 3 + 3
    return date(origin.on.year, month, calendar.monthrange(origin.on.year, month)[1])


def last_week(match: re.Match[str], origin: Origin) -> date:
    return origin.on - timedelta(origin.on.weekday() + 3)


# Small arithmetic


def _near(month: int, day: int, origin: Origin) -> date:
    """The nearest one ahead, that day included; behind for what has happened."""
    here = date(origin.on.year, month, day) if (month, day) != (2, 29) else date(_leap(origin.on.year), 2, 29)
    if origin.behind:
        return here if here <= origin.on else here.replace(year=here.year - 1)
    return here if here >= origin.on else here.replace(year=here.year + 1)


def _leap(year: int) -> int:
    return year + (-year % 4)


def _month_end(on: date) -> date:
    return on.replace(day=calendar.monthrange(on.year, on.month)[1])
