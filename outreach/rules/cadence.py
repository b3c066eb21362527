"""When steps become due and what tells one cycle from the next (product.md 2). `plan_day` applies it."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from outreach.rules.calendar import DAY, BusinessCalendar, weekend
from outreach.rules.policy import Policy
from outreach.rules.steps import FOLLOWUP_5, FOLLOWUP_15, PRE_DUE_3, PRE_DUE_7, Step


class Run(NamedTuple):
    """Where an unbroken run of `overdue_31` weeks stands."""

    week: int
    """1 in its first week"""
    email: bool
    """whether this week's firing has an email side"""
    next_contact: bool
    """two weeks unreached: call the next contact by role"""
    supervisor: bool
    """four weeks unreached: the supervisor's list"""


def days_past_due(due_on: date, on: date) -> int:
    """0 on the due day, negative before it."""
    return (on - due_on).days


def raw_date(step: Step, due_on: date, policy: Policy) -> date:
    """The day a step about an invoice becomes true: `due_on + 5`, `due_on + 15`; 7 and 3 days before it."""
    return due_on + _after(step, policy)


@lru_cache(maxsize=256)
def _after(step: Step, policy: Policy) -> timedelta:
    """How long after the due day; a plan asks for very many."""
    cadence = policy.cadence
    days = {
        PRE_DUE_7: -cadence.pre_due_7,
        PRE_DUE_3: -cadence.pre_due_3,
        FOLLOWUP_5: cadence.followup_5,
        FOLLOWUP_15: cadence.followup_15,
    }
    return timedelta(days[step])


def touch_date(raw: date, plan: date, calendar: BusinessCalendar) -> date:
    """`roll_forward(max(raw date, plan date))`."""
    return calendar.roll_forward(max(raw, plan))


def invoice_cycle(due_on: date, reopened: int) -> str:
    """A changed due date or a bounced payment makes a new cycle; a part payment does not."""
    return f"{due_on}/{reopened}"


def week_of(on: date) -> str:
    """The ISO week, such as 2026-W47."""
    year, week, _ = on.isocalendar()
    return f"{year}-W{week:02}"


def month_of(on: date) -> str:
    """The month, such as 2026-11."""
    return f"{on:%Y-%m}"


def aged_mrr_months(service_months: int, oldest_due: date | None, on: date) -> int:
    """max(distinct service months past due, whole months elapsed since the oldest past-due due date)."""
    if oldest_due is None:
        return 0
    elapsed = (on.year - oldest_due.year) * 12 + on.month - oldest_due.month
    # The n-th month is reached on the due date's day, or on the month's last day where the month is shorter.
    reached = on.day >= oldest_due.day or (on + DAY).day == 1
    return max(service_months, elapsed if reached else elapsed - 1)


def last_final_check(on: date, policy: Policy) -> date:
    """The last final-check date on or before a day: a missed one is caught up until the next."""
    days, n = policy.business_days, policy.calendar.final_check_day
    run = days.final_check_date(on.year, on.month, n)
    if run <= on:
        return run
    before = on.replace(day=1) - DAY
    return days.final_check_date(before.year, before.month, n)


def run_of(
    week: str,
    last_week: str | None,
    last_run: int,
    policy: Policy,
    *,
    unsent_email: bool = False,
    reached_on: date | None = None,
) -> Run:
    """The place of this week's `overdue_31` in its run.

    `last_*` are those of the latest firing before; an email it did not send passes on to this week.
    `reached_on`: when they were reached last.
    """
    unbroken = last_week is not None and _monday(week) - _monday(last_week) == timedelta(weeks=1)
    number = last_run + 1 if unbroken else 1
    unreached = weeks_unreached(week, number, reached_on)
    cadence = policy.cadence
    return Run(
        week=number,
        email=number in cadence.email_weeks or (unbroken and unsent_email),
        next_contact=unreached >= cadence.next_contact_after_weeks,
        supervisor=unreached >= cadence.supervisor_after_weeks,
    )


def weeks_unreached(week: str, number: int, reached_on: date | None) -> int:
    """How many whole weeks of a run have passed before its `number`-th, `week`, since they were reached."""
    if reached_on is None:
        return number - 1
    since = _monday(week) - _monday(week_of(reached_on))
    return max(min(number, since.days // 7) - 1, 0)


def carried_since(on: date, policy: Policy) -> date:
    """Attempts of the old week from this date on (its last 3 business days) count towards the new week's."""
    return policy.business_days.add_business_days(on, -policy.cadence.carried_days)


def answer_due(asked_at: datetime, agreed: datetime | None, policy: Policy) -> datetime:
    """When a callback, voicemail or reply is due: at the agreed time, else 4 working hours after it came."""
    if agreed:
        return agreed
    zone, working = policy.organization.zone, policy.calendar.working_hours
    hours = policy.cadence.answer_within_hours
    return policy.business_days.add_working_hours(asked_at, hours, zone, working)


def statement_touch(on: date, policy: Policy, start: date) -> date | None:
    """The day this month's statement leaves if it is due by `on`: caught up until the month's end.

    None: not due yet, dated before `start` (go-live), or too late.
    """
    rules, days = policy.calendar, policy.business_days
    raw = days.statement_date(on.year, on.month, rules.statement_holiday)
    touch = max(raw, on)
    if rules.statement_holiday != "keep":
        touch = days.roll_forward(touch)
    while weekend(touch):  # a statement that keeps its date may leave on a holiday, but not on a Sunday
        touch += DAY
    return touch if start <= raw <= on and touch.month == on.month else None


def _monday(week: str) -> date:
    return date.fromisocalendar(int(week[:4]), int(week[-2:]), 1)
