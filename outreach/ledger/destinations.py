"""Where a message can go: one row per E.164 number or normalized address, over all accounts."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.receivables import Account


class Destination(Base):
    """A number or an address and what we know against using it. Locked before anything goes out to it."""

    __tablename__ = "destinations"
    __table_args__ = (UniqueConstraint("kind", "address"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str]
    """phone or email"""
    address: Mapped[str]
    """E.164, or the address in lower case"""
    zones: Mapped[str | None]
    """IANA zones of the number, space-separated, worked out at import; None: unknown"""
    not_allowed: Mapped[str | None]
    """why it may not be dialled or written to, by the policy `judged_by` (reach.judge)"""
    judged_by: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    line_type: Mapped[str | None]
    suppressed_at: Mapped[datetime | None]
    suppressed_why: Mapped[str | None]
    bad_at: Mapped[datetime | None]
    bad_why: Mapped[str | None]
    mailed_on: Mapped[date | None]
    """the day of the last dunning letter, automatic or by hand: the 3-day gap counts from it"""
    created_at: Mapped[datetime]


class Contact(Base):
    """A person at an account. The lowest `rank` whose purposes fit is used (interface.md, contacts)."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("account_id", "name", "phone_id", "email_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    role: Mapped[str | None]
    rank: Mapped[int] = mapped_column(default=1)
    """the file's column `order`"""
    purposes: Mapped[str] = mapped_column(default="")
    """space-separated of calls, dunning, statements, final, suspension; empty: all"""
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("destinations.id"), index=True)
    extension: Mapped[str | None]
    email_id: Mapped[int | None] = mapped_column(ForeignKey("destinations.id"), index=True)
    country: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    timezone: Mapped[str | None]
    language: Mapped[str | None]
    do_not_call: Mapped[bool] = mapped_column(default=False)
    do_not_mail: Mapped[bool] = mapped_column(default=False)
    left_on: Mapped[date | None]
    """wrong person or left the company: never used again, never deleted"""


def mark_bad(destination: Destination, why: str, *, now: datetime) -> bool:
    """Nobody is reached there; the first reason stays. False: it was known. The caller holds its lock."""
    if destination.bad_at is not None:
        return False
    destination.bad_at, destination.bad_why = now, why
    return True


def suppress(destination: Destination, why: str, *, now: datetime) -> bool:
    """Whoever is there wants no more; the first reason stays. False: it was known."""
    if destination.suppressed_at is not None:
        return False
    destination.suppressed_at, destination.suppressed_why = now, why
    return True


def without_contact(session: Session) -> list[str]:
    """The numbers of accounts that nobody is known at."""
    known = select(Contact.account_id).where(Contact.account_id == Account.id)
    return list(session.scalars(select(Account.number).where(~known.exists()).order_by(Account.number)))
