"""What Billing or Sales must put right at the source: a PO, an address, a contact, a tax (product.md 4).

A request is closed by the file that shows the new value, and by nothing else; a person may only cancel it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from outreach.ledger import tasks
from outreach.ledger.base import Base, Key
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry, append_many
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import money

OPEN = text("state = 'open'")
What = Literal["po", "tax", "contact", "address"]
WHATS: tuple[What, ...] = get_args(What)
OF_INVOICE: tuple[What, ...] = ("po", "tax")
"""these are about one invoice: its PO number, its gross amount once the tax is right"""
Team = Literal["billing", "sales"]
TEAMS: tuple[Team, ...] = get_args(Team)


class ChangeRequest(Base):
    """One change asked for. `state` is open, closed or canceled."""

    __tablename__ = "change_requests"
    __table_args__ = (
        Index("ix_change_requests_open", "account_id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    what: Mapped[str]
    """po, tax, contact or address"""
    value: Mapped[str]
    """what a file will show: the PO number, the gross amount, a contact's name, phone (E.164) or e-mail, a
    postal code"""
    team: Mapped[str]
    """billing or sales"""
    why: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    asked_by: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    """the file that showed it, or the login of who canceled it"""
    ended_why: Mapped[str | None]


IS_OPEN = ChangeRequest.state == "open"


def task_key(request_id: int) -> str:
    """The key of its owner's task."""
    return f"change:{request_id}"


def listed(
    session: Session, *, everything: bool = False
) -> Sequence[tuple[ChangeRequest, Account, str | None]]:
    """Requests with their account and invoice number, the first due first; without `everything` open ones."""
    query = select(ChangeRequest, Account, Invoice.number).join(
        Account, Account.id == ChangeRequest.account_id
    )
    query = query.outerjoin(Invoice, Invoice.id == ChangeRequest.invoice_id)
    query = query if everything else query.where(IS_OPEN)
    found = session.execute(query.order_by(ChangeRequest.due_on, ChangeRequest.id))
    return [(row[0], row[1], row[2]) for row in found]


def shown(session: Session) -> Sequence[ChangeRequest]:
    """The open requests whose new value the ledger shows."""
    return [request for request, values in _candidates(session) if _shows(request, values)]


def close_shown(session: Session, *, file: str, now: datetime, import_id: int | None = None) -> int:
    """Close what this file shows, with its task; the log names the file. Returns how many."""
    if not (found := shown(session)):
        return 0
    lock_accounts(session, {request.account_id for request in found})
    for request in found:
        end(session, request, "closed", by=file, why="the file shows it", now=now)
    links = {"import": str(import_id)} if import_id else {}
    append_many(session, [_closed(request, file, links, now) for request in found])
    return len(found)


def end(session: Session, request: ChangeRequest, state: str, *, by: str, why: str, now: datetime) -> None:
    """It is closed or canceled, and so is its task. The caller holds the account's lock."""
    request.state, request.ended_at, request.ended_by, request.ended_why = state, now, by, why
    if task := tasks.by_key(session, task_key(request.id)):
        tasks.finish(session, task, by=by, now=now)
    session.flush()


def shows(session: Session, request: ChangeRequest) -> bool:
    """Whether the ledger shows the new value of a request that is written down already."""
    return any(one.id == request.id for one in shown(session))


def _closed(request: ChangeRequest, file: str, links: dict[str, str], now: datetime) -> Entry:
    return Entry(
        at=now,
        actor=file,
        what="change shown",
        account_id=request.account_id,
        text=f"{request.what}: {request.value}",
        links=links | {"change": str(request.id)},
    )


def _candidates(session: Session) -> Iterable[tuple[ChangeRequest, list[str | None]]]:
    """Open requests, each with the values that a file has put where it asks for another."""
    of_invoices = select(ChangeRequest, Invoice).join(Invoice, Invoice.id == ChangeRequest.invoice_id)
    for request, invoice in session.execute(of_invoices.where(IS_OPEN)):
        gross = money.decimal(invoice.gross_minor, invoice.currency)
        yield request, [gross if request.what == "tax" else invoice.po_number]
    phone, email = aliased(Destination), aliased(Destination)
    of_contacts = (
        select(ChangeRequest, Contact.name, phone.address, email.address, Contact.postal_code)
        .join(Contact, Contact.account_id == ChangeRequest.account_id)
        .outerjoin(phone, phone.id == Contact.phone_id)
        .outerjoin(email, email.id == Contact.email_id)
        .where(IS_OPEN, ChangeRequest.invoice_id.is_(None), Contact.left_on.is_(None))
    )
    found: dict[int, tuple[ChangeRequest, list[str | None]]] = {}
    for request, name, number, address, postal_code in session.execute(of_contacts):
        values = [postal_code] if request.what == "address" else [name, number, address]
        found.setdefault(request.id, (request, []))[1].extend(values)
    yield from found.values()


def _shows(request: ChangeRequest, values: Iterable[str | None]) -> bool:
    return any(value and value.strip().casefold() == request.value.casefold() for value in values)
