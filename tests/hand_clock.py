"""The business's time and the world's, both moved by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.web.cast import NOW


@dataclass
class HandClock:
    at: datetime = NOW
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.ahead
