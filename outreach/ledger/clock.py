"""What time it is for the business: the wall clock; in the demo a row that every process reads."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Ledger


class Clock(Protocol):
    """`now` is the business's time, `wall` the world's; both UTC. They differ only in the demo."""

    def now(self) -> datetime: ...
    def wall(self) -> datetime: ...


class WallClock:
    """The clock of every real installation."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wall(self) -> datetime:
        return datetime.now(UTC)


class ClockShift(Base):
    """The demo's one row: how far the business's time is ahead of the world's."""

    __tablename__ = "clock_shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    microseconds: Mapped[int] = mapped_column(BigInteger)


class ShiftedClock:
    """The demo's clock. It reads the row again after `stale` seconds, so that all processes move together."""

    def __init__(self, ledger: Ledger, stale: float = 0.2) -> None:
        self._ledger, self._stale = ledger, stale
        self._shift, self._read_at = timedelta(0), float("-inf")

    def now(self) -> datetime:
        if time.monotonic() - self._read_at > self._stale:
            with self._ledger.reading() as session:
                self._shift = shift(session)
            self._read_at = time.monotonic()
        return self.wall() + self._shift

    def wall(self) -> datetime:
        return datetime.now(UTC)


def shift(session: Session) -> timedelta:
    row = session.get(ClockShift, 1)
    return timedelta(microseconds=row.microseconds if row else 0)


def database_time(session: Session) -> datetime:
    """The database's own wall clock. SQLite has none but this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


def is_shifted(session: Session) -> bool:
    return session.get(ClockShift, 1) is not None


def set_shift(session: Session, by: timedelta) -> None:
    session.merge(ClockShift(id=1, microseconds=by // timedelta(microseconds=1)))
    session.flush()
