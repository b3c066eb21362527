"""When steps fire (product.md 2): the trigger law, cycles, the invoice's ladder, the account's weekly steps.

The planner makes one `PlanDay` a plan. Its cut-off dates prefilter in SQL, so that no rule is stated twice; its
methods judge invoices and accounts.
"""

from datetime import date, datetime
from typing import Literal, NamedTuple

from outreach.rules.calendar import BusinessCalendar
from outreach.rules.policy import Policy
from outreach.rules.steps import Step

LapseWhy = Literal["paid", "no longer true", "caught up too late"]


class Climb(NamedTuple):
    """What an invoice does on its ladder on a plan's day."""

    fires: Step | None
    """the followup that fires; None: the account's `overdue_31` carries it from now on"""
    rung: int
    """the invoice's new place, to be written by compare-and-set"""
    superseded: tuple[Step, ...]
    """became due at once with it and were never recorded; open lower firings are superseded besides"""


class Balance(NamedTuple):
    """One account in one currency, as the fold reads it: minor units, as of the plan's day.

    `asked` parts are what is open less disputed, promised, planned and otherwise held (commitments.asked_part).
    """

    account_id: int
    currency: str
    total_open: int
    """all open invoices less unapplied credits and receipts; may be negative"""
    open_invoices: int
    """how many invoices have something open"""
    past_due: int
    disputed: int
    planned: int
    promised: int
    issues: int
    claimed: int
    """of `past_due`: held by dispute, plan, promise, issue, or while we look for a payment they claim"""
    credits: int
    """unapplied credits and receipts, positive; taken off the oldest first"""
    asked: int
    """asked parts of what is past due, before credits"""
    asked_over_31: int
    oldest_asked_due: date | None
    final_asked: int
    """asked parts of final invoices at least a day past due"""
    mrr_asked: int
    mrr_months: int
    """distinct service months among past-due MRR invoices with an asked part"""
    mrr_oldest_due: date | None


class Run(NamedTuple):
    """Where an unbroken run of `overdue_31` weeks stands."""

    week: int
    """1 in its first week"""
    email: bool
    """this week's firing has an email side"""
    next_contact: bool
    supervisor: bool


class PlanDay:
    """One plan's date and what follows from it."""

    on: date
    touch_on: date
    """`roll_forward(on)`: the date of every touch but a statement's"""
    week: str
    """cycle of the weekly steps, such as 2026-W47"""
    month: str
    """cycle of the statement, such as 2026-11"""
    followup_5_due_by: date
    """newest due date at which the step is due: `due_on <= ...`"""
    followup_15_due_by: date
    overdue_31_due_by: date
    """`due_on <= ...`: more than 31 days past due"""
    final_due_by: date
    past_due_by: date
    """`due_on <= ...`: at least one day past due"""
    statement_on: date | None
    """the touch date of this month's statement if it is due and not yet lapsed, else None"""
    final_check_on: date | None
    """the last 6th business day on or before the plan's date; None before go-live. It fires for open final
    invoices with `invoiced_on <= final_check_on` and no confirmed receipt"""
    final_check_cycle: str

    def __init__(self, on: date, policy: Policy, go_live_on: date | None = None) -> None:
        raise NotImplementedError

    def climb(self, due_on: date, rung: int, *, carried: bool) -> Climb | None:
        """What newly fires of an open invoice at `rung`; None: nothing.

        `carried`: the invoice has an asked part and its account has an `overdue_31` of this week.
        """
        raise NotImplementedError

    def account_steps(self, balance: Balance) -> tuple[Step, ...]:
        """The account steps that are true today: overdue_31, final_overdue, aged_mrr, statement.

        Each fires once per cycle: what is already recorded for `week` or `month` is not fired again; an open weekly
        firing that is no longer among them has lapsed. For several currencies take the union.
        """
        raise NotImplementedError


def days_past_due(due_on: date, on: date) -> int:
    """0 on the due day, negative before it."""
    return (on - due_on).days


def raw_date(step: Step, due_on: date, policy: Policy) -> date:
    """The day an invoice step becomes true: `due_on + 5`."""
    raise NotImplementedError


def touch_date(raw: date, plan: date, calendar: BusinessCalendar) -> date:
    """`roll_forward(max(raw date, plan date))`."""
    return calendar.roll_forward(max(raw, plan))


def invoice_cycle(due_on: date, reopened: int) -> str:
    """A changed due date or a bounced payment makes a new cycle; a part payment does not."""
    return f"{due_on}/{reopened}"


def aged_mrr_months(service_months: int, oldest_due: date | None, on: date) -> int:
    """max(distinct service months past due, whole months elapsed since the oldest past-due due date)."""
    raise NotImplementedError


def run_of(
    week: str, last_week: str | None, last_run: int, policy: Policy, *, unsent_email: bool = False
) -> Run:
    """The place of this `overdue_31` in its run; `last_*` are the latest firing's, `unsent_email` passes on."""
    raise NotImplementedError


def carried_since(on: date, policy: Policy) -> date:
    """Attempts of the old week from this date on count towards the new week's."""
    raise NotImplementedError


def lapse(
    step: Step, cycle: str, on: date, policy: Policy, *, paid: bool, still_true: bool
) -> LapseWhy | None:
    """Why an open firing has ended by itself on a plan's day; None: it stays open."""
    raise NotImplementedError


def callback_due(asked_at: datetime, agreed: datetime | None, policy: Policy) -> datetime:
    """The agreed time, else 4 working hours after they asked. Also for voicemails and replies."""
    raise NotImplementedError
