"""When a customer pays: their pay runs and the cut-off before each (product.md 4, payment policy)."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from outreach.rules.calendar import DAY, BusinessCalendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NOON = time(12)
AHEAD = 1
"""business days before a cut-off on which a call still comes before it"""
_LONGEST = timedelta(days=45)
"""between two runs: a month, rolled over a long weekend"""


@dataclass(frozen=True, slots=True)
class PayRuns:
    """The weekdays (Monday is 0) and days of the month on which they pay, and when an invoice must be in.

    A run on a closed day is on the next business day; the 31st is the last day of any month.
    """

    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    cut_off_days: int = 1
    """business days before the run"""
    cut_off_at: time = NOON
    """in the organization's zone"""

    @classmethod
    def parse(cls, text: str, cut_off_days: int = 1, cut_off_at: time = NOON) -> "PayRuns":
        """`"thu"`, `"mon,thu"`, `"15,31"`. Raises ValueError with how to write it."""
        weekdays, month_days = set(), set()
        for word in filter(None, (part.strip().casefold() for part in text.split(","))):
            if word[:3] in WEEKDAYS and word.isalpha():
                weekdays.add(WEEKDAYS.index(word[:3]))
            elif word.isascii() and word.isdigit() and 1 <= int(word) <= 31:
                month_days.add(int(word))
            else:
                raise ValueError(f"{word!r} is no pay-run day: write weekdays as mon,thu or days as 15,31")
        if not weekdays and not month_days:
            raise ValueError(
                "name the days of the pay run: weekdays as mon,thu or days of the month as 15,31"
            )
        return cls(tuple(sorted(weekdays)), tuple(sorted(month_days)), cut_off_days, cut_off_at)

    def __str__(self) -> str:
        return ",".join([*(WEEKDAYS[one] for one in self.weekdays), *map(str, self.month_days)])

    def cut_off(self, run: date, calendar: BusinessCalendar) -> date:
        """The day by whose `cut_off_at` an invoice must be in for a run."""
        return calendar.add_business_days(run, -self.cut_off_days)

    def expected(self, due_on: date, on: date, calendar: BusinessCalendar) -> date:
        """When what is due then will be paid, seen from `on`: the first run after the due date for which it
        is not too late."""
        runs = self._runs(max(due_on, on), calendar)
        return next(run for run in runs if run > due_on and self.cut_off(run, calendar) >= on)

    def coming(self, on: date, calendar: BusinessCalendar) -> date:
        """The run whose cut-off is the next one on or after a date."""
        return next(run for run in self._runs(on, calendar) if self.cut_off(run, calendar) >= on)

    def before_cut_off(self, on: date, calendar: BusinessCalendar) -> str | None:
        """Why a call on this date comes first: the cut-off is then or on the next business day. None: it
        does not."""
        run = self.coming(on, calendar)
        cut_off = self.cut_off(run, calendar)
        return self.words(run, cut_off) if cut_off <= calendar.add_business_days(on, AHEAD) else None

    def words(self, run: date, cut_off: date) -> str:
        """`"pay run Thursday, cut-off Wednesday noon"`."""
        at = "noon" if self.cut_off_at == NOON else f"{self.cut_off_at:%H:%M}"
        return f"pay run {run:%A}, cut-off {cut_off:%A} {at}"

    def _runs(self, on: date, calendar: BusinessCalendar) -> Iterator[date]:
        """Runs in order, from before a date on: one that was rolled forward may lie after it."""
        day = on - _LONGEST
        while True:
            if self._is_run(day):
                yield calendar.roll_forward(day)
            day += DAY

    def _is_run(self, day: date) -> bool:
        last = monthrange(day.year, day.month)[1]
        return day.weekday() in self.weekdays or any(day.day == min(one, last) for one in self.month_days)
