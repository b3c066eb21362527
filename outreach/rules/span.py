"""A part of a day: two clock times."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo


def clock_time(text: str) -> time:
    """`"15:00"` -> 15:00. Raises ValueError."""
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  # a time of day has no date


@dataclass(frozen=True, slots=True)
class Span:
    """From `opens` (included) to `closes` (not), on one day; written `08:00-17:00`."""

    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Raises ValueError for anything but two times, the earlier one first."""
        opens, _, closes = text.partition("-")
        span = cls(clock_time(opens.strip()), clock_time(closes.strip()))
        if span.opens >= span.closes:
            raise ValueError(f"{text} ends before it begins")
        return span

    def on(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        """Its two moments on a day of a zone, in UTC."""
        opens, closes = (datetime.combine(day, at, zone).astimezone(UTC) for at in (self.opens, self.closes))
        return opens, closes

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"
