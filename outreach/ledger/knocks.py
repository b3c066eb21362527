"""Posts of mail whose token is none of ours: counted by day, for `outreach doctor`."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base


class Knock(Base):
    """One row a day (UTC), however many there were."""

    __tablename__ = "knocks"

    day: Mapped[date] = mapped_column(primary_key=True)
    times: Mapped[int]
    last_at: Mapped[datetime]


def count(session: Session, wall: datetime) -> None:
    """One more."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    first = dialect.insert(Knock).values(day=wall.date(), times=1, last_at=wall)
    again = {"times": Knock.times + 1, "last_at": wall}
    session.execute(first.on_conflict_do_update(index_elements=["day"], set_=again))


def lately(session: Session, wall: datetime, days: int = 7) -> tuple[int, datetime | None]:
    """How many of the last days, and when the last one came."""
    query = select(func.coalesce(func.sum(Knock.times), 0), func.max(Knock.last_at))
    times, last_at = session.execute(query.where(Knock.day > wall.date() - timedelta(days))).one()
    return int(times), last_at
