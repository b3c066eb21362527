"""The inbox of the door: every provider event exactly once, raw, before anything is done about it (P3)."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Index, LargeBinary, UniqueConstraint, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key

WAITING = text("state IN ('new', 'waiting')")
FOR_A_PERSON = text("state IN ('parked', 'quarantined')")
PATIENCE = timedelta(minutes=15)
"""how long an event may wait for its attempt or letter before a person must look"""
MOST_TRIES = 5
"""after so many failures of our own the event is parked: one poisoned row must not be tried for ever"""


class Event(Base):
    """A provider's report. States: new, waiting (its attempt is not known yet), digested, parked (a person
    must look), quarantined (signed but stale or unreadable), late."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("provider", "key"),
        UniqueConstraint("provider", "also"),
        Index("ix_events_waiting", "next_try_at", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_events_for_a_person", "id", postgresql_where=FOR_A_PERSON, sqlite_where=FOR_A_PERSON),
        Index("ix_events_about", "about"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider: Mapped[str]
    key: Mapped[str]
    """what makes two posts the same event; named by webhooks/<provider>"""
    also: Mapped[str | None]
    """a second key, of a provider whose own is not to be trusted: either makes it the same event"""
    kind: Mapped[str]
    about: Mapped[str | None]
    """the attempt or letter it speaks of, if it says so"""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[str | None]
    """what we answered (TwiML), given again to the same question"""
    state: Mapped[str] = mapped_column(default="new")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    detail: Mapped[str | None]
    received_at: Mapped[datetime]
    digested_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event as it came: `key` (or `also`) makes two posts the same event, `about` is what it speaks of."""

    key: str
    kind: str
    about: str | None
    body: bytes = field(repr=False)
    also: str | None = None


def store(session: Session, provider: str, arrival: Arrival, *, wall: datetime) -> tuple[Event, bool]:
    """The row of this event, and whether it is new. Of two posts at once the second waits here."""
    is_new = store_many(session, provider, [arrival], wall=wall) == 1
    query = select(Event).where(Event.provider == provider, Event.key == arrival.key)
    return session.scalars(query).one(), is_new


def store_many(
    session: Session,
    provider: str,
    arrivals: Iterable[Arrival],
    *,
    wall: datetime,
    state: str = "new",
    detail: str | None = None,
) -> int:
    """Store what is not known yet. Returns how many that were."""
    came: dict[str, object] = {"provider": provider, "state": state, "detail": detail, "tries": 0}
    came |= {"received_at": wall, "next_try_at": wall}
    rows = [asdict(arrival) | came for arrival in arrivals]
    if not rows:
        return 0
    # Not through the ORM: the door pays this for each post, and needs no objects.
    connection = session.connection()
    return len(connection.execute(_INSERT[connection.dialect.name], rows).all())


def due(session: Session, wall: datetime, *, limit: int) -> Sequence[tuple[int, str]]:
    """Events to digest now, in the order they came, each with its provider."""
    query = select(Event.id, Event.provider).where(WAITING, Event.next_try_at <= wall)
    rows = session.execute(query.order_by(Event.id).limit(limit))
    return [(event_id, provider) for event_id, provider in rows]


def undigested(session: Session, event_id: int) -> Event | None:
    """The event as it stands, for nobody alone; None once it is digested."""
    return session.scalars(select(Event).where(Event.id == event_id, WAITING)).one_or_none()


def take(session: Session, event_id: int) -> Event | None:
    """The event, for this transaction alone; None if another has taken or digested it."""
    query = select(Event).where(Event.id == event_id, WAITING).with_for_update(skip_locked=True)
    return session.scalars(query).one_or_none()


def digested(event: Event, wall: datetime, *, state: str = "digested") -> None:
    event.state, event.digested_at = state, wall


def wait(event: Event, wall: datetime) -> bool:
    """Its attempt is not known yet: try again soon. False once it has waited long enough, and is parked."""
    if wall - event.received_at >= PATIENCE:
        event.state, event.detail = "parked", "nothing is known of what it speaks of"
        return False
    event.state, event.tries = "waiting", event.tries + 1
    event.next_try_at = wall + min(timedelta(seconds=2**event.tries), timedelta(minutes=1))
    return True


def failed(event: Event, why: str, wall: datetime) -> bool:
    """Digesting it went wrong on our side. False once it has failed often enough, and is parked."""
    event.tries, event.detail = event.tries + 1, why
    event.next_try_at = wall + timedelta(seconds=10 * event.tries)
    if event.tries >= MOST_TRIES:
        event.state = "parked"
    return event.state != "parked"


_INSERT = {
    name: dialect.insert(Event.__table__).on_conflict_do_nothing().returning(Event.__table__.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
