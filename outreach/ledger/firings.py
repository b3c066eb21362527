"""Firings: a step's reason to act, once per account, step, subject and cycle (product.md 2)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key

OPEN = text("state = 'open'")

Side = Literal["call", "email"]
SideEnd = Literal["done", "unreached"]


class Firing(Base):
    """Open until every side its step names has ended; superseded or lapsed with a reason; never silent."""

    __tablename__ = "firings"
    __table_args__ = (
        UniqueConstraint("account_id", "step", "subject", "cycle"),
        Index("ix_firings_open", "account_id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    step: Mapped[str]
    subject: Mapped[str]
    """the invoice's number, the account's number, or the item's id"""
    cycle: Mapped[str]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    fired_on: Mapped[date]
    raw_on: Mapped[date]
    """the day the step became true"""
    touch_on: Mapped[date]
    """the business day its touches are dated"""
    days_past_due: Mapped[int | None]
    run: Mapped[int | None]
    """of overdue_31: which week of an unbroken run it is, from 1"""
    state: Mapped[str] = mapped_column(default="open")
    """open, done, superseded, lapsed"""
    call_side: Mapped[str] = mapped_column(default="none")
    email_side: Mapped[str] = mapped_column(default="none")
    """none (the step has no such side), open, done, unreached"""
    call_rule: Mapped[str | None]
    email_rule: Mapped[str | None]
    """why a side that is open has no touch, in the gate's words; None while it has one"""
    tries: Mapped[int] = mapped_column(default=0)
    """attempts that rang for it"""
    emails: Mapped[int] = mapped_column(default=0)
    """letters accepted for it: its next place"""
    call_again_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    ended_why: Mapped[str | None]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    created_at: Mapped[datetime]


def end_side(
    session: Session, firing_ids: Iterable[int], side: Side, how: SideEnd, *, why: str, on: date
) -> None:
    """End one side of these firings where it is open. A firing is done when no side of it is open."""
    mine = Firing.id.in_(list(firing_ids))
    state, rule = (
        (Firing.call_side, Firing.call_rule) if side == "call" else (Firing.email_side, Firing.email_rule)
    )
    session.execute(
        update(Firing).where(mine, Firing.state == "open", state == "open").values({state: how, rule: None})
    )
    all_ended = (Firing.call_side != "open", Firing.email_side != "open")
    session.execute(
        update(Firing)
        .where(mine, Firing.state == "open", *all_ended)
        .values(state="done", ended_on=on, ended_why=why)
    )


def superseded_by(session: Session, firing: Firing) -> Sequence[int]:
    """What was still to be called about of a weekly firing's step when it fired."""
    same = (Firing.account_id == firing.account_id, Firing.step == firing.step, Firing.call_side == "open")
    at_once = (Firing.state == "superseded", Firing.ended_on == firing.fired_on)
    return session.scalars(select(Firing.id).where(*same, *at_once)).all()


def count_ring(session: Session, firing_ids: Iterable[int]) -> None:
    """An attempt rang for these firings: at most three may (product.md 2)."""
    session.execute(update(Firing).where(Firing.id.in_(list(firing_ids))).values(tries=Firing.tries + 1))


def count_letter(session: Session, firing_ids: Iterable[int]) -> None:
    """A letter was accepted for these firings: their next place is the one after it."""
    session.execute(update(Firing).where(Firing.id.in_(list(firing_ids))).values(emails=Firing.emails + 1))


def hold_email(session: Session, firing_id: int, rule: str) -> None:
    """Say why its email side, which stays open, has no letter."""
    mine = (Firing.id == firing_id, Firing.email_side == "open")
    session.execute(update(Firing).where(*mine).values(email_rule=rule))
