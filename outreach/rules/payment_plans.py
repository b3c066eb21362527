"""Payment plans: instalments that sum to what they cover, and what becomes of a plan (product.md 4).

What is received goes to the instalments in their order. Amounts are minor units of the plan's currency.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import NamedTuple

from outreach.rules.commitments import grace_day
from outreach.rules.policy import Policy
from outreach.rules.promises import forgiven


class PlanState(StrEnum):
    REQUESTED = "requested"
    REFUSED = "refused"
    ACTIVE = "active"
    AT_RISK = "at risk"
    DEFAULTED = "defaulted"
    COMPLETED = "completed"
    ENDED = "ended"
    """taken back by a supervisor"""


_REQUESTED, _REFUSED, _ACTIVE, _AT_RISK, _DEFAULTED, _COMPLETED, _ENDED = PlanState

MOVES: Mapping[PlanState, frozenset[PlanState]] = {
    _REQUESTED: frozenset({_ACTIVE, _REFUSED, _ENDED}),
    _REFUSED: frozenset(),
    _ACTIVE: frozenset({_AT_RISK, _DEFAULTED, _COMPLETED, _ENDED}),
    _AT_RISK: frozenset({_ACTIVE, _DEFAULTED, _COMPLETED, _ENDED}),
    _DEFAULTED: frozenset(),
    _COMPLETED: frozenset({_ACTIVE, _AT_RISK, _DEFAULTED}),  # a payment that bounced
    _ENDED: frozenset(),
}
"""the only ways from one state to another"""

STANDING = frozenset({_ACTIVE, _AT_RISK})
"""it holds what it covers"""


LONGEST_YEARS = 5
"""from the request to the last instalment: what takes longer is a loan, or a slip of the keys"""


class Instalment(NamedTuple):
    """What is to be paid by a day."""

    due_on: date
    amount: int


class PlanStanding(NamedTuple):
    """A plan by the ledger's newest day."""

    state: PlanState
    paid: int
    """how many instalments are paid, the first ones first"""
    missed: tuple[int, ...]
    """places of those that are due and not paid, from 0"""


def may_move(old: str, new: str) -> bool:
    """Whether a plan may go from one state to another."""
    return PlanState(new) in MOVES[PlanState(old)]


def problem(instalments: Sequence[Instalment], covered: int, on: date) -> str | None:
    """Why a plan cannot be asked for so, with what to do; None: it can."""
    if not instalments:
        return "a plan needs instalments: give a day and an amount for each"
    if any(one.amount <= 0 for one in instalments):
        return "every instalment must be more than nothing"
    if instalments[0].due_on < on:
        return "the first instalment is in the past: begin today or later"
    if any(later.due_on <= one.due_on for one, later in pairwise(instalments)):
        return "each instalment must be due after the one before it"
    if instalments[-1].due_on > on + timedelta(days=366 * LONGEST_YEARS):
        return f"the last instalment is more than {LONGEST_YEARS} years ahead: end sooner, with larger ones"
    if sum(one.amount for one in instalments) != covered:
        return "the instalments must sum to what they cover: change an amount, or the invoices"
    return None


def standing(
    instalments: Sequence[Instalment], received: int, currency: str, as_of: date, policy: Policy
) -> PlanStanding:
    """A standing plan on the ledger's newest day. One missed instalment: at risk; a second, or one more than
    5 business days late: defaulted. Its grace day is still theirs, to its end: an instalment is missed once
    the ledger speaks of a later day and it is short."""
    days, paid = policy.business_days, _paid(instalments, received, currency)
    missed = tuple(
        place
        for place, one in enumerate(instalments)
        if place >= paid and as_of > grace_day(one.due_on, policy)
    )
    if paid == len(instalments):
        return PlanStanding(_COMPLETED, paid, ())
    if not missed:
        return PlanStanding(_ACTIVE, paid, ())
    last = days.add_business_days(
        days.roll_forward(instalments[missed[0]].due_on), policy.plans.default_after_business_days
    )
    defaulted = len(missed) >= policy.plans.default_at_missed or as_of > last
    return PlanStanding(_DEFAULTED if defaulted else _AT_RISK, paid, missed)


def reminder_on(due_on: date, policy: Policy) -> date:
    """The day of an instalment's `instalment_check`: one business day before."""
    return policy.business_days.add_business_days(due_on, -policy.plans.reminder_business_days)


def _paid(instalments: Sequence[Instalment], received: int, currency: str) -> int:
    sums = accumulate(one.amount for one in instalments)
    return sum(received >= total - forgiven(total, currency) for total in sums)
