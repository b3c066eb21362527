"""Aging buckets by days past due (product.md 1): they sum to the ledger."""

from datetime import date, timedelta
from typing import Literal

Bucket = Literal["current", "1-30", "31-60", "61-90", "91+"]
BUCKETS: tuple[Bucket, ...] = ("current", "1-30", "31-60", "61-90", "91+")


def bucket(days_past_due: int) -> Bucket:
    """The due day itself is 0 and current."""
    if days_past_due <= 0:
        return "current"
    return BUCKETS[min(1 + (days_past_due - 1) // 30, 4)]


def due_dates(name: Bucket, on: date) -> tuple[date, date]:
    """The first and the last due date that stand in a bucket on a day, both included."""
    if name == "current":
        return on, date.max
    place = BUCKETS.index(name)
    last = on - timedelta(30 * (place - 1) + 1)
    return (last - timedelta(29), last) if place < len(BUCKETS) - 1 else (date.min, last)
