"""The day's queue: tiers, order, and the places of the quiet (product.md 2)."""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from outreach.rules.policy import Desk
from outreach.rules.steps import BROKEN_PROMISE, FOLLOWUP_5, FOLLOWUP_15, Step


class Candidate(NamedTuple):
    """A customer with an open call firing."""

    account_id: int
    tier: int
    value: int | None
    """what is asked, about US cents, for ranking only; None: no rate, so last in its tier"""
    before_cut_off: bool = False
    """a call today comes before the cut-off of their next pay run"""
    mrr_past_due: bool = False
    past_due: bool = True
    last_contact_on: date | None = None
    """last conversation or voicemail; None: never"""
    rang_on: date | None = None
    """last call that rang; None: never"""


_MRR_FIRST = {FOLLOWUP_5.tier, FOLLOWUP_15.tier}


def tier(steps: Iterable[Step], *, broken_promise: bool = False) -> int:
    """The best tier of the open call firings; 1 or better while a promise stands broken."""
    tiers = [step.tier for step in (*steps, *([BROKEN_PROMISE] if broken_promise else []))]
    return min(tier for tier in tiers if tier is not None)


def order(candidate: Candidate) -> tuple[int, ...]:
    """Sort key: tier, those before their cut-off, past-due MRR in 6 and 7, value, longest since the last
    contact, account id."""
    value = candidate.value
    return (
        candidate.tier,
        candidate.value is None,
        not candidate.before_cut_off,
        candidate.tier in _MRR_FIRST and not candidate.mrr_past_due,
        0 if value is None else -value,
        _day(candidate.last_contact_on),
        candidate.account_id,
    )


def queue(candidates: Iterable[Candidate], on: date, desk: Desk) -> list[Candidate]:
    """One rep's customers by rank, all of them: the first `desk.target` are the day's, the others backfill.

    Every ninth place belongs to a past-due account without a call that rang for 30 days, the longest quiet
    first, so that small balances are not starved. Where there is none it goes to the next in order.
    """
    ordered = sorted(candidates, key=order)
    since = on - timedelta(desk.quiet_days)
    quiet = [one for one in ordered if one.past_due and (one.rang_on is None or one.rang_on <= since)]
    quiet.sort(key=lambda one: _day(one.rang_on))
    return _interleave(ordered, quiet, desk.every_nth)


def _interleave(ordered: Sequence[Candidate], quiet: Sequence[Candidate], every_nth: int) -> list[Candidate]:
    main, aside, placed = deque(ordered), deque(quiet), set[int]()
    ranked: list[Candidate] = []
    while len(ranked) < len(ordered):
        source = aside if (len(ranked) + 1) % every_nth == 0 and aside else main
        candidate = source.popleft()
        if candidate.account_id not in placed:
            placed.add(candidate.account_id)
            ranked.append(candidate)
    return ranked


def _day(on: date | None) -> int:
    """Never is longest ago."""
    return on.toordinal() if on else 0
