"""The middle of the desk: why this customer, what was said last, what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sqlalchemy.orm import Session

from outreach.campaigns.conversations import confirming
from outreach.ledger import desk, timeline
from outreach.ledger.address_book import Card, cards
from outreach.ledger.aging import OpenItem, aging, open_items_of
from outreach.ledger.desk import Line
from outreach.ledger.reach import Way
from outreach.ledger.receivables import Account, children
from outreach.ledger.tasks import Task, open_tasks
from outreach.ledger.touches import Touch
from outreach.rules.aging import Bucket
from outreach.rules.policy import Policy

NEWEST = 5
"""entries of the story that the desk shows"""

TIERS = (
    "we owe them",
    "promise broken",
    "final invoice overdue",
    "aged MRR",
    "more than 31 days",
    "final check",
    "15 days",
    "5 days",
)
"""tier -> why it stands where it stands (product.md 2)"""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer as the desk shows them."""

    touch: Touch
    reasons: Sequence[str]
    account: Account
    items: Sequence[OpenItem]
    """of the account and of the children that are called with it"""
    numbers: Mapping[int, str]
    """id -> number of those children"""
    aging: Mapping[str, Mapping[Bucket, int]]
    said: timeline.Happening | None
    story: Sequence[timeline.Happening]
    """the newest of it; the rest is on the account's page"""
    cards: Sequence[Card]
    tasks: Sequence[Task]
    confirm_to: Way | None
    """who would get the letter that confirms a conversation"""


def customer(session: Session, line: Line, on: date, policy: Policy) -> Customer:
    account_id, numbers = line.account.id, children(session, line.account.id)
    found = chain.from_iterable(open_items_of(session, [account_id, *numbers], on).values())
    items = sorted(found, key=lambda item: (item.invoice.due_on, item.invoice.id))
    return Customer(
        touch=line.touch,
        reasons=desk.reasons(session, line.touch),
        account=line.account,
        items=items,
        numbers=numbers,
        aging=aging(items),
        said=timeline.last_said(session, account_id),
        story=timeline.timeline(session, account_id, limit=NEWEST, contact_only=True),
        cards=cards(session, account_id),
        tasks=open_tasks(session, account_id),
        confirm_to=confirming.recipient(session, account_id, line.touch.contact_id, policy),
    )
