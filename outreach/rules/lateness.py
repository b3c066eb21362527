"""Routinely late: who pays late as a habit is reminded before the due day, too (product.md 6)."""

from collections.abc import Sequence
from fractions import Fraction

from outreach.rules.policy import Lateness

FORMULA = (
    "of at least {invoices} invoices due in {months} months, {per_cent} % or more late, "
    "by {median_days} days or more in the median"
)


def formula(rule: Lateness) -> str:
    """The rule in words, with the numbers in force."""
    return FORMULA.format(
        invoices=rule.invoices, months=rule.months, per_cent=rule.per_cent, median_days=rule.median_days
    )


def median(days: Sequence[int]) -> Fraction:
    """The middle one; the mean of the two in the middle of an even number."""
    ordered, middle = sorted(days), len(days) // 2
    if len(days) % 2:
        return Fraction(ordered[middle])
    return Fraction(ordered[middle - 1] + ordered[middle], 2)


def is_routine(due: int, days_late: Sequence[int], rule: Lateness) -> bool:
    """`due`: how many invoices fell due; `days_late`: of each that was late, by how many days so far."""
    often = due >= rule.invoices and len(days_late) * 100 >= rule.per_cent * due
    return often and bool(days_late) and median(days_late) >= rule.median_days
