"""Orders to operations: what they are asked to do about a case, committed with the decision, then delivered.

The row is the outbox: it is sent until it is taken, at least once, always under the same id.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ForeignKey, Index, Text, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base

Kind = Literal["suspend", "reinstate", "cancel"]

WAITING = text("delivered_at IS NULL AND ended_at IS NULL")
STANDING = text("ended_at IS NULL")
SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)
"""between two tries: twice as long each time"""


class Order(Base):
    """One request to operations. `body` is what is sent, byte for byte, on every try."""

    __tablename__ = "suspension_orders"
    __table_args__ = (
        Index("ix_suspension_orders_waiting", "next_try_at", postgresql_where=WAITING, sqlite_where=WAITING),
        Index(
            "uq_suspension_orders_standing",
            *("case_id", "kind"),
            unique=True,
            postgresql_where=STANDING,
            sqlite_where=STANDING,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    """the webhook's id, the same on every try"""
    case_id: Mapped[int] = mapped_column(ForeignKey("suspension_cases.id"))
    kind: Mapped[str]
    """suspend, reinstate, or cancel (what was ordered is not to be done)"""
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    """wall time"""
    tries: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """acknowledged, or called off; of a cancel: delivered"""
    ended_how: Mapped[str | None]
    detail: Mapped[str | None]
    """what the last try came to"""


def standing(session: Session, case_id: int, kind: Kind) -> Order | None:
    """The order that operations have not answered yet; no try begins while it is held here."""
    mine = select(Order).where(Order.case_id == case_id, Order.kind == kind, STANDING)
    fresh = mine.with_for_update().execution_options(populate_existing=True)
    return session.scalars(fresh).one_or_none()


def of_case(session: Session, case_id: int) -> Sequence[Order]:
    """Every order about a case, in order."""
    return session.scalars(select(Order).where(Order.case_id == case_id).order_by(Order.created_at)).all()


def due(session: Session, wall: datetime, *, limit: int) -> Sequence[Order]:
    """Orders to send now, the oldest first."""
    query = select(Order).where(WAITING, Order.next_try_at <= wall)
    return session.scalars(query.order_by(Order.next_try_at, Order.id).limit(limit)).all()


def are_waiting(session: Session, wall: datetime) -> bool:
    """Whether one is to be sent now."""
    return bool(due(session, wall, limit=1))


def claim(session: Session, order: Order, *, until: datetime) -> bool:
    """Take an order for one try: whoever is second sees another number of tries and leaves it alone."""
    mine = (Order.id == order.id, Order.tries == order.tries, WAITING)
    claimed = update(Order).where(*mine).values(tries=order.tries + 1, next_try_at=until)
    return bool(session.execute(claimed).rowcount == 1)  # type: ignore[attr-defined]


def delivered(session: Session, order_id: str, *, now: datetime) -> None:
    """Operations have taken it. A cancel needs no answer and is over."""
    session.execute(update(Order).where(Order.id == order_id, WAITING).values(delivered_at=now, detail=None))
    over = update(Order).where(Order.id == order_id, Order.kind == "cancel", STANDING)
    session.execute(over.values(ended_at=now, ended_how="delivered"))


def failed(session: Session, order_id: str, why: str, tries: int, *, wall: datetime) -> None:
    """It goes out again, under the same id."""
    again = wall + min(SOONEST * 2 ** min(tries, 20), LATEST)
    session.execute(update(Order).where(Order.id == order_id, WAITING).values(detail=why, next_try_at=again))


def end(session: Session, order: Order, how: str, *, now: datetime) -> None:
    """Acknowledged, or called off: it is not sent any more."""
    order.ended_at, order.ended_how = now, how
    session.flush()
