"""Days sales outstanding, in its three forms, and what lies between them (product.md 6)."""

from collections.abc import Iterable
from fractions import Fraction

from outreach.rules.credit_sales import Month
from outreach.rules.explained import Explained, Missing, amount_words

SIMPLE = "receivable / credit sales x days"
COUNTBACK = (
    "subtract each month's credit sales from the receivable, the newest first, adding its days; "
    "of the last month pro rata"
)
BEST = "current receivable / credit sales x days"
DELINQUENT = "DSO - best possible DSO"

Amount = int | Fraction | Missing


def simple(receivable: int | Missing, sales: Amount, days: int, currency: str) -> Explained:
    """All that is open at the end over the credit sales of the last `days`."""
    return _of_sales(SIMPLE, "receivable", receivable, sales, days, currency)


def best_possible(current: int | Missing, sales: Amount, days: int, currency: str) -> Explained:
    """What DSO would be if everybody paid by the due date: only what is not past due counts."""
    return _of_sales(BEST, "current receivable", current, sales, days, currency)


def countback(receivable: int | Missing, months: Iterable[Month], currency: str) -> Explained:
    """How many days of sales, counted back from today, are still open. None if the months do not reach."""
    if isinstance(receivable, Missing):
        return Explained(None, "days", COUNTBACK, {}, why=receivable)
    left, days = Fraction(receivable), Fraction(0)
    inputs = {"receivable": amount_words(receivable, currency)}
    for month in months:
        if left <= 0:
            break
        inputs[f"{month.first:%Y-%m}"] = f"{amount_words(month.amount, currency)} in {month.days} days"
        if left <= month.amount:
            days, left = days + left / month.amount * month.days, Fraction(0)
        else:
            days, left = days + month.days, left - month.amount
    if left > 0:
        known, rest = len(inputs) - 1, amount_words(left, currency)
        why = f"{known} months of credit sales are known, and {rest} is left of the receivable"
        return Explained(None, "days", COUNTBACK, inputs, why=why)
    return Explained(days, "days", COUNTBACK, inputs)


def delinquent(dso: Explained, best: Explained) -> Explained:
    """Average days delinquent (ADD): the part of DSO that is somebody's being late."""
    inputs = {"DSO": _days(dso), "best possible DSO": _days(best)}
    if dso.value is None or best.value is None:
        return Explained(None, "days", DELINQUENT, inputs, why=dso.why or best.why)
    return Explained(dso.value - best.value, "days", DELINQUENT, inputs)


def _of_sales(
    formula: str, name: str, amount: int | Missing, sales: Amount, days: int, currency: str
) -> Explained:
    inputs = {"days": str(days)}
    if isinstance(amount, Missing):
        return Explained(None, "days", formula, inputs, why=amount)
    inputs[name] = amount_words(amount, currency)
    if isinstance(sales, Missing):
        return Explained(None, "days", formula, inputs, why=sales)
    inputs["credit sales"] = amount_words(sales, currency)
    if sales <= 0:
        return Explained(None, "days", formula, inputs, why=f"nothing was sold on credit in {days} days")
    return Explained(Fraction(amount) / Fraction(sales) * days, "days", formula, inputs)


def _days(figure: Explained) -> str:
    return "not known" if figure.rounded is None else f"{figure.rounded} days"
