"""One invoice with everything that was paid and credited on it: what a summary lists."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from outreach.ledger import documents
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Application, Invoice, applications_of

KINDS: Mapping[str, str] = {
    "payment": "Payment",
    "vanished": "Payment",
    "credit": "Credit",
    "reversal": "Payment returned",
    "opening": "Paid earlier",
}
"""applications.kind in a customer's words; whatever else there is, is a correction"""


class Applied(NamedTuple):
    """What lessens an invoice; negative where a payment was returned."""

    on: date
    words: str
    amount_minor: int


class Bill(NamedTuple):
    """An invoice as it stands. `open_minor` is `gross_minor` less all that was applied."""

    account: str
    number: str
    kind: str
    po_number: str
    invoiced_on: date
    due_on: date
    service_month: date | None
    currency: str
    gross_minor: int
    open_minor: int
    applied: tuple[Applied, ...]
    pdf: str = ""
    """the digest of its own PDF among the papers, where there is one that may be sent"""
    pdf_size: int = 0

    @property
    def terms(self) -> str:
        """By its two dates: files tell terms in many ways, or only the due date."""
        days = (self.due_on - self.invoiced_on).days
        return f"{days} days from the invoice date" if days > 0 else "Due on receipt"


def bills_of(session: Session, invoices: Sequence[tuple[Account, Invoice]], on: date) -> list[Bill]:
    """In the order given; two queries however many."""
    ids = [invoice.id for _, invoice in invoices]
    applied, papers = applications_of(session, ids), documents.of_invoices(session, ids, "invoice", on)
    return [
        _bill(account, invoice, applied.get(invoice.id, ()), papers.get(invoice.id))
        for account, invoice in invoices
    ]


def _bill(account: Account, invoice: Invoice, applied: Sequence[Application], own: Paper | None) -> Bill:
    return Bill(
        f"{account.name}, account {account.number}",
        invoice.number,
        invoice.kind,
        invoice.po_number or "",
        invoice.invoiced_on,
        invoice.due_on,
        invoice.service_month,
        invoice.currency,
        invoice.gross_minor,
        invoice.open_minor,
        tuple(_applied(applied)),
        own.sha256 if own else "",
        own.size if own else 0,
    )


def _applied(rows: Sequence[Application]) -> Iterator[Applied]:
    """A day's of one kind together: what two files tell differently cancels out."""
    sums: dict[tuple[date, str], int] = {}
    for row in rows:
        key = (row.dated_on, KINDS.get(row.kind, "Correction"))
        sums[key] = sums.get(key, 0) + row.amount_minor
    return (Applied(on, words, minor) for (on, words), minor in sums.items() if minor)
