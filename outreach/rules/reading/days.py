"""Days and periods that English words name, seen from the day they were written on (product.md 4)."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from outreach.rules.reading import day_rules as rule
from outreach.rules.reading.day_names import COUNT, MONTHS, WEEKDAYS
from outreach.rules.reading.day_rules import Rule
from outreach.rules.reading.origin import Origin

_NTH = r"(\d{1,2})(?:st|nd|rd|th)"
_YEAR = r"(?:,?\s+(20\d\d)|,?\s+'(\d\d)\b)?"


class Found(NamedTuple):
    """A day in a sentence, and where its words stand."""

    on: date
    begins: int
    ends: int
    is_period: bool = False
    """any day up to and including it"""


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


def _safely(resolve: Rule, match: re.Match[str], origin: Origin) -> date | None:
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
            rf"(?:(?:this|next|coming|on)\s+)*(?:{WEEKDAYS})\.?", text[one.begins : one.ends]
        )
        if after and weekday and re.fullmatch(r"[\s,.(]*(?:the\s+)?", text[one.ends : after.begins]):
            yield after._replace(begins=one.begins)
            skip = True
        else:
            yield one


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.-]){text}(?![\w])")


_PATTERNS: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (_pattern(r"(20\d\d)-(\d\d)-(\d\d)"), rule.iso),
    (_pattern(r"(\d{1,2})([/.-])(\d{1,2})\2(20\d\d|\d\d)"), rule.slashed),
    (_pattern(rf"({MONTHS})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}(?!\s*(?::|%|[.,]\d))"), rule.month_day),
    (
        _pattern(rf"(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?({MONTHS})\.?{_YEAR}"),
        rule.day_month,
    ),
    (_pattern(rf"(?:the )?{_NTH} (?:of )?next month"), rule.nth_next_month),
    (_pattern(rf"(?:the )?{_NTH} (?:of )?this month"), rule.nth_this_month),
    (_pattern(r"(\d{1,2})(/)(\d{1,2})()(?!/)"), rule.slashed),
    (
        _pattern(
            r"(?:the )?(?:end|close) of (?:the |this |next |the following )?(?:work |business |"
            r"working )?week|eow"
        ),
        rule.end_of_week,
    ),
    (
        _pattern(rf"(?:the )?end of (?:the month of )?(?P<month>{MONTHS})(?: (?P<year>20\d\d))?"),
        rule.end_of_named,
    ),
    (
        _pattern(
            r"(?:the )?(?:end|close|last day) of (?:the |this |next |"
            r"the following )?(?:current )?month|eom|(?:the |this |next )?month[- ]?end"
        ),
        rule.end_of_month,
    ),
    (
        _pattern(r"(?:the )?end of (?:the |this )?(?:quarter|year)|(?:quarter|year)[- ]?end"),
        rule.end_of_quarter,
    ),
    (_pattern(rf"({COUNT}) weeks? from (?:this )?({WEEKDAYS})"), rule.week_from),
    (
        _pattern(
            rf"(?:within|in)(?: the)?(?: next)?(?: about)? (?P<count>{COUNT})(?:\s?(?:-|–|"
            rf"to) ?(?:\d{{1,2}}))?"
            r"[ -](?P<business>business |working )?(?P<unit>days?|weeks?|months?)(?: time)?"
        ),
        rule.within,
    ),
    (
        _pattern(
            rf"(?P<count>{COUNT}) (?P<business>business |working )?(?P<unit>days?|weeks?|months?) "
            "(?:from (?:now|today)|out)"
        ),
        rule.within,
    ),
    (_pattern(rf"({COUNT}) (days?|weeks?) ago"), rule.ago),
    (
        _pattern(
            rf"(?P<which>(?:this|next|last|coming|this coming|on|past|"
            rf"previous)\s+)?(?P<weekday>{WEEKDAYS})\.?"
            r"(?P<week>,? (?:of )?next week)?"
        ),
        rule.weekday,
    ),
    (_pattern(rf"(?:the )?{_NTH}"), rule.nth),
    (_pattern(r"the day after tomorrow|tomorrow|tmrw|tmr"), rule.tomorrow),
    (
        _pattern(
            r"today|tonight|(?:the )?end of (?:the )?(?:business )?day|eod|cob|close of business|"
            r"this (?:morning|afternoon|evening)"
        ),
        rule.today,
    ),
    (_pattern(r"yesterday"), rule.yesterday),
    (_pattern(r"last week|(?:the )?past week"), rule.last_week),
    (_pattern(r"(?:later |early |sometime |mid )?(?:this|next|the following|coming) week"), rule.end_of_week),
    (_pattern(rf"mid[- ]({MONTHS})"), rule.middle),
    (_pattern(r"(?:later |early |sometime )?(?:this|next|the following) month"), rule.end_of_month),
    (
        _pattern(rf"(?<=in )(?:early |late )?(?P<month>{MONTHS})(?: (?P<year>20\d\d))?"),
        rule.end_of_named,
    ),
)
_PERIODS = frozenset(
    {rule.end_of_week, rule.end_of_month, rule.end_of_named, rule.end_of_quarter, rule.within}
)
