"""The terms of a suspension case: its days, what is listed in it, and when it ends (product.md 5).

Amounts are minor units of one currency.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from outreach.rules.calendar import DAY
from outreach.rules.commitments import Due, allocate
from outreach.rules.money import Rates, at_face
from outreach.rules.policy import Policy
from outreach.rules.steps import SUSPENSION_1, SUSPENSION_2, SUSPENSION_FINAL, Step
from outreach.rules.suspension import State

EndWhy = Literal["paid", "disputed", "planned"]


class Days(NamedTuple):
    """What follows from the business day on which the notice was delivered."""

    day0: date
    second_on: date
    warning_on: date
    deadline_on: date
    """to its end"""


class Debt(NamedTuple):
    """An invoice of a case, or one that may come into it."""

    id: int
    due_on: date
    open: int
    disputed: int = 0
    planned: int = 0
    """held by an approved payment plan"""

    @property
    def chargeable(self) -> int:
        return max(0, self.open - self.disputed - self.planned)


class Books(NamedTuple):
    """What an account owes in one currency, as far as a case looks at it."""

    debts: Sequence[Debt]
    """open and past due for long enough; of a case that runs: its own invoices"""
    credits: int = 0
    """unapplied credits and receipts, positive"""


def days_from(delivered_on: date, policy: Policy) -> Days:
    """The days of a case whose notice was delivered, or posted, on a date."""
    business, rules = policy.business_days, policy.suspension
    day0 = business.roll_forward(delivered_on)
    deadline = business.roll_forward(day0 + timedelta(rules.deadline_after))
    return Days(
        day0=day0,
        second_on=business.roll_forward(day0 + timedelta(rules.second_after)),
        warning_on=business.add_business_days(deadline, -rules.warning_business_days),
        deadline_on=deadline,
    )


def last_day(deadline_on: date, warned_on: date, policy: Policy) -> date:
    """The deadline once the final warning has come: later if that was late, never earlier."""
    rules = policy.suspension
    warned = policy.business_days.roll_forward(warned_on)
    return max(deadline_on, policy.business_days.add_business_days(warned, rules.warning_business_days))


def due_on(deadline_on: date, policy: Policy) -> date:
    """The first day on which the case may be due: the deadline's own day is still theirs."""
    return policy.business_days.roll_forward(deadline_on + DAY)


def is_fresh(ledger_as_of: date | None, today: date, policy: Policy) -> bool:
    """Whether the ledger knows of payments up to the previous business day."""
    return ledger_as_of is not None and ledger_as_of >= policy.business_days.add_business_days(today, -1)


def overdue_by(on: date, policy: Policy) -> date:
    """The last due date that is past due for long enough on a day: more than 30 days, first true at 31."""
    return on - timedelta(policy.suspension.over_days + 1)


def listed(books: Books, currency: str, on: date, policy: Policy, rates: Rates) -> tuple[Debt, ...]:
    """The invoices of a case, () where there is none: undisputed, long past due, enough in total."""
    debts = tuple(debt for debt in books.debts if debt.chargeable and debt.due_on <= overdue_by(on, policy))
    enough = least(currency, on, policy, rates)
    return debts if debts and charged(Books(debts, books.credits)) >= enough else ()


def charged(books: Books) -> int:
    """What is asked of these invoices: neither disputed nor in a plan, credits off the oldest first."""
    parts = [Due(debt.due_on, debt.chargeable) for debt in books.debts]
    return sum(part.amount for part in parts) - sum(allocate(books.credits, parts))


def unpaid(books: Books) -> int:
    """What is open of these invoices, whatever holds it, less credits."""
    return charged(Books([debt._replace(disputed=0, planned=0) for debt in books.debts], books.credits))


def ended(books: Books, currency: str, on: date, policy: Policy, rates: Rates) -> EndWhy | None:
    """Why a case is over: what is left of its invoices is below the tolerance; None: it stands."""
    tolerance = left_alone(currency, on, policy, rates)
    if charged(books) >= tolerance:
        return None
    if unpaid(books) < tolerance:
        return "paid"
    undisputed = [debt._replace(planned=0) for debt in books.debts]
    return "disputed" if charged(Books(undisputed, books.credits)) < tolerance else "planned"


def notice_on(state: State, approved_on: date, days: Days | None, on: date) -> tuple[Step, date] | None:
    """The notice whose turn it is on a day, and since when, or None. A later one replaces an earlier."""
    if state is State.APPROVED:
        return SUSPENSION_1, approved_on
    if days is None or state not in (State.NOTICED, State.WARNED):
        return None
    if on >= days.warning_on:
        return SUSPENSION_FINAL, days.warning_on
    return (SUSPENSION_2, days.second_on) if on >= days.second_on else (SUSPENSION_1, days.day0)


def least(currency: str, on: date, policy: Policy, rates: Rates) -> int:
    """The least total of a case in minor units: 100.00 USD; at face value where there is no rate."""
    return _threshold(policy.suspension.minimum, currency, on, rates)


def left_alone(currency: str, on: date, policy: Policy, rates: Rates) -> int:
    """The tolerance: with less than this still open a case is over."""
    return _threshold(policy.suspension.tolerance, currency, on, rates)


@lru_cache(maxsize=4096)
def _threshold(cents: int, currency: str, on: date, rates: Rates) -> int:
    about = rates.from_usd(cents, currency, on)
    return at_face(cents, currency) if about is None else about


def next_meeting(on: date, policy: Policy) -> date:
    """The weekly meeting on or after a day; on a holiday it is held on the next business day."""
    return min(held for held in _meetings(on, policy) if held >= on)


def last_meeting(on: date, policy: Policy) -> date:
    """The weekly meeting before a day."""
    return max(held for held in _meetings(on, policy) if held < on)


def _meetings(on: date, policy: Policy) -> Iterator[date]:
    """Those of the weeks around a day."""
    weekday = WEEKDAYS.index(policy.suspension.meeting)
    for days in range(-14, 15, 7):
        yield policy.business_days.roll_forward(on - timedelta(on.weekday() - weekday - days))


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
