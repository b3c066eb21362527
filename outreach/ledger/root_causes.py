"""Why invoices are not paid, as customers told us: one row an invoice and telling, summed by amount."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.receivables import Invoice
from outreach.rules.money import Rates
from outreach.rules.root_causes import CAUSES


class RootCause(Base):
    """One invoice, and why it was not paid that day. Append-only: a later word undoes no earlier one."""

    __tablename__ = "root_causes"
    __table_args__ = (Index("ix_root_causes_said", "said_on", "invoice_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """what was open of it then"""
    currency: Mapped[str]
    cause: Mapped[str]
    said_on: Mapped[date]
    source: Mapped[str]
    """call, or email"""
    about: Mapped[str | None]
    """the attempt or reply in which they said it"""
    noted_by: Mapped[str]


@dataclass(slots=True)
class Sum:
    """What one cause comes to."""

    cause: str
    accounts: int = 0
    invoices: int = 0
    amounts: dict[str, int] = field(default_factory=dict)
    """currency -> minor units"""

    def about_usd(self, rates: Rates, on: date) -> int:
        """US cents, for ranking only; what has no rate is not in it."""
        found = (rates.about_usd(minor, currency, on) for currency, minor in self.amounts.items())
        return sum(cents for cents in found if cents is not None)

    def unrated(self, rates: Rates, on: date) -> dict[str, int]:
        """Currency -> minor units of what has no rate."""
        return {
            name: minor for name, minor in self.amounts.items() if rates.about_usd(minor, name, on) is None
        }


def note(
    session: Session,
    invoices: Sequence[Invoice],
    cause: str,
    *,
    source: str,
    about: str | None,
    by: str,
    on: date,
) -> None:
    """Keep why these invoices are not paid, each with what is open of it now."""
    rows = [
        {
            "account_id": invoice.account_id,
            "invoice_id": invoice.id,
            "amount_minor": invoice.open_minor,
            "currency": invoice.currency,
            "cause": cause,
            "said_on": on,
            "source": source,
            "about": about,
            "noted_by": by,
        }
        for invoice in invoices
    ]
    if rows:
        session.execute(insert(RootCause), rows)


def sums(session: Session, first: date | None, last: date | None) -> Sequence[Sum]:
    """What each cause came to in these days, both included; the list's order, causes nobody named left out.

    An invoice counts once, by the newest word on it: asked five times it does not owe five times as much.
    """
    newest = select(func.max(RootCause.id)).group_by(RootCause.invoice_id)
    newest = newest.where(RootCause.said_on >= first) if first else newest
    newest = newest.where(RootCause.said_on <= last) if last else newest
    counted = RootCause.id.in_(newest)
    accounts = select(RootCause.cause, func.count(RootCause.account_id.distinct())).where(counted)
    found = {row[0]: Sum(row[0], row[1]) for row in session.execute(accounts.group_by(RootCause.cause))}
    amounts = select(RootCause.cause, RootCause.currency, func.count(), func.sum(RootCause.amount_minor))
    by_currency = amounts.where(counted).group_by(RootCause.cause, RootCause.currency)
    for cause, currency, invoices, amount in session.execute(by_currency.order_by(RootCause.currency)):
        found[cause].invoices += invoices
        found[cause].amounts[currency] = int(amount)
    return [found[cause] for cause in CAUSES if cause in found]
