"""Row locks, always in one order: account, destination, rep-day (design.md 4).

On SQLite the write transaction is the lock, and these only check the order; on PostgreSQL they are
`SELECT ... FOR UPDATE`, ids ascending, so that two transactions never wait for each other in a ring.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ForeignKey, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.among import among, ids_named
from outreach.ledger.base import Base
from outreach.ledger.destinations import Destination
from outreach.ledger.receivables import Account

_A, _D = Account.__table__.c, Destination.__table__.c
ORDER = ("account", "destination", "rep-day")


class RepDay(Base):
    """One row per rep and day, there only to be locked while the rep's caps are counted."""

    __tablename__ = "rep_days"

    rep_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


class LockOrderError(RuntimeError):
    """A programming error: a transaction that locks a destination before its account can deadlock."""


def lock_accounts(session: Session, ids: Iterable[int]) -> None:
    if _in_order(session, "account"):
        session.execute(_LOCK_ACCOUNTS, {"ids": set(ids)})


def lock_customer(session: Session, account_id: int) -> None:
    """An account and its children: what a customer says is said for all of them."""
    if _in_order(session, "account"):
        session.execute(_LOCK_CUSTOMER, {"id": account_id})


def lock_destinations(session: Session, ids: Iterable[int]) -> None:
    if _in_order(session, "destination"):
        session.execute(_LOCK_DESTINATIONS, {"ids": set(ids)})


def lock_rep_day(session: Session, rep_id: int, day: date) -> None:
    if _in_order(session, "rep-day"):
        session.execute(insert(RepDay).values(rep_id=rep_id, day=day).on_conflict_do_nothing())
        mine = (RepDay.rep_id == rep_id, RepDay.day == day)
        session.execute(select(RepDay.rep_id).where(*mine).with_for_update())


_LOCK_ACCOUNTS = select(_A.id).where(among(_A.id, ids_named("ids"))).order_by(_A.id).with_for_update()
_LOCK_CUSTOMER = (
    select(_A.id)
    .where(or_(_A.id == bindparam("id"), _A.parent_id == bindparam("id")))
    .order_by(_A.id)
    .with_for_update()
)
_LOCK_DESTINATIONS = select(_D.id).where(among(_D.id, ids_named("ids"))).order_by(_D.id).with_for_update()


def _in_order(session: Session, kind: str) -> bool:
    """True where rows must be locked at all."""
    rank = ORDER.index(kind)
    if rank < session.info.get("locked", 0):
        raise LockOrderError(f"lock the {kind} before the {ORDER[session.info['locked']]}")
    session.info["locked"] = rank
    return session.get_bind().dialect.name != "sqlite"
