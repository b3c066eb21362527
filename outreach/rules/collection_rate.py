"""The quarterly collection rate: how much of what fell due in the quarter is paid (product.md 6)."""

from fractions import Fraction

from outreach.rules.explained import Explained, Missing, amount_words

FORMULA = "paid / (gross - credit notes) x 100, of invoices due from the quarter's start to the day"


def collection_rate(
    gross: int | Missing, credits: int, paid: int, currency: str, *, vanished: int = 0
) -> Explained:
    """In per cent. What was written off stays in the denominator. `vanished`: of the paid, what is only
    missing from a later file."""
    if isinstance(gross, Missing):
        return Explained(None, "%", FORMULA, {}, why=gross)
    amounts = {"paid": paid, "gross": gross, "credit notes": credits}
    inputs = {name: amount_words(amount, currency) for name, amount in amounts.items()}
    if vanished:
        inputs["of the paid, only missing from a later file"] = amount_words(vanished, currency)
    if gross <= credits:
        return Explained(None, "%", FORMULA, inputs, why="nothing fell due in the quarter so far")
    return Explained(Fraction(paid * 100, gross - credits), "%", FORMULA, inputs)
