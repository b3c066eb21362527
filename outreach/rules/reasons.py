"""Why this customer: a reason in words for each step (product.md 2). Amounts come as `money.words`."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from outreach.rules.steps import SUSPENSION_1, SUSPENSION_2, SUSPENSION_FINAL


def followup(number: str, days: int, amount: str, broken: date | None = None) -> str:
    """`"INV-1004 is 17 days past due, 1,200.00 USD; promised for Nov 12 and broken"`."""
    promise = f"; promised for {_day(broken)} and broken" if broken else ""
    return f"{number} is {_days(days)} past due, {amount}{promise}"


def pre_due(number: str, days: int, amount: str) -> str:
    return f"{number} is due in {_days(days)}, {amount}"


def overdue_31(amount: str, oldest_days: int) -> str:
    return f"{amount} more than 31 days past due, the oldest {_days(oldest_days)}"


def final_overdue(number: str, days: int, amount: str) -> str:
    return f"final invoice {number} is {_days(days)} past due, {amount}"


def aged_mrr(months: int, amount: str) -> str:
    return f"{months} months of recurring invoices past due, {amount}"


def final_check(number: str, amount: str) -> str:
    return f"final invoice {number}, {amount}: receipt not confirmed"


def statement(month: str) -> str:
    return f"statement of {month}"


def promise_check(amount: str, due_on: date) -> str:
    return f"{amount} promised for {_day(due_on)}"


def broken_promise(amount: str, due_on: date) -> str:
    """What is missing of a promise."""
    return f"{amount} promised for {_day(due_on)} has not come"


def instalment_check(number: int, amount: str, due_on: date) -> str:
    return f"instalment {number}, {amount}, due on {_day(due_on)}"


def introduction(assigned_on: date) -> str:
    return f"yours since {_day(assigned_on)}: introduce yourself"


def suspension(step: str) -> str:
    """What a notice of a suspension case is."""
    return f"suspension case: {_NOTICES[step]}"


def callback(due: datetime, zone: ZoneInfo) -> str:
    """`"call back at 14:00 on Nov 23"`, in the rep's zone."""
    local = due.astimezone(zone)
    return f"call back at {local:%H:%M} on {_day(local.date())}"


_NOTICES = {
    SUSPENSION_1.name: "the notice",
    SUSPENSION_2.name: "the second notice",
    SUSPENSION_FINAL.name: "the final warning",
}


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _day(on: date) -> str:
    return f"{on:%b} {on.day}"
