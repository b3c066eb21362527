"""The end of a day: what was planned for it and not begun is over (product.md 2, Touch)."""

from datetime import date, datetime

from outreach.ledger import touches
from outreach.ledger.base import Ledger

AT_ONCE = 500
"""touches a transaction: no write transaction exceeds 50 ms (design.md 4)"""


def expire(ledger: Ledger, day: date, *, now: datetime) -> int:
    """End the open touches of days before `day`. Returns how many; run twice, the second finds none."""
    ended, chunk = 0, AT_ONCE
    while chunk == AT_ONCE:
        with ledger.writing() as session:
            chunk = touches.expire(session, day, now=now, limit=AT_ONCE)
        ended += chunk
    return ended
