"""Who does what is to be done once: leases on runs, idempotent by business date."""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base


class Lease(Base):
    """A named piece of work, such as `plan:2026-11-23`: held until `until`, over once `done_at` is set."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
    done_at: Mapped[datetime | None]


def take(session: Session, name: str, *, holder: str, until: datetime, now: datetime) -> bool:
    """True if `holder` has the lease now: it was free, or its holder let it run out, and it is not done."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(Lease).values(name=name, holder=holder, until=until, done_at=None)
    if session.execute(fresh.on_conflict_do_nothing()).rowcount == 1:  # type: ignore[attr-defined]
        return True
    free = or_(Lease.until <= now, Lease.holder == holder)
    claim = update(Lease).where(Lease.name == name, Lease.done_at.is_(None), free)
    return bool(session.execute(claim.values(holder=holder, until=until)).rowcount == 1)  # type: ignore[attr-defined]


def finish(session: Session, name: str, *, holder: str, now: datetime) -> None:
    session.execute(update(Lease).where(Lease.name == name, Lease.holder == holder).values(done_at=now))


def is_done(session: Session, name: str) -> bool:
    """True once somebody has finished it."""
    row = session.get(Lease, name)
    return row is not None and row.done_at is not None


def done_of(session: Session, name: str) -> list[str]:
    """Those that are finished of a piece of work and its repetitions, such as plan:2026-11-23 and
    plan:2026-11-23T10:15."""
    done = select(Lease.name).where(Lease.done_at.is_not(None), Lease.name.between(name, f"{name}U"))
    return [one for one in session.scalars(done) if one == name or one.startswith(f"{name}T")]


def is_held(session: Session, name: str, now: datetime) -> bool:
    """True while somebody is at it."""
    row = session.get(Lease, name)
    return row is not None and row.done_at is None and row.until > now


def renew(session: Session, name: str, *, holder: str, until: datetime) -> bool:
    """True if `holder` still has the lease, now until `until`; False once somebody else took it."""
    ours = update(Lease).where(Lease.name == name, Lease.holder == holder, Lease.done_at.is_(None))
    return bool(session.execute(ours.values(until=until)).rowcount == 1)  # type: ignore[attr-defined]


def release(session: Session, name: str, *, holder: str) -> None:
    """Let go of work that will come again, such as imports of one source: nothing of the lease remains."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
