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
    inputs = {"N": f"{MONTHS} months"}
    names = (
        "receivable at the start",
        "credit sales",
        "receivable at the end",
        "current receivable at the end",
    )
    for name, one in zip(names, (start, sales, end, current), strict=True):
        if isinstance(one, Missing):
            return Explained(None, "%", FORMULA, inputs, why=one)
        inputs[name] = amount_words(one, currency)
    collectable = Fraction(start) + Fraction(sales) / MONTHS
    if collectable == current:
        return Explained(None, "%", FORMULA, inputs, why="there was nothing to collect")
    return Explained((collectable - end) / (collectable - current) * 100, "%", FORMULA, inputs)
