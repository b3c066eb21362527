"""What is open of an account, invoice by invoice, what holds it, and how old it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among, ids_named
from outreach.ledger.commitments import Hold
from outreach.ledger.receivables import Invoice
from outreach.rules.aging import BUCKETS, Bucket, bucket
from outreach.rules.commitments import Held

HELD_AS = {
    "dispute": "disputed",
    "promise": "promised",
    "plan": "planned",
    "issue": "issues",
    "paid": "claimed",
}
"""holds.kind -> the field of Held it counts to"""


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
    def held(self) -> Held:
        """What of it must not be asked for, by why."""
        amounts = dict.fromkeys(HELD_AS.values(), 0)
        for hold in self.holds:
            whole = self.invoice.open_minor if hold.amount_minor is None else hold.amount_minor
            amounts[HELD_AS[hold.kind]] += whole
        return Held(**amounts)

    @property
    def past_due(self) -> bool:
        return self.days > 0 and self.invoice.open_minor > 0


def open_items(session: Session, account_id: int, on: date) -> list[OpenItem]:
    """Every document of the account that is not settled, oldest due date first."""
    return open_items_of(session, [account_id], on)[account_id]


def open_items_of(session: Session, account_ids: Iterable[int], on: date) -> Mapping[int, list[OpenItem]]:
    """Account id -> its open items, in two queries however many accounts; [] for one with nothing open."""
    ids = list(account_ids)
    held = _standing(session, ids, on)
    items: dict[int, list[OpenItem]] = {account_id: [] for account_id in ids}
    for row in session.scalars(_OPEN_INVOICES, {"ids": ids}):
        items[row.account_id].append(OpenItem(row, (on - row.due_on).days, tuple(held[row.id])))
    return items


def aging(items: Iterable[OpenItem]) -> Mapping[str, dict[Bucket, int]]:
    """Currency -> bucket -> minor units, every bucket named; currencies are never added."""
    totals: dict[str, dict[Bucket, int]] = defaultdict(lambda: dict.fromkeys(BUCKETS, 0))
    for item in items:
        totals[item.invoice.currency][item.bucket] += item.invoice.open_minor
    return totals


def _standing(session: Session, account_ids: list[int], on: date) -> Mapping[int, list[Hold]]:
    held: dict[int, list[Hold]] = defaultdict(list)
    for hold in session.scalars(_STANDING_HOLDS, {"ids": account_ids, "on": on}):
        held[hold.invoice_id].append(hold)
    return held


_IDS = ids_named("ids")
_OPEN_INVOICES = (
    select(Invoice)
    .where(among(Invoice.__table__.c.account_id, _IDS), Invoice.open_minor != 0)
    .order_by(Invoice.due_on, Invoice.number)
)
_STANDING_HOLDS = (
    select(Hold)
    .where(
        among(Hold.__table__.c.account_id, _IDS),
        Hold.ended_on.is_(None),
        Hold.since <= bindparam("on"),
        or_(Hold.until.is_(None), Hold.until >= bindparam("on")),
    )
    .order_by(Hold.id)
)
