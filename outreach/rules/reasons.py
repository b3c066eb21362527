"""Why this customer: a reason in words for each step (product.md 2). Amounts come as `money.words`."""

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from outreach.rules.steps import (
    AGED_MRR,
    BROKEN_PROMISE,
    FINAL_OVERDUE,
    OVERDUE_31,
    SUSPENSION_1,
    SUSPENSION_2,
    SUSPENSION_FINAL,
)


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


_Firing = tuple[str, str]
"""its step and subject"""


def left(reasons: Iterable[str], ended: Collection[_Firing], still_open: Collection[_Firing]) -> list[str]:
    """Without those of firings that have ended, in whatever words they were put when it was planned."""
    gone = [why for why in reasons if any(_tells(why, *firing) for firing in ended)]
    back = [why for why in gone if any(_tells(why, *firing) for firing in still_open)]
    return [why for why in reasons if why not in gone or why in back]


def _tells(reason: str, step: str, subject: str) -> bool:
    """Whether it may be the reason of that firing."""
    if form := _FORMS.get(step):
        return form.match(reason) is not None
    return reason.startswith((f"{subject} is ", f"final invoice {subject}, "))


_FORMS = {
    FINAL_OVERDUE.name: re.compile(r"final invoice .+ is \d+ days? past due, "),
    OVERDUE_31.name: re.compile(r".+ more than 31 days past due, "),
    AGED_MRR.name: re.compile(r"\d+ months of recurring invoices past due, "),
    BROKEN_PROMISE.name: re.compile(r".+ promised for .+ has not come$"),
}
"""of the steps whose reason does not begin with its subject"""

_NOTICES = {
    SUSPENSION_1.name: "the notice",
    SUSPENSION_2.name: "the second notice",
    SUSPENSION_FINAL.name: "the final warning",
}


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _day(on: date) -> str:
    return f"{on:%b} {on.day}"
