"""A small ledger written by hand: accounts, invoices, contacts, holds; planned and read in one line each."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.campaigns.planning import planner
from outreach.campaigns.planning.plan_result import PlanResult
from outreach.ledger import firings, policies, touches
from outreach.ledger.base import Base, Ledger
from outreach.ledger.commitments import Hold
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.imports import Import
from outreach.ledger.people import User
from outreach.ledger.plans import LeftOut
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch, TouchFiring

POLICY = """
[organization]
name = "Meridian Supply"
zone = "America/New_York"
"""
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def at(day: date, hour: int = 11) -> datetime:
    """A moment of a day; 11:00 UTC is early in the morning in New York."""
    return datetime.combine(day, time(hour), UTC)


class Book:
    """Everything a plan reads, by a few words. Amounts are whole units of the currency."""

    def __init__(self, ledger: Ledger, policy: str = POLICY, rates: str = "") -> None:
        self.ledger = ledger
        with ledger.writing() as session:
            policies.load(session, policy, actor="test", why="test", now=BEFORE, rates=rates)
        self.rep("ana")

    def add(self, row: Base) -> Any:
        with self.ledger.writing() as session:
            session.add(row)
            session.flush()
            return getattr(row, "id", None)

    def rep(self, login: str, **columns: Any) -> int:
        user = User(login=login, role="rep", name=login.title(), password_hash="-", created_at=BEFORE)
        for name, value in columns.items():
            setattr(user, name, value)
        return int(self.add(user))

    def imported(self, as_of: date) -> None:
        """The ledger is as fresh as this."""
        told = {"source": "ledger", "file_name": "-", "sha256": "-", "form": "snapshot", "actor": "test"}
        self.add(Import(as_of=as_of, state="applied", started_at=at(as_of), **told))

    def account(
        self,
        number: str,
        *,
        rep: str | None = "ana",
        parent: str | None = None,
        phone: str | None = "",
        email: str | None = "",
        timezone: str | None = "America/New_York",
        **columns: Any,
    ) -> int:
        """An account with a contact. Number and address: its own by default, none for None."""
        with self.ledger.writing() as session:
            row = Account(number=number, name=f"{number} Inc.", created_at=BEFORE, **columns)
            row.rep_id = _id(session, User.login, rep) if rep else None
            row.parent_id = _id(session, Account.number, parent) if parent else None
            session.add(row)
            session.flush()
            phone = f"+1212555{row.id:04}" if phone == "" else phone
            email = f"ap@{number.lower()}.example" if email == "" else email
            if phone or email:
                ids = {
                    "phone_id": _destination(session, "phone", phone),
                    "email_id": _destination(session, "email", email),
                }
                session.add(Contact(account_id=row.id, name="Payables", timezone=timezone, **ids))
            return row.id

    def contact(
        self, account: str, *, name: str, phone: str | None = None, email: str | None = None, **columns: Any
    ) -> int:
        """One more contact."""
        with self.ledger.writing() as session:
            columns |= {"phone_id": _destination(session, "phone", phone)}
            columns |= {"email_id": _destination(session, "email", email)}
            account_id = _id(session, Account.number, account)
            row = Contact(account_id=account_id, name=name, timezone="America/New_York", **columns)
            session.add(row)
            session.flush()
            return row.id

    def invoice(
        self,
        account: str,
        number: str,
        due: date,
        amount: int = 1000,
        *,
        settled: Mapping[str, Any] = MappingProxyType({}),
        **columns: Any,
    ) -> int:
        """An open invoice, or with a negative amount a credit; `settled`: what tells that it is none."""
        with self.ledger.reading() as session:
            account_id = _id(session, Account.number, account)
        columns = {
            "kind": "credit" if amount < 0 else "standard",
            "currency": "USD",
            "invoiced_on": due,
        } | columns
        amounts = {"gross_minor": amount * 100, "open_minor": amount * 100, **settled}
        row = Invoice(account_id=account_id, source="ledger", number=number, due_on=due, **amounts, **columns)
        return int(self.add(row))

    def hold(
        self, number: str, kind: str, since: date, *, until: date | None = None, amount: int | None = None
    ) -> int:
        """Hold an invoice, or a part of it."""
        with self.ledger.reading() as session:
            invoice = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        part = None if amount is None else amount * 100
        ids = {"account_id": invoice.account_id, "invoice_id": invoice.id}
        return int(self.add(Hold(kind=kind, since=since, until=until, amount_minor=part, **ids)))

    def change(self, row: type[Base], where: Any, **values: Any) -> None:
        with self.ledger.writing() as session:
            session.execute(update(row).where(where).values(values))

    def pay(self, number: str) -> None:
        self.change(Invoice, Invoice.number == number, open_minor=0)

    def plan(self, day: date, **how: Any) -> PlanResult:
        return planner.plan(self.ledger, day=day, now=at(day), **how)

    def firings(self) -> dict[tuple[str, str], Firing]:
        """(step, subject) -> the newest firing."""
        with self.ledger.reading() as session:
            found = session.scalars(select(Firing).order_by(Firing.id)).all()
        return {(one.step, one.subject): one for one in found}

    def touches(self, day: date | None = None, channel: str | None = None) -> list[Touch]:
        """By day, rank and account."""
        query = select(Touch).order_by(Touch.day, Touch.channel, Touch.rank, Touch.account_id, Touch.n)
        query = query.where(Touch.day == day) if day else query
        query = query.where(Touch.channel == channel) if channel else query
        with self.ledger.reading() as session:
            return list(session.scalars(query))

    def called(self, day: date) -> list[str]:
        """Accounts to be called that day, by rank."""
        query = select(Account.number).join(Touch, Touch.account_id == Account.id)
        query = query.where(Touch.day == day, Touch.channel == "call", Touch.state == "open")
        with self.ledger.reading() as session:
            return list(session.scalars(query.order_by(Touch.rank)))

    def carried(self, touch_id: int) -> set[str]:
        """What a touch carries, as step and subject."""
        query = select(Firing).join(TouchFiring, TouchFiring.firing_id == Firing.id)
        with self.ledger.reading() as session:
            found = session.scalars(query.where(TouchFiring.touch_id == touch_id))
            return {f"{one.step} {one.subject}" for one in found}

    def left_out(self, account: str) -> dict[str, str]:
        """channel -> the rule that runs."""
        query = select(LeftOut.channel, LeftOut.rule).join(Account, Account.id == LeftOut.account_id)
        with self.ledger.reading() as session:
            running = query.where(Account.number == account, LeftOut.until.is_(None))
            return dict(list(session.execute(running)))

    def end(self, touch: Touch, day: date, *, closes: bool) -> None:
        """The touch is done; with `closes` so is that side of all it carried."""
        with self.ledger.writing() as session:
            touches.end(session, [touch.id], "done", "done", now=at(day, 15))
            ids = [one.id for one in touches.firings_of(session, touch.id)]
            side: firings.Side = "call" if touch.channel == "call" else "email"
            if closes:
                firings.end_side(session, ids, side, "done", why="done", on=day)

    def again(self, touch: Touch, day: date, *, tries: int = 1) -> Touch:
        """Nobody answered: the ladder's next call about all that this one carried."""
        self.end(touch, touch.day, closes=False)
        with self.ledger.writing() as session:
            carried = [one for one in touches.firings_of(session, touch.id) if one.call_side == "open"]
            n = touches.next_n(session, touch.account_id, "call", day)
            retry = touches.again(touch, day=day, n=n, not_after=None, now=at(touch.day))
            session.add(retry)
            session.flush()
            touches.carry(session, retry.id, [one.id for one in carried])
            for firing in carried:
                firing.call_again_on, firing.call_rule, firing.tries = day, None, tries
            return retry

    def rows(self) -> Mapping[str, list[str]]:
        """All that plans have written, by table."""
        with self.ledger.reading() as session:
            return {
                one.__tablename__: sorted(repr(row) for row in session.execute(select(one.__table__)))
                for one in PLANNED
            }


PLANNED = (Firing, Touch, TouchFiring, LeftOut, Task)


def _id(session: Session, column: Any, value: str) -> int:
    found: int = session.scalars(select(column.class_.id).where(column == value)).one()
    return found


def _destination(session: Session, kind: str, address: str | None) -> int | None:
    if not address:
        return None
    known = session.scalars(
        select(Destination).where(Destination.kind == kind, Destination.address == address)
    ).first()
    row = known or Destination(kind=kind, address=address, created_at=BEFORE)
    session.add(row)
    session.flush()
    return row.id
