"""Days and periods that English words name, seen from the day they were written on (product.md 4)."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from outreach.rules.calendar import BusinessCalendar

_DAY_FIRST_LISTED = """
    GB UK IE FR DE ES IT NL BE PT AT CH LU DK NO SE FI PL CZ SK HU RO BG GR AU NZ IN ZA BR MX AR CL CO
    PE SG MY HK
"""
DAY_FIRST = frozenset(_DAY_FIRST_LISTED.split())
"""countries whose people write 05/12 for the fifth of December"""


class Found(NamedTuple):
    """A day in a sentence, and where its words stand."""

    on: date
    begins: int
    ends: int
    is_period: bool = False
    """any day up to and including it"""


@dataclass(frozen=True, slots=True)
class Origin:
    """The day the words were written, and how their writer counts."""

    on: date
    business_days: BusinessCalendar
    day_first: bool = False
    behind: bool = False
    """days without a year lie behind: of a payment already made"""


_WEEKDAYS = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|"
    "sat(?:urday)?|sun(?:day)?"
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_NUMBERS = {
    word: n
    for n, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
        ]
    )
} | {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "twenty": 20, "thirty": 30}
_COUNT = r"\d{1,3}|(?:a )?couple of|(?:a )?few|an?|" + "|".join(word for word in _NUMBERS if " " not in word)
_NTH = r"(\d{1,2})(?:st|nd|rd|th)"
_YEAR = r"(?:,?\s+(20\d\d)|,?\s+'(\d\d)\b)?"


def days(sentence: str, origin: Origin) -> list[Found]:
    """The days it names, in their order; of words that overlap the longest count."""
    text, found = sentence.lower(), list[Found]()
    for pattern, resolve in _PATTERNS:
        for match in pattern.finditer(text):
            overlaps = any(match.start() < one.ends and one.begins < match.end() for one in found)
            on = None if overlaps else _safely(resolve, match, origin)
            if on is not None:
                found.append(Found(on, match.start(), match.end(), resolve in _PERIODS))
    return list(_merged(sorted(found, key=lambda one: one.begins), text))


def _safely(resolve: "_Resolve", match: re.Match[str], origin: Origin) -> date | None:
    try:
        return resolve(match, origin)
    except (ValueError, OverflowError):  # the 31st of November
        return None


def _merged(found: list[Found], text: str) -> Iterator[Found]:
    """ "Friday, December 4" is one day, and the date counts."""
    skip = False
    for place, one in enumerate(found):
        if skip:
            skip = False
            continue
        after = found[place + 1] if place + 1 < len(found) else None
        weekday = re.fullmatch(
            rf"(?:(?:this|next|coming|on)\s+)*(?:{_WEEKDAYS})\.?", text[one.begins : one.ends]
        )
        if after and weekday and re.fullmatch(r"[\s,.(]*(?:the\s+)?", text[one.ends : after.begins]):
            yield after._replace(begins=one.begins)
            skip = True
        else:
            yield one


# Each pattern's resolver


def _iso(match: re.Match[str], origin: Origin) -> date:
    return date(int(match[1]), int(match[2]), int(match[3]))


def _slashed(match: re.Match[str], origin: Origin) -> date | None:
    first, second = int(match[1]), int(match[3])
    dotted = match[2] == "."
    day, month = (first, second) if origin.day_first or dotted or first > 12 else (second, first)
    if month > 12:
        day, month = month, day
    if match[4]:
        year = int(match[4])
        return date(year + 2000 if year < 100 else year, month, day)
    return None if dotted else _near(month, day, origin)


def _month_day(match: re.Match[str], origin: Origin) -> date:
    return _dated(match[1], int(match[2]), match[3] or match[4], origin)


def _day_month(match: re.Match[str], origin: Origin) -> date:
    return _dated(match[2], int(match[1]), match[3] or match[4], origin)


def _dated(month: str, day: int, year: str | None, origin: Origin) -> date:
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), _month(month), day)
    return _near(_month(month), day, origin)


def _nth(match: re.Match[str], origin: Origin) -> date:
    """The first one ahead; behind for what has happened."""
    day = int(match[1])
    if day > 31:
        raise ValueError(day)
    step = timedelta(-1 if origin.behind else 1)
    on = origin.on + step
    while on.day != day:
        on += step
    return on


def _nth_next_month(match: re.Match[str], origin: Origin) -> date:
    month = _month_end(origin.on) + timedelta(1)
    return month.replace(day=int(match[1]))


def _nth_this_month(match: re.Match[str], origin: Origin) -> date:
    return origin.on.replace(day=int(match[1]))


def _weekday(match: re.Match[str], origin: Origin) -> date:
    wanted = _day_of_week(match["weekday"])
    said = match["which"] or ""
    monday = origin.on - timedelta(origin.on.weekday())
    if "last" in said or (origin.behind and "next" not in said):
        back = (origin.on.weekday() - wanted) % 7 or 7
        return origin.on - timedelta(back)
    if "next" in said or match["week"]:
        return monday + timedelta(7 + wanted)
    return origin.on + timedelta((wanted - origin.on.weekday()) % 7 or 7)


def _week_from(match: re.Match[str], origin: Origin) -> date:
    wanted = _day_of_week(match[2])
    first = origin.on + timedelta((wanted - origin.on.weekday()) % 7 or 7)
    return first + timedelta(7 * (_count(match[1]) if match[1] else 1))


def _today(match: re.Match[str], origin: Origin) -> date:
    return origin.on


def _tomorrow(match: re.Match[str], origin: Origin) -> date:
    return origin.on + timedelta(2 if match[0].startswith("the day") else 1)


def _yesterday(match: re.Match[str], origin: Origin) -> date:
    return origin.on - timedelta(1)


def _within(match: re.Match[str], origin: Origin) -> date:
    count, unit = _count(match["count"]), match["unit"]
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


def _ago(match: re.Match[str], origin: Origin) -> date:
    count = _count(match[1])
    return origin.on - timedelta(count * (7 if "week" in match[2] else 1))


def _end_of_week(match: re.Match[str], origin: Origin) -> date:
    friday = origin.on + timedelta(4 - origin.on.weekday())
    late = "next" in match[0] or "following" in match[0] or friday < origin.on
    return friday + timedelta(7 if late else 0)


def _end_of_month(match: re.Match[str], origin: Origin) -> date:
    last = _month_end(origin.on)
    return _month_end(last + timedelta(1)) if "next" in match[0] else last


def _end_of_named(match: re.Match[str], origin: Origin) -> date:
    month = _month(match["month"])
    year = origin.on.year + (month < origin.on.month)
    if match["year"]:
        year = int(match["year"])
    return date(year, month, calendar.monthrange(year, month)[1])


def _middle(match: re.Match[str], origin: Origin) -> date:
    return _near(_month(match[1]), 15, origin)


def _end_of_quarter(match: re.Match[str], origin: Origin) -> date:
    if "year" in match[0]:
        return date(origin.on.year, 12, 31)
    month = (origin.on.month - 1) // 3 * 3 + 3
    return date(origin.on.year, month, calendar.monthrange(origin.on.year, month)[1])


def _last_week(match: re.Match[str], origin: Origin) -> date:
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


def _month(name: str) -> int:
    return ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].index(
        name[:3]
    ) + 1


def _day_of_week(name: str) -> int:
    return ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name[:3])


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


_Resolve = Callable[[re.Match[str], Origin], date | None]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.-]){text}(?![\w])")


_PATTERNS: tuple[tuple[re.Pattern[str], _Resolve], ...] = (
    (_pattern(r"(20\d\d)-(\d\d)-(\d\d)"), _iso),
    (_pattern(r"(\d{1,2})([/.-])(\d{1,2})\2(20\d\d|\d\d)"), _slashed),
    (_pattern(rf"({_MONTHS})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}(?!\s*(?::|%|[.,]\d))"), _month_day),
    (_pattern(rf"(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?({_MONTHS})\.?{_YEAR}"), _day_month),
    (_pattern(rf"(?:the )?{_NTH} (?:of )?next month"), _nth_next_month),
    (_pattern(rf"(?:the )?{_NTH} (?:of )?this month"), _nth_this_month),
    (_pattern(r"(\d{1,2})(/)(\d{1,2})()(?!/)"), _slashed),
    (
        _pattern(
            r"(?:the )?(?:end|close) of (?:the |this |next |the following )?(?:work |business |"
            r"working )?week|eow"
        ),
        _end_of_week,
    ),
    (
        _pattern(rf"(?:the )?end of (?:the month of )?(?P<month>{_MONTHS})(?: (?P<year>20\d\d))?"),
        _end_of_named,
    ),
    (
        _pattern(
            r"(?:the )?(?:end|close|last day) of (?:the |this |next |"
            r"the following )?(?:current )?month|eom|(?:the |this |next )?month[- ]?end"
        ),
        _end_of_month,
    ),
    (_pattern(r"(?:the )?end of (?:the |this )?(?:quarter|year)|(?:quarter|year)[- ]?end"), _end_of_quarter),
    (_pattern(rf"({_COUNT}) weeks? from (?:this )?({_WEEKDAYS})"), _week_from),
    (
        _pattern(
            rf"(?:within|in)(?: the)?(?: next)?(?: about)? (?P<count>{_COUNT})(?:\s?(?:-|–|"
            rf"to) ?(?:\d{{1,2}}))?"
            r"[ -](?P<business>business |working )?(?P<unit>days?|weeks?|months?)(?: time)?"
        ),
        _within,
    ),
    (
        _pattern(
            rf"(?P<count>{_COUNT}) (?P<business>business |working )?(?P<unit>days?|weeks?|months?) "
            "(?:from (?:now|today)|out)"
        ),
        _within,
    ),
    (_pattern(rf"({_COUNT}) (days?|weeks?) ago"), _ago),
    (
        _pattern(
            rf"(?P<which>(?:this|next|last|coming|this coming|on|past|"
            rf"previous)\s+)?(?P<weekday>{_WEEKDAYS})\.?"
            r"(?P<week>,? (?:of )?next week)?"
        ),
        _weekday,
    ),
    (_pattern(rf"(?:the )?{_NTH}"), _nth),
    (_pattern(r"the day after tomorrow|tomorrow|tmrw|tmr"), _tomorrow),
    (
        _pattern(
            r"today|tonight|(?:the )?end of (?:the )?(?:business )?day|eod|cob|close of business|"
            r"this (?:morning|afternoon|evening)"
        ),
        _today,
    ),
    (_pattern(r"yesterday"), _yesterday),
    (_pattern(r"last week|(?:the )?past week"), _last_week),
    (_pattern(r"(?:later |early |sometime |mid )?(?:this|next|the following|coming) week"), _end_of_week),
    (_pattern(rf"mid[- ]({_MONTHS})"), _middle),
    (_pattern(r"(?:later |early |sometime )?(?:this|next|the following) month"), _end_of_month),
    (
        _pattern(rf"(?<=in )(?:early |late )?(?P<month>{_MONTHS})(?: (?P<year>20\d\d))?"),
        _end_of_named,
    ),
)
_PERIODS = frozenset({_end_of_week, _end_of_month, _end_of_named, _end_of_quarter, _within})
