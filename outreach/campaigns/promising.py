"""Promises to pay, and the holds that keep us from asking for what was promised (product.md 4)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from outreach.ledger.commitments import Hold, Promise
from outreach.ledger.receivables import Invoice
from outreach.rules import commitments
from outreach.rules.commitments import Due


def record(session: Session, promise: Promise, invoices: Sequence[Invoice]) -> None:
    """Write it down; it holds what it covers of these invoices, the oldest first, through its grace day."""
    session.add(promise)
    session.flush()
    shares = commitments.allocate(promise.amount_minor, [Due(one.due_on, one.open_minor) for one in invoices])
    session.add_all(
        Hold(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            kind="promise",
            promise_id=promise.id,
            amount_minor=share,
            since=promise.promised_on,
            until=promise.grace_on,
        )
        for invoice, share in zip(invoices, shares, strict=True)
        if share
    )
