"""The life of a promise to pay, judged fairly (product.md 4). Amounts are minor units of its currency.

A promise is judged once the ledger knows its whole grace day, never by a stale one: what was applied to the
invoices it covers, dated from the day it was made to its grace day, is held against what was promised.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from outreach.rules.commitments import FORGIVEN_PER_CENT, most_forgiven
from outreach.rules.policy import Policy


class PromiseState(StrEnum):
    """`proposed`: further ahead than a rep may agree to; `pending`: cash has come and is not applied yet."""

    PROPOSED = "proposed"
    OPEN = "open"
    PENDING = "pending"
    KEPT = "kept"
    KEPT_IN_PART = "kept in part"
    BROKEN = "broken"
    RESCHEDULED = "rescheduled"
    WITHDRAWN = "withdrawn"


_PROPOSED, _OPEN, _PENDING, _KEPT, _IN_PART, _BROKEN, _RESCHEDULED, _WITHDRAWN = PromiseState
_JUDGEMENTS = frozenset({_PENDING, _KEPT, _IN_PART, _BROKEN})

MOVES: Mapping[PromiseState, frozenset[PromiseState]] = {
    _PROPOSED: _JUDGEMENTS | {_OPEN, _RESCHEDULED, _WITHDRAWN},
    _OPEN: _JUDGEMENTS | {_RESCHEDULED, _WITHDRAWN},
    _PENDING: _JUDGEMENTS - {_PENDING} | {_RESCHEDULED, _WITHDRAWN},
    _KEPT: frozenset({_IN_PART, _BROKEN}),  # a payment that bounced, or was applied elsewhere after all
    _IN_PART: frozenset({_KEPT, _BROKEN}),
    _BROKEN: frozenset({_KEPT, _IN_PART}),  # what had come in time was written down late
    _RESCHEDULED: frozenset(),
    _WITHDRAWN: frozenset(),
}
"""the only ways from one state to another"""

AWAITED = frozenset({_PROPOSED, _OPEN, _PENDING})
"""not judged for good"""
MISSED = frozenset({_BROKEN, _IN_PART})
"""something of it has not come: it is chased"""


class Judged(NamedTuple):
    """What became of a promise by the ledger's newest day."""

    state: PromiseState
    received: int
    missing: int
    """what has not come, whatever is forgiven; 0 of a kept one"""


def may_move(old: str, new: str) -> bool:
    """Whether a promise may go from one state to another."""
    return PromiseState(new) in MOVES[PromiseState(old)]


def forgiven(amount: int, currency: str) -> int:
    """What a kept promise may be short of: the smaller of 1 % and 25.00 in its own currency."""
    return min(amount * FORGIVEN_PER_CENT // 100, most_forgiven(currency))


def rest(amount: int, currency: str, received: int) -> int:
    """What is still to come of a promise; 0 where no more is missing than is forgiven."""
    missing = amount - received
    return missing if missing > forgiven(amount, currency) else 0


def received(in_time: int, later: int) -> int:
    """What came of one invoice of a promise: applied in time, less what bounced later.

    A file does not say which payment bounces: one that came too late is taken back first.
    """
    return max(0, in_time + min(0, later))


def judge(amount: int, currency: str, received: int, unapplied: int) -> Judged:
    """`received`: applied to its invoices in time, less what has bounced since. `unapplied`: cash and credits
    of the account in this currency that came in time and stand on no invoice yet."""
    missing = rest(amount, currency, received)
    if not missing:
        return Judged(_KEPT, received, 0)
    if unapplied > 0 and missing - unapplied <= forgiven(amount, currency):
        return Judged(_PENDING, received, missing)
    return Judged(_IN_PART if received > 0 else _BROKEN, received, missing)


def reminder_on(promised_on: date, due_on: date, policy: Policy) -> date | None:
    """The day of its `promise_check`: one business day before. None: it was made too shortly before."""
    days, rules = policy.business_days, policy.promises
    if days.add_business_days(promised_on, rules.reminder_if_made_before) >= due_on:
        return None
    return days.add_business_days(due_on, -rules.reminder_business_days)


def needs_agreement(promised_on: date, due_on: date, deadline_on: date | None, policy: Policy) -> bool:
    """More than 30 days ahead only a supervisor can agree to it, and past the deadline of a suspension that
    threatens one of its invoices (product.md 4, 5)."""
    if deadline_on and due_on > deadline_on:
        return True
    return (due_on - promised_on).days > policy.promises.supervisor_beyond_days


def is_put_off_too_often(reschedules: int, policy: Policy) -> bool:
    """The second time that a day is moved it goes to the supervisor."""
    return reschedules >= policy.promises.escalate_at_reschedule


def is_broken_too_often(broken_on: list[date], on: date, policy: Policy) -> bool:
    """Two broken in 90 days go to the supervisor."""
    rules = policy.promises
    lately = [day for day in broken_on if 0 <= (on - day).days < rules.broken_within_days]
    return len(lately) >= rules.escalate_at_broken
