"""What may be asked: holds taken off each invoice, credits off the oldest first (product.md 1, 4).

Amounts are minor units of one currency; amounts of different currencies never meet here.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from outreach.rules.money import Rates, at_face
from outreach.rules.policy import Policy

FORGIVEN_PER_CENT, MOST_FORGIVEN = 1, 2_500
"""a promise is kept though it is short of so much: the smaller of the two (product.md 4)"""


class Cover(StrEnum):
    """What covers a subject, so that nothing is asked of it; ASKED: something is."""

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
    """Parts of what is past due that must not be asked for."""

    disputed: int = 0
    planned: int = 0
    promised: int = 0
    issues: int = 0
    claimed: int = 0


class Due(NamedTuple):
    """An amount and its due date; the order of two of one date is that of the list they stand in."""

    on: date
    amount: int


def grace_day(due_on: date, policy: Policy) -> date:
    """The last day a promise holds: `add_business_days(roll_forward(due_on), 1)`."""
    days = policy.business_days
    return days.add_business_days(days.roll_forward(due_on), policy.promises.grace_business_days)


def holds_on(promised_on: date, due_on: date, on: date, policy: Policy) -> bool:
    """Whether a promise holds its amount on a day: from the day it is made through its grace day."""
    return promised_on <= on <= grace_day(due_on, policy)


@lru_cache(maxsize=4096)
def minimum_asked(currency: str, on: date, policy: Policy, rates: Rates) -> int:
    """The least that is asked, 25.00 USD, in minor units of a currency; at face value if it has no rate."""
    cents = policy.cadence.minimum_asked
    about = rates.from_usd(cents, currency, on)
    return at_face(cents, currency) if about is None else about


def most_forgiven(currency: str) -> int:
    """What a kept promise may be short of at most, 25.00 in its own currency (product.md 4)."""
    return at_face(MOST_FORGIVEN, currency)


def asked_part(open_minor: int, held: Held) -> int:
    """What is asked of one invoice: what is open less what is held, never below 0."""
    return max(0, open_minor - sum(held))


def held_once(open_minor: int, held: Held) -> Held:
    """What is held of an invoice, each part of it once: by the first in the order of the gate's table."""
    parts = []
    for part in held:
        parts.append(min(part, open_minor))
        open_minor -= parts[-1]
    return Held(*parts)


def asked(parts: int, credits: int, minimum: int) -> int:
    """What an account is asked in one currency: its asked parts less credits; 0 below the minimum."""
    left = parts - credits
    return left if left >= minimum else 0


def asked_parts(parts: Sequence[Due], credits: int, minimum: int) -> list[int]:
    """What is asked of each past-due invoice, in the order given: credits go off the oldest first.

    Nothing of any, if what is left is below `minimum`.
    """
    credited = allocate(credits, parts)
    left = [part.amount - credit for part, credit in zip(parts, credited, strict=True)]
    return left if sum(left) >= minimum else [0] * len(left)


def allocate(amount: int, dues: Sequence[Due]) -> list[int]:
    """An amount over what is due, the oldest first, none more than itself; in the order given."""
    shares = [0] * len(dues)
    for place in sorted(range(len(dues)), key=lambda place: dues[place].on):
        shares[place] = min(amount, dues[place].amount)
        amount -= shares[place]
    return shares


def promised_parts(amount: int, dues: Sequence[Due], held: Sequence[int]) -> list[int]:
    """What a promise holds of each invoice, in the order given: the oldest first, and of each only what
    nothing else holds, as long as that is enough; the rest of what they promise is of what is held."""
    free = [Due(due.on, max(0, due.amount - part)) for due, part in zip(dues, held, strict=True)]
    first = allocate(amount, free)
    left = [Due(due.on, due.amount - part) for due, part in zip(dues, first, strict=True)]
    second = allocate(amount - sum(first), left)
    return [sum(parts) for parts in zip(first, second, strict=True)]


def cover(past_due: int, held: Held) -> Cover:
    """Whether anything is asked of an invoice, and if not, what covers it.

    Holds that cover it only together are named by the one that closes the gap, in the order of `Held`.
    """
    if past_due <= 0:
        return Cover.NOTHING
    for part, name in zip(held, HOLDS, strict=True):
        past_due -= part
        if past_due <= 0:
            return name
    return Cover.ASKED


def first_hold(held: Held) -> Cover | None:
    """The first hold there is, in the order of the gate's table."""
    return next((name for part, name in zip(held, HOLDS, strict=True) if part), None)


HOLDS = (Cover.DISPUTE, Cover.PLAN, Cover.PROMISE, Cover.ISSUE, Cover.CLAIM)
"""in the order of Held's fields"""
