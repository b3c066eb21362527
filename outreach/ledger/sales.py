"""Credit sales by month and currency, as the organization states them: what DSO is worked out from."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base

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


def stated(session: Session, since: date, until: date) -> Mapping[Month, int]:
    """(month, currency) -> minor units, of the months that begin from `since` to `until`."""
    query = select(CreditSales).where(CreditSales.month.between(since, until))
    return {(row.month, row.currency): row.amount_minor for row in session.scalars(query)}
