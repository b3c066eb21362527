"""Arithmetic of a day's work: where it should be by now, and shares in whole per cent (product.md 6)."""

from datetime import datetime


def expected(target: int, opens: datetime, closes: datetime, now: datetime) -> int:
    """How many of a day's customers are called by now at an even pace over the duty hours."""
    passed = (now - opens) / (closes - opens)
    return int(target * min(max(passed, 0.0), 1.0))


def rate(part: int, whole: int) -> int | None:
    """A share in whole per cent, rounded down; None of nothing."""
    return part * 100 // whole if whole else None
