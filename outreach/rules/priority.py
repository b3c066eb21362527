"""The day's queue: tiers, order, the places of the quiet, and the reasons in words (product.md 2)."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from outreach.rules.policy import Desk
from outreach.rules.steps import Step

BROKEN_PROMISE_TIER = 1


class Candidate(NamedTuple):
    """A customer with an open call firing."""

    account_id: int
    tier: int
    value: int | None
    """amount asked in US cents, for ranking only; None: no rate, ranked last in its tier"""
    mrr_past_due: bool
    last_contact_on: date | None
    """last conversation or voicemail; None: never"""
    rang_on: date | None
    """last call that rang; None: never"""
    past_due: bool = True


def tier(steps: Iterable[Step], *, broken_promise: bool = False) -> int:
    """The lowest tier of the open call firings; 1 at most while a broken promise stands."""
    raise NotImplementedError


def key(candidate: Candidate) -> tuple[int, ...]:
    """Order: tier, MRR first in 6 and 7, value, longest since last contact, account id. Total, so deterministic."""
    raise NotImplementedError


def queue(candidates: Sequence[Candidate], on: date, desk: Desk) -> list[Candidate]:
    """One rep's customers by rank, all of them; the first `desk.target` are the day's, the rest backfill.

    Every ninth place belongs to the past-due account that has been quiet longest, so small balances do not starve.
    """
    raise NotImplementedError


def invoice_reason(number: str, days: int, amount: str, promise_broken_on: date | None = None) -> str:
    """`"INV-1004 is 17 days past due, 1,200.00 USD; promised for Nov 12 and broken"`; `amount` in words."""
    raise NotImplementedError


def overdue_31_reason(amount: str, oldest_days: int) -> str:
    raise NotImplementedError


def final_overdue_reason(number: str, days: int, amount: str) -> str:
    raise NotImplementedError


def aged_mrr_reason(months: int, amount: str) -> str:
    raise NotImplementedError


def final_check_reason(number: str, amount: str) -> str:
    raise NotImplementedError


def callback_reason(due: str) -> str:
    raise NotImplementedError
