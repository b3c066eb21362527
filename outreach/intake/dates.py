"""Dates as files write them. What `03/04/2026` means is inferred over a whole file, never per cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import combinations

from outreach.intake.problems import BadCell, FileRefused

FIRST_YEAR, LAST_YEAR = 1970, 2100
STRAY_SHARE = 0.01
"""date texts of another order up to this share are bad cells; beyond it the file mixes two orders"""
_REMEMBERED = 1 << 16

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AP]M|Z|UTC|[+-]\d{2}:?\d{2})?)?"
_FLAGS = re.IGNORECASE | re.ASCII
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_TIME}", _FLAGS)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:\.0)?", _FLAGS)
_MONTH_FIRST = re.compile(rf"{_MONTH}\s*(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_TIME}", _FLAGS)
_DAY_FIRST = re.compile(rf"(?P<day>\d{{1,2}})[\s-]*{_MONTH}[,\s-]*(?P<year>\d{{4}}){_TIME}", _FLAGS)
_NUMERIC = re.compile(rf"(\d{{1,2}})([/.\-])(\d{{1,2}})\2(\d{{4}}|\d{{1,2}}){_TIME}", _FLAGS)
_AS_OF = re.compile(r"\bas\s+(?:of|at)\b:?\s*(?P<date>\S.*)", _FLAGS)


class DateOrder(StrEnum):
    """Which part of a numeric date comes first."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


@lru_cache(maxsize=_REMEMBERED)
def parse_date(text: str, order: DateOrder) -> date:
    """The day a cell names. Raises BadCell for what is no day from 1970 to 2100 when read in this order."""
    day = _unmistakable(text) or _numeric(text, order)
    if day is None:
        raise BadCell(f"not a date in the order {order}")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadCell(f"the year is not between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def as_of_in_title(cells: list[str]) -> str | None:
    """What follows "as of" in a title row, in the same cell or the next: the date, or the words themselves if
    there is no date in them."""
    for cell in (*cells, " ".join(filter(None, cells))):
        if found := _AS_OF.search(cell):
            dates = (form.search(found["date"]) for form in (_YEAR_FIRST, _MONTH_FIRST, _DAY_FIRST, _NUMERIC))
            return next((date[0] for date in dates if date), found["date"])
    return None


@dataclass
class DateEvidence:
    """What the date cells of a file say about their order. Feed every cell to `note`, then ask `order`."""

    seen: set[str] = field(default_factory=set)
    counts: dict[DateOrder, int] = field(default_factory=lambda: dict.fromkeys(DateOrder, 0))
    total: int = 0
    differing: dict[tuple[DateOrder, DateOrder], tuple[int, str]] = field(default_factory=dict)
    """the first line and text that two orders read as two days"""

    def note(self, text: str, line: int) -> None:
        """Remember which orders fit this cell. The same text twice is the same evidence."""
        if not text or text in self.seen:
            return
        if len(self.seen) < _REMEMBERED:
            self.seen.add(text)
        days = {order: day for order in DateOrder if (day := _numeric(text, order)) is not None}
        self.total += bool(days)
        for order in days:
            self.counts[order] += 1
        for pair in combinations(days, 2):
            if days[pair[0]] != days[pair[1]]:
                self.differing.setdefault(pair, (line, text))

    def order(self) -> DateOrder:
        """The one order that fits. Raises FileRefused when two do, or when the file mixes two."""
        if self.total == 0:
            return DateOrder.YMD
        best = max(self.counts.values())
        if best < self.total * (1 - STRAY_SHARE):
            raise FileRefused(
                "The dates are written in more than one order; say which holds with --date-order "
                "ymd, dmy or mdy, and the cells that do not fit it are reported."
            )
        fitting = [order for order, count in self.counts.items() if count == best]
        for pair in combinations(fitting, 2):
            if pair in self.differing:
                raise FileRefused(_two_ways(*self.differing[pair], fitting))
        return fitting[-1]


def _two_ways(line: int, text: str, orders: list[DateOrder]) -> str:
    readings = " or ".join(f"{day:%Y-%m-%d}" for order in orders if (day := _numeric(text, order)))
    ways = " or ".join(f"--date-order {order}" for order in orders)
    return f"The dates can be read two ways (line {line}: {text} is {readings}); say which with {ways}."


def _unmistakable(text: str) -> date | None:
    for pattern in (_YEAR_FIRST, _MONTH_FIRST, _DAY_FIRST, _COMPACT):
        if found := pattern.fullmatch(text):
            name = found["month"].lower()
            month = int(name) if name.isdigit() else _MONTHS.index(name[:3]) + 1
            return _day(int(found["year"]), month, int(found["day"]))
    return None


def _numeric(text: str, order: DateOrder) -> date | None:
    found = _NUMERIC.fullmatch(text)
    if not found:
        return None
    parts = dict(zip(order.value, (found[1], found[3], found[4]), strict=True))
    year, month, day = parts["y"], parts["m"], parts["d"]
    if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2:
        return None
    return _day(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
