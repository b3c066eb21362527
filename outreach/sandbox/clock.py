"""Time in the sandbox: wall-clock, in which people and mail servers live faster than in life."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """`speed` seconds of a life (ringing, talking, a mail server's patience) pass in one real second."""

    speed: float = 300.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def real(self, seconds: float) -> float:
        """The real seconds that so many seconds of a life take."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real(seconds))
