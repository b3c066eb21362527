"""Credit sales by month and currency, as the organization states them: what DSO is worked out from."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base
from outreach.ledger.receivables import Invoice

Month = tuple[date, str]
"""the first day of a month, and a currency"""


class CreditSales(Base):
    """What was invoiced on credit in one month, in minor units of one currency."""

    __tablename__ = "credit_sales"

    month: Mapped[date] = mapped_column(primary_key=True)
    """its first day"""
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    stated_at: Mapped[datetime]
    stated_by: Mapped[str]


class SoldOn(NamedTuple):
    """What one source invoiced on one day, less credit notes, in minor units of one currency."""

    source: str
    currency: str
    on: date
    amount: int


def stated(session: Session) -> Sequence[CreditSales]:
    """Every month that was stated; there are a dozen a year."""
    return session.scalars(select(CreditSales).order_by(CreditSales.month, CreditSales.currency)).all()


def invoiced(session: Session, until: date) -> Iterator[SoldOn]:
    """What was invoiced day by day, added up by the database: all that was sold only of a full history."""
    day = (Invoice.source, Invoice.currency, Invoice.invoiced_on)
    query = select(*day, func.sum(Invoice.gross_minor)).group_by(*day)
    rows = session.execute(query.where(Invoice.kind != "receipt", Invoice.invoiced_on <= until))
    for source, currency, on, amount in rows:
        yield SoldOn(source, currency, on, int(amount))
