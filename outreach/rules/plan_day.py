"""One plan's day (product.md 2): what fires by then, what has lapsed, what nothing is asked of.

The planner makes one `PlanDay` a plan. Its cut-off dates prefilter in SQL, so that no rule is stated twice;
its methods judge invoices and accounts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

from outreach.rules.cadence import (
    aged_mrr_months,
    last_final_check,
    month_of,
    raw_date,
    statement_touch,
    week_of,
)
from outreach.rules.calendar import DAY
from outreach.rules.commitments import (
    Cover,
    Due,
    Held,
    asked,
    asked_parts,
    cover,
    first_hold,
    minimum_asked,
)
from outreach.rules.money import Rates
from outreach.rules.policy import Policy
from outreach.rules.steps import (
    AGED_MRR,
    FINAL_CHECK,
    FINAL_OVERDUE,
    FOLLOWUP_5,
    FOLLOWUP_15,
    OVERDUE_31,
    PRE_DUE_3,
    PRE_DUE_7,
    STATEMENT,
    Cycle,
    Step,
)

LapseWhy = Literal["paid", "no longer true", "caught up too late"]


class Climb(NamedTuple):
    """What an open invoice does on its ladder on a plan's day."""

    fires: Step | None
    """the reminder or followup that fires; None: its account's `overdue_31` carries it from now on"""
    rung: int
    """the invoice's new place, written by compare-and-set"""
    superseded: tuple[Step, ...]
    """became due at once with it and were never recorded; its open lower firings are superseded besides"""


class Balance(NamedTuple):
    """One account in one currency, as the fold reads it by the plan's day; amounts in minor units.

    An "asked part" is what is past due of an invoice less what is held of it (commitments.asked_part). Where
    there are holds or credits, `PlanDay.of_lines` works them out invoice by invoice.
    """

    account_id: int
    currency: str
    total_open: int = 0
    """of all invoices, less unapplied credits and receipts; may be negative"""
    open_invoices: int = 0
    """how many have something open"""
    credits: int = 0
    """unapplied credits and receipts, positive, that no asked part is less by yet"""
    # open and past due, whatever holds it
    past_due: int = 0
    over_31: int = 0
    final_past_due: int = 0
    mrr_months: int = 0
    """distinct service months, of the account in whatever currency"""
    mrr_oldest_due: date | None = None
    """likewise"""
    # asked parts
    asked: int = 0
    asked_over_31: int = 0
    final_asked: int = 0
    mrr_asked: int = 0
    oldest_due: date | None = None
    held: Held = Held()
    """of what is past due, by what holds it"""
    credited: int = 0
    """the credits that `PlanDay.of_lines` has taken off"""


class Line(NamedTuple):
    """An invoice with an asked part, before credits; only accounts with holds or credits need lines."""

    due_on: date
    asked: int
    final: bool = False
    mrr: bool = False


@dataclass(frozen=True, slots=True)
class PlanDay:
    """One plan's date and what follows from it. Due dates up to a cut-off (`due_on <= cut-off`) are meant."""

    on: date
    touch_on: date
    """the date of every touch but a statement's: `roll_forward(on)`"""
    week: str
    """cycle of the weekly steps, such as 2026-W47"""
    month: str
    """cycle of the statement, such as 2026-11"""
    past_due_by: date
    """at least one day past due"""
    followup_5_due_by: date
    followup_15_due_by: date
    overdue_31_due_by: date
    """more than 31 days past due"""
    final_due_by: date
    pre_due_7_due_by: date
    """the last due date of which the reminder may be sent today; likewise `pre_due_3_due_by`"""
    pre_due_3_due_by: date
    start: date
    """go-live: pre-dues whose day lies before it never fire"""
    statement_on: date | None
    """touch date of this month's statement; None: not due yet, before go-live, or the month has run out"""
    final_check_on: date | None
    """the last run on or before `on`; None: before go-live. It fires for open final invoices with
    `invoiced_on <= final_check_on` whose receipt is not confirmed"""
    final_check_cycle: str
    policy: Policy = field(repr=False)
    rates: Rates = field(repr=False)

    @classmethod
    def of(cls, on: date, policy: Policy, rates: Rates, go_live_on: date | None = None) -> "PlanDay":
        """`go_live_on`: the policy's, else the first plan's date; None: nothing is too old."""
        cadence, start = policy.cadence, go_live_on or date.min
        run = last_final_check(on, policy)
        return cls(
            on=on,
            touch_on=policy.business_days.roll_forward(on),
            week=week_of(on),
            month=month_of(on),
            past_due_by=on - DAY,
            followup_5_due_by=on - timedelta(cadence.followup_5),
            followup_15_due_by=on - timedelta(cadence.followup_15),
            overdue_31_due_by=on - timedelta(cadence.overdue_31 + 1),
            final_due_by=on - timedelta(cadence.final_overdue),
            pre_due_7_due_by=on + timedelta(cadence.pre_due_7),
            pre_due_3_due_by=on + timedelta(cadence.pre_due_3),
            start=start,
            statement_on=statement_touch(on, policy, start),
            final_check_on=run if run >= start else None,
            final_check_cycle=month_of(run),
            policy=policy,
            rates=rates,
        )

    def climb(self, due_on: date, rung: int, *, carried: bool) -> Climb | None:
        """What newly fires of an open invoice that stands on `rung`; None: nothing.

        `carried`: something is asked of it and its account has an `overdue_31` in this week.
        """
        if carried and due_on <= self.overdue_31_due_by:
            top = OVERDUE_31
        elif due_on <= self.followup_15_due_by:
            top = FOLLOWUP_15
        elif due_on <= self.followup_5_due_by:
            top = FOLLOWUP_5
        elif due_on > self.on:
            coming = self._pre_due(due_on)
            return _climb(rung, coming) if coming and rung < coming.rung else None
        else:
            return None
        return _climb(rung, top) if rung < top.rung else None

    def _pre_due(self, due_on: date) -> Step | None:
        """The reminder of an invoice that is not due yet, whose day has come: the later of the two."""
        days = ((step, raw_date(step, due_on, self.policy)) for step in (PRE_DUE_3, PRE_DUE_7))
        return next((step for step, raw in days if self.start <= raw <= self.on), None)

    def is_large(self, open_amounts: Iterable[tuple[str, int]]) -> bool:
        """Whether an account owes so much that it is reminded before what it owes falls due; by currency."""
        about = (self.rates.about_usd(amount, currency, self.on) for currency, amount in open_amounts)
        return sum(filter(None, about)) >= self.policy.cadence.pre_due_from

    def account_steps(self, balance: Balance) -> tuple[Step, ...]:
        """The account steps that are true today of something asked: overdue_31, final_overdue, aged_mrr; and
        the statement if it is due. Each fires once per cycle (`week`, `month`).

        For an account in several currencies take the union.
        """
        true = []
        if self.is_asked(balance):
            if balance.asked_over_31 > balance.credits:
                true.append(OVERDUE_31)
            if balance.final_asked:
                true.append(FINAL_OVERDUE)
            if balance.mrr_asked and self.is_aged(balance):
                true.append(AGED_MRR)
        if balance.open_invoices and self.statement_on:
            true.append(STATEMENT)
        return tuple(true)

    def is_asked(self, balance: Balance) -> bool:
        """Whether anything is asked of the account, credits off and not below the minimum."""
        return asked(balance.asked, balance.credits, self.minimum(balance.currency)) > 0

    def is_aged(self, balance: Balance) -> bool:
        """Whether the account has aged MRR months enough (2)."""
        months = aged_mrr_months(balance.mrr_months, balance.mrr_oldest_due, self.on)
        return months >= self.policy.cadence.aged_mrr_months

    def account_cover(self, step: Step, balance: Balance) -> Cover:
        """What covers an open weekly firing: NOTHING if the step is no longer true of anything open.

        Of several holds the first in the gate's order is named.
        """
        if step in self.account_steps(balance):
            return Cover.ASKED
        open_still = {
            OVERDUE_31: balance.over_31 > 0,
            FINAL_OVERDUE: balance.final_past_due > 0,
            AGED_MRR: self.is_aged(balance),
        }
        if not open_still[step]:
            return Cover.NOTHING
        return first_hold(balance.held) or self._uncovered(balance)

    def invoice_cover(self, past_due: int, held: Held, balance: Balance) -> Cover:
        """What covers a firing about an invoice: what holds it, else what covers its whole account."""
        own = cover(past_due, held)
        if own is not Cover.ASKED or self.is_asked(balance):
            return own
        return self._uncovered(balance)

    def _uncovered(self, balance: Balance) -> Cover:
        """Nothing is asked though no hold says so: too little is left, or credits cover it."""
        left = balance.asked - balance.credits
        return Cover.MINIMUM if 0 < left < self.minimum(balance.currency) else Cover.CASH

    def minimum(self, currency: str) -> int:
        """The least that is asked in a currency, in its minor units."""
        return minimum_asked(currency, self.on, self.policy, self.rates)

    def of_lines(self, balance: Balance, lines: Iterable[Line]) -> Balance:
        """The balance with the asked parts of its lines, its credits taken off the oldest first."""
        rest = list(lines)
        if balance.credits:
            left = asked_parts([Due(line.due_on, line.asked) for line in rest], balance.credits, minimum=0)
            rest = [line._replace(asked=part) for line, part in zip(rest, left, strict=True) if part]
        return balance._replace(
            credits=0,
            credited=balance.credits,
            asked=sum(line.asked for line in rest),
            asked_over_31=sum(line.asked for line in rest if line.due_on <= self.overdue_31_due_by),
            final_asked=sum(line.asked for line in rest if line.final and line.due_on <= self.final_due_by),
            mrr_asked=sum(line.asked for line in rest if line.mrr),
            oldest_due=min((line.due_on for line in rest), default=None),
        )

    def lapse(
        self, step: Step, cycle: str, *, paid: bool = False, still_true: bool = True
    ) -> LapseWhy | None:
        """Why an open firing has ended by itself by today; None: it stays open, held or not.

        `paid`: nothing is open any more of what it is about. `still_true`: False once an invoice has another
        cycle, a receipt is confirmed, or `account_cover` says NOTHING. Where a weekly step is still true the
        new week's firing supersedes the old one before this is asked.
        """
        if paid:
            return "paid"
        if not still_true or (step.cycle is Cycle.WEEK and cycle != self.week):
            return "no longer true"
        month = self.final_check_cycle if step is FINAL_CHECK else self.month
        return "caught up too late" if step.cycle is Cycle.MONTH and cycle != month else None


@cache
def _climb(rung: int, top: Step) -> Climb:
    alike = (PRE_DUE_7,) if top is PRE_DUE_3 else (FOLLOWUP_5, FOLLOWUP_15)
    passed = tuple(step for step in alike if rung < step.rung < top.rung)
    return Climb(None if top is OVERDUE_31 else top, top.rung, passed)
