"""Accounts, their invoices and credits, and what was applied to them.

Amounts are integer minor units of the row's currency. A credit memo or unapplied receipt is an invoice row of
kind `credit` or `receipt` with a negative amount: it ages by its own date and the buckets sum to the ledger.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    case,
    false,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key

OPEN = text("open_minor <> 0")
RECEIVED = text("received_on IS NOT NULL")


class Account(Base):
    """A customer, or a child of one (product.md 1). `number` is the id people and files know it by."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    rep_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    legal_hold_on: Mapped[date | None]
    insolvent_on: Mapped[date | None]
    agency_on: Mapped[date | None]
    reached_on: Mapped[date | None]
    """The last conversation or voicemail: "last contact" in the queue's order."""
    rang_on: Mapped[date | None]
    """The last call that rang: every ninth place belongs to those quiet for 30 days."""
    routinely_late: Mapped[bool] = mapped_column(default=False, server_default=false())
    """by the newest figures of the book (ledger.lateness): reminded before the due day, too"""
    broken_on: Mapped[date | None]
    """A promise of theirs was found broken that day, and there has been no conversation or promise since."""
    created_at: Mapped[datetime]


BARS = (
    (Account.legal_hold_on, "legal hold"),
    (Account.insolvent_on, "insolvency"),
    (Account.agency_on, "outside agency"),
)
BAR = case(*((since.is_not(None), bar) for since, bar in BARS), else_="")
"""why nobody may contact the account at all; empty: nothing of the kind"""


class Invoice(Base):
    """One document. `open_minor` is what is open by all that is known now; `ladder` is the highest rung
    (rules.steps) recorded for the current cycle, moved by compare-and-set in the plan's transaction."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("account_id", "source", "number"),
        Index("ix_invoices_number", "number"),  # a reply names invoices, and not whose they are
        # All that the fold reads: a plan over a million invoices never looks at the rows themselves.
        Index(
            "ix_invoices_open",
            *("account_id", "currency", "due_on", "open_minor", "kind", "ladder", "service_month"),
            postgresql_where=OPEN,
            sqlite_where=OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    source: Mapped[str]
    number: Mapped[str]
    kind: Mapped[str] = mapped_column(default="standard")
    """standard, mrr, final; credit or receipt for what we owe them"""
    kind_by: Mapped[str | None]
    """column: a file said so; rule: the policy's rules do, and may say otherwise tomorrow; None: nobody"""
    invoiced_on: Mapped[date]
    due_on: Mapped[date]
    service_month: Mapped[date | None]
    """the first day of the month served (mrr only)"""
    currency: Mapped[str]
    gross_minor: Mapped[int] = mapped_column(BigInteger)
    open_minor: Mapped[int] = mapped_column(BigInteger)
    reopened: Mapped[int] = mapped_column(default=0)
    ladder: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]
    closed_why: Mapped[str | None]
    receipt_confirmed_on: Mapped[date | None]
    first_seen_on: Mapped[date | None]
    """`as_of` of the earliest snapshot that held it; None: none did, so it cannot vanish from one"""
    po_number: Mapped[str | None]


class Application(Base):
    """A payment or credit applied to an invoice. Append-only: any past day's figure can be told again."""

    __tablename__ = "applications"
    __table_args__ = (
        Index("ix_applications_invoice", "invoice_id", "dated_on"),
        Index("ix_applications_received", "received_on", postgresql_where=RECEIVED, sqlite_where=RECEIVED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """positive reduces what is open; a bounced payment is negative"""
    kind: Mapped[str]
    """payment, credit, vanished, reversal; opening: paid before the first file, the day unknown;
    restated: what another file dates otherwise (these cancel out)"""
    dated_on: Mapped[date]
    """the day it was applied"""
    received_on: Mapped[date | None]
    """the day it came in, where a file says so of a payment"""
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    recorded_at: Mapped[datetime]


def applications_of(session: Session, invoice_ids: Collection[int]) -> Mapping[int, list[Application]]:
    """Invoice id -> what was applied to it, by date."""
    query = select(Application).where(Application.invoice_id.in_(invoice_ids))
    found: dict[int, list[Application]] = {}
    for row in session.scalars(query.order_by(Application.dated_on, Application.id)):
        found.setdefault(row.invoice_id, []).append(row)
    return found


def past_due_numbers(session: Session, account_id: int, on: date) -> list[str]:
    """The invoices of an account that are open past their due date, oldest first: what a contact is about."""
    query = select(Invoice.number).where(
        Invoice.account_id == account_id, Invoice.open_minor > 0, Invoice.due_on < on
    )
    return list(session.scalars(query.order_by(Invoice.due_on, Invoice.id)))


def of_family(account_id: int) -> ColumnElement[bool]:
    """The account, and its children."""
    return or_(Account.id == account_id, Account.parent_id == account_id)


def open_of_family(session: Session, account_id: int, *, limit: int | None = None) -> Sequence[Invoice]:
    """What is open of an account and its children, the oldest due date first."""
    query = select(Invoice).join(Account, Account.id == Invoice.account_id)
    query = query.where(of_family(account_id), Invoice.open_minor > 0)
    return session.scalars(query.order_by(Invoice.due_on, Invoice.id).limit(limit)).all()


def currencies(session: Session, invoice_ids: Sequence[int]) -> set[str]:
    """Those of some invoices."""
    return set(session.scalars(select(Invoice.currency).where(Invoice.id.in_(invoice_ids)).distinct()))


def barred(session: Session) -> Sequence[tuple[str, str, str, date]]:
    """Number, name, which bar, since when: by bar, the longest barred first."""
    return [
        (number, name, bar, since)
        for column, bar in BARS
        for number, name, since in session.execute(
            select(Account.number, Account.name, column)
            .where(column.is_not(None))
            .order_by(column, Account.id)
        )
        if since
    ]


def children(session: Session, account_id: int) -> Mapping[int, str]:
    """Id -> number of the accounts that are one customer with this one."""
    query = select(Account.id, Account.number).where(Account.parent_id == account_id).order_by(Account.number)
    return {row.id: row.number for row in session.execute(query)}
