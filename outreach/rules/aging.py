"""Aging buckets by days past due (product.md 1): they sum to the ledger."""

from typing import Literal

Bucket = Literal["current", "1-30", "31-60", "61-90", "91+"]
BUCKETS: tuple[Bucket, ...] = ("current", "1-30", "31-60", "61-90", "91+")


def bucket(days_past_due: int) -> Bucket:
    """The due day itself is 0 and current."""
    if days_past_due <= 0:
        return "current"
    return BUCKETS[min(1 + (days_past_due - 1) // 30, 4)]
