"""What is open of one account, invoice by invoice, and how old it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.ledger.commitments import Hold
from outreach.ledger.receivables import Invoice
from outreach.rules.aging import BUCKETS, Bucket, bucket


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open invoice or credit and what holds it, seen on one day."""

    invoice: Invoice
    days: int
    """past due; 0 on the due day, negative before it"""
    holds: tuple[Hold, ...]

    @property
    def bucket(self) -> Bucket:
        return bucket(self.days)

    @property
    def past_due(self) -> bool:
        return self.days > 0 and self.invoice.open_minor > 0


def open_items(session: Session, account_id: int, on: date) -> list[OpenItem]:
    """Every document of the account that is not settled, oldest due date first."""
    query = select(Invoice).where(Invoice.account_id == account_id, Invoice.open_minor != 0)
    invoices = session.scalars(query.order_by(Invoice.due_on, Invoice.number)).all()
    held = _standing(session, account_id, on)
    return [OpenItem(row, (on - row.due_on).days, tuple(held[row.id])) for row in invoices]


def aging(items: Iterable[OpenItem]) -> Mapping[str, dict[Bucket, int]]:
    """Currency -> bucket -> minor units, every bucket named; currencies are never added."""
    totals: dict[str, dict[Bucket, int]] = defaultdict(lambda: dict.fromkeys(BUCKETS, 0))
    for item in items:
        totals[item.invoice.currency][item.bucket] += item.invoice.open_minor
    return totals


def _standing(session: Session, account_id: int, on: date) -> Mapping[int, list[Hold]]:
    query = select(Hold).where(
        Hold.account_id == account_id,
        Hold.ended_on.is_(None),
        Hold.since <= on,
        or_(Hold.until.is_(None), Hold.until >= on),
    )
    held: dict[int, list[Hold]] = defaultdict(list)
    for hold in session.scalars(query.order_by(Hold.id)):
        held[hold.invoice_id].append(hold)
    return held
