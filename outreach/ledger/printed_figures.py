"""Figures as they were printed, with the moment they were known: a later figure for the same day has to say
what has been recorded since (product.md 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Row, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.ledger.sales import CreditSales

LISTED = 1_000
"""applications that are listed; the rest is counted"""


class PrintedFigures(Base):
    """One printing of the figures of a day. Append-only."""

    __tablename__ = "printed_figures"
    __table_args__ = (Index("ix_printed_figures_as_of", "as_of", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    as_of: Mapped[date]
    known_at: Mapped[datetime]
    actor: Mapped[str]
    application_id: Mapped[int] = mapped_column(BigInteger)
    """the highest that was known: what has a higher one was recorded since, however the clock went"""
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


@dataclass(frozen=True, slots=True)
class RecordedSince:
    """What came into the ledger after a printing and bears on its day."""

    known_at: datetime
    imports: Sequence[Import]
    applications: Sequence[Row[Application, str, str, str]]
    """with the account's number, the invoice's and its currency"""
    count: int
    """of all applications, also of those that are not listed"""
    sales: Sequence[CreditSales]


def last_printed(session: Session, on: date) -> PrintedFigures | None:
    query = select(PrintedFigures).where(PrintedFigures.as_of == on)
    return session.scalars(query.order_by(PrintedFigures.id.desc()).limit(1)).first()


def newest_application(session: Session) -> int:
    return session.execute(select(func.coalesce(func.max(Application.id), 0))).scalar_one()


def recorded_since(session: Session, printed: PrintedFigures) -> RecordedSince:
    """The applications dated up to the day, the files and the stated sales that the printing did not know."""
    new = (Application.id > printed.application_id, Application.dated_on <= printed.as_of)
    query = (
        select(Application, Account.number, Invoice.number, Invoice.currency)
        .join(Invoice, Invoice.id == Application.invoice_id)
        .join(Account, Account.id == Invoice.account_id)
        .where(*new)
    )
    count = session.execute(select(func.count()).select_from(Application).where(*new)).scalar_one()
    brought = select(Application.import_id).where(Application.id > printed.application_id)
    imports = select(Import).where(APPLIED, or_(Import.applied_at > printed.known_at, Import.id.in_(brought)))
    sales = select(CreditSales).where(CreditSales.stated_at > printed.known_at)
    return RecordedSince(
        printed.known_at,
        session.scalars(imports.order_by(Import.id)).all(),
        session.execute(query.order_by(Application.id).limit(LISTED)).all(),
        count,
        session.scalars(sales.order_by(CreditSales.month, CreditSales.currency)).all(),
    )
