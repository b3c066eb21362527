"""The collection effectiveness index (CEI) over a quarter (product.md 6)."""

from fractions import Fraction

from outreach.rules.explained import Explained, Missing, amount_words
from outreach.rules.quarters import MONTHS

FORMULA = (
    "(receivable at the start + credit sales / N - receivable at the end) / "
    "(receivable at the start + credit sales / N - current receivable at the end) x 100"
)


def effectiveness(
    start: int | Missing,
    sales: int | Fraction | Missing,
    end: int | Missing,
    current: int | Missing,
    currency: str,
) -> Explained:
    """What was collected of all that could have been, in per cent; N is the quarter's 3 months."""
    if isinstance(start, Missing):
        return _none(start)
    if isinstance(sales, Missing):
        return _none(sales)
    if isinstance(end, Missing):
        return _none(end)
    if isinstance(current, Missing):
        return _none(current)
    amounts = {
        "receivable at the start": start,
        "credit sales": sales,
        "receivable at the end": end,
        "current receivable at the end": current,
    }
    inputs = {name: amount_words(amount, currency) for name, amount in amounts.items()} | {
        "N": f"{MONTHS} months"
    }
    collectable = Fraction(start) + Fraction(sales) / MONTHS
    if collectable == current:
        return Explained(None, "%", FORMULA, inputs, why="there was nothing to collect")
    return Explained((collectable - end) / (collectable - current) * 100, "%", FORMULA, inputs)


def _none(why: Missing) -> Explained:
    return Explained(None, "%", FORMULA, {}, why=why)
