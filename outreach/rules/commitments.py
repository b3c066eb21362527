"""What may be asked: promises, disputes and holds taken off, credits off the oldest first (product.md 1 and 4)."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from outreach.rules.policy import Policy


class Cover(StrEnum):
    """Why nothing is asked of something past due; ASKED: something is."""

    ASKED = "asked"
    NOTHING = "nothing"
    MINIMUM = "minimum"
    CASH = "cash"
    DISPUTE = "dispute"
    PLAN = "plan"
    PROMISE = "promise"
    ISSUE = "issue"
    CLAIM = "claim"
    """they say it is paid; we look for the payment"""


class Held(NamedTuple):
    """Amounts of what is past due that must not be asked for, in minor units."""

    disputed: int = 0
    planned: int = 0
    promised: int = 0
    issues: int = 0
    claimed: int = 0


def grace_day(due_on: date, policy: Policy) -> date:
    """The last day a promise holds: `add_business_days(roll_forward(due_on), 1)`."""
    raise NotImplementedError


def holds_on(promised_on: date, due_on: date, on: date, policy: Policy) -> bool:
    """Whether a promise holds its amount on a day: from the day it is made through its grace day."""
    raise NotImplementedError


def asked_part(open_minor: int, held: Held) -> int:
    """What is asked of one invoice: what is open less what is held, never below 0."""
    raise NotImplementedError


def asked_parts(parts: Sequence[tuple[date, int]], credits: int, minimum: int) -> list[int]:
    """(due date, asked part) of past-due invoices -> what is asked of each, credits off the oldest first.

    All 0 if the rest is below `minimum`. In the order given.
    """
    raise NotImplementedError


def asked(parts: int, credits: int, minimum: int) -> int:
    """What an account is asked in one currency: asked parts less credits; 0 below the minimum."""
    raise NotImplementedError


def cover(past_due: int, held: Held, credits: int = 0, minimum: int = 1) -> Cover:
    """Whether anything is asked of an invoice or an account, and if not, what covers it."""
    raise NotImplementedError


def allocate(amount: int, opens: Sequence[tuple[date, int]]) -> list[int]:
    """A promised amount over its invoices (due date, open), the oldest first; in the order given."""
    raise NotImplementedError
