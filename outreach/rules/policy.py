"""The business numbers of `config/outreach.toml`: a frozen tree, one class a section.

The defaults are those of product.md; the file states every one of them (a test holds the two together).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from outreach.rules.calendar import BusinessCalendar, holidays_of
from outreach.rules.kinds import KindRule
from outreach.rules.span import Span
from outreach.rules.typed_toml import Between, PolicyError, UsdCents, parse

__all__ = ["OUTER_HOURS", "Policy", "PolicyError", "Span"]

Few = Annotated[int, Between(0, 100)]
Days = Annotated[int, Between(0, 366)]
PerCent = Annotated[int, Between(0, 100)]
Minutes = Annotated[int, Between(1, 24 * 60)]
Seconds = Annotated[int, Between(1, 24 * 60 * 60)]

OUTER_HOURS = Span(time(8), time(21))
"""No call outside these, whatever the file says (product.md 3)."""

_OFFICE_HOURS, _MAIL_HOURS = Span(time(8), time(17)), Span(time(8), time(18))
_MINIMUM_ASKED = UsdCents(2_500)
_PRE_DUE_FROM = UsdCents(1_000_000)
_OVERDUE_31 = UsdCents(200_000_000)
_SUSPENDED_FROM = UsdCents(10_000)


@dataclass(frozen=True, slots=True)
class Organization:
    """Who we are. `zone` decides what "today" is."""

    name: str
    zone: ZoneInfo
    currency: str = "USD"
    country: str = "US"
    go_live_on: date | None = None
    """None: the date of the first plan"""
    roll_up: bool = True
    """a parent and its children are one customer (product.md 1); a change applies at the next import"""
    pay_link: str = ""
    remittance: str = ""
    postal_address: str = ""
    letters_from: str = ""
    """the name letters are signed with; empty: the organization's"""


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """Which days are business days, and which dates hang on them (product.md 1 and 2)."""

    country: str = "US"
    subdivision: str = ""
    closures: tuple[date, ...] = ()
    working_hours: Span = _OFFICE_HOURS
    statement_holiday: Literal["keep", "next", "previous"] = "keep"
    final_check_day: Annotated[int, Between(1, 15)] = 6
    fiscal_year_begins: Annotated[int, Between(1, 12)] = 1
    """the month with which the fiscal year, and so each of its quarters, begins"""

    def __post_init__(self) -> None:
        holidays_of(self.country, self.subdivision, 2000)


@dataclass(frozen=True, slots=True)
class Desk:
    """A rep's day (product.md 2, the day's queue)."""

    target: Annotated[int, Between(1, 1000)] = 75
    stop_at: Annotated[int, Between(1, 2000)] = 150
    every_nth: Annotated[int, Between(2, 1000)] = 9
    order: Literal["amount", "recovery"] = "amount"
    """within a tier: by what is asked, or by what a call may bring forward (rules.recovery)"""
    quiet_days: Days = 30


@dataclass(frozen=True, slots=True)
class Cadence:
    """When steps become due (product.md 2)."""

    followup_5: Days = 5
    followup_15: Days = 15
    overdue_31: Days = 31
    """strictly more than this many days past due"""
    final_overdue: Days = 1
    aged_mrr_months: Few = 2
    minimum_asked: UsdCents = _MINIMUM_ASKED
    pre_due_7: Days = 7
    """days before the due day"""
    pre_due_3: Days = 3
    pre_due_from: UsdCents = _PRE_DUE_FROM
    """for an invoice of at least so much, or of an account that is routinely late"""
    email_weeks: tuple[int, ...] = (1, 3, 5)
    next_contact_after_weeks: Few = 2
    supervisor_after_weeks: Few = 4
    carried_days: Few = 3
    conversation_quiet_days: Few = 5
    answer_within_hours: Few = 4


@dataclass(frozen=True, slots=True)
class Caps:
    """How often is decent, per number or address over all accounts (product.md 3)."""

    reached_per_day: Few = 1
    rang_per_day: Few = 2
    rang_per_7_days: Few = 7
    rang_account_per_7_days: Few = 21
    """whatever the number: what `reg_f_strict` counts for a debt"""
    busy_per_day: Few = 3
    silence_after_conversation_days: Days = 0


@dataclass(frozen=True, slots=True)
class HourRules:
    """When we call and when automatic mail leaves, in the zone of the one we contact."""

    calls: Span = _OFFICE_HOURS
    mail: Span = _MAIL_HOURS
    every_source: bool = False
    """both the address's zones and the number's must allow the moment"""

    def __post_init__(self) -> None:
        if self.calls.opens < OUTER_HOURS.opens or self.calls.closes > OUTER_HOURS.closes:
            raise ValueError(f"calls = {self.calls} leaves {OUTER_HOURS}, which is fixed")


@dataclass(frozen=True, slots=True)
class StateRow:
    """A stricter row for one country or state; the most restrictive wins."""

    calls: Span = OUTER_HOURS
    rang_per_day: Few = 100
    rang_per_7_days: Few = 100


@dataclass(frozen=True, slots=True)
class MailRules:
    """When automatic letters leave and how far they are apart."""

    leave_at: time = time(15)
    gap_days: Days = 3
    first_week_per_day: Annotated[int, Between(1, 1_000_000)] = 200


@dataclass(frozen=True, slots=True)
class Retry:
    """The retry ladder's numbers; its shape is the table in rules.outcomes (product.md 2, Attempt)."""

    attempts: Annotated[int, Between(1, 20)] = 3
    no_answer_working_hours: Few = 2
    busy_minutes: Minutes = 15
    busy_times: Few = 3
    failed_minutes: Minutes = 15
    failed_times: Few = 3
    failed_days: Few = 3
    voicemail_business_days: Few = 2
    voicemail_on_machine: Few = 3
    documents_days: Few = 2


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """Promises and what holds beside them (product.md 4)."""

    grace_business_days: Few = 1
    reminder_business_days: Few = 1
    reminder_if_made_before: Few = 3
    supervisor_beyond_days: Days = 30
    proposed_business_days: Few = 2
    escalate_at_reschedule: Few = 2
    escalate_at_broken: Few = 2
    broken_within_days: Days = 90
    claimed_paid_business_days: Few = 3


@dataclass(frozen=True, slots=True)
class DisputeRules:
    """How long a dispute may take, and what follows it (product.md 4)."""

    resolve_business_days: Few = 5
    promise_business_days: Few = 5
    """after it is resolved: the day proposed for the payment"""


@dataclass(frozen=True, slots=True)
class PlanRules:
    """Payment plans (product.md 4)."""

    reminder_business_days: Few = 1
    default_at_missed: Annotated[int, Between(1, 100)] = 2
    default_after_business_days: Few = 5


@dataclass(frozen=True, slots=True)
class IssueRules:
    """Issues on final invoices (product.md 4)."""

    due_business_days: Few = 3
    hold_business_days: Few = 10


@dataclass(frozen=True, slots=True)
class IntroductionRules:
    """A new rep introduces themselves (product.md 2)."""

    within_business_days: Few = 2
    lapse_business_days: Few = 10


@dataclass(frozen=True, slots=True)
class SuspensionRules:
    """When a suspension case begins, and what time it gives (product.md 5)."""

    over_days: Days = 30
    """strictly more than this many days past due"""
    minimum: UsdCents = _SUSPENDED_FROM
    tolerance: UsdCents = _SUSPENDED_FROM
    """a case with less than this still open is over"""
    second_after: Annotated[int, Between(1, 366)] = 7
    deadline_after: Annotated[int, Between(14, 366)] = 14
    warning_business_days: Annotated[int, Between(2, 100)] = 2
    meeting: Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] = "Wednesday"
    again_after: Days = 28
    """for so long an account that a person has taken off the list is not found again"""

    def __post_init__(self) -> None:
        if self.second_after >= self.deadline_after:
            raise ValueError("second_after must be less than deadline_after")


@dataclass(frozen=True, slots=True)
class Targets:
    """What the supervisor answers for (product.md 6)."""

    overdue_31: UsdCents = _OVERDUE_31
    """strictly less than this is overdue for more than 31 days"""
    dso: Days = 35
    """strictly fewer days"""
    dso_period: Annotated[int, Between(1, 366)] = 90
    """days of credit sales that DSO is worked out from"""
    collected: PerCent = 95
    """of what falls due in a quarter, at least"""


@dataclass(frozen=True, slots=True)
class Lateness:
    """Which accounts are routinely late (product.md 6)."""

    invoices: Annotated[int, Between(1, 1000)] = 4
    """due within the months: of fewer nothing is said"""
    months: Annotated[int, Between(1, 60)] = 12
    per_cent: PerCent = 60
    median_days: Days = 10
    """of those that were late"""


@dataclass(frozen=True, slots=True)
class Doubt:
    """How long a provider may be silent before we ask, and before we stop waiting (design.md 2, P1)."""

    click_taken: Seconds = 60
    """for a worker to take a click"""
    call_reported: Seconds = 2 * 60
    """for the next report of a call, and between two questions about it"""
    call_given_up: Seconds = 10 * 60
    """since the request: a call that the carrier does not know twice by then was never placed"""
    rep_over: Seconds = 15
    """for the customer's outcome, once the rep's leg is over"""
    letter_posted: Seconds = 2 * 60
    """for the worker that posts a letter to write down its answer: longer than any request lasts"""
    letter_unconfirmed: Seconds = 2 * 60 * 60
    """for any report of a letter that may have left: then it is shown to a person"""


@dataclass(frozen=True, slots=True)
class NumberRules:
    """Which numbers may be dialled."""

    countries: tuple[str, ...] = ("US", "CA")
    forbidden: tuple[re.Pattern[str], ...] = (
        re.compile(r"\+1\d{3}[2-9]11\d{4}"),
        re.compile(r"\+1\d{3}976\d{4}"),
        re.compile(r"\+1\d{3}5551212"),
        re.compile(r"\+1600\d{7}"),
    )
    """over the whole E.164 number: N11 codes, pay-per-call, directory assistance, Canadian satellite"""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When the tick starts what, in the organization's zone."""

    plan: time = time(6)
    expire: time = time(0, 5)
    suspensions: time = time(5, 30)
    anchor: time = time(23, 45)


@dataclass(frozen=True, eq=False)
class Policy:
    """All of it. Compared by identity, so that what is worked out from it can be cached on it."""

    organization: Organization
    profile: Literal["b2b_default", "reg_f_strict"] = "b2b_default"
    kinds: tuple[KindRule, ...] = ()
    """which invoices are final or MRR where the file has no column for it; the first that matches wins"""
    calendar: CalendarRules = field(default_factory=CalendarRules)
    desk: Desk = field(default_factory=Desk)
    cadence: Cadence = field(default_factory=Cadence)
    caps: Caps = field(default_factory=Caps)
    hours: HourRules = field(default_factory=HourRules)
    states: Mapping[str, StateRow] = field(default_factory=dict)
    """by "US" or "US-WA"; `[states.US-WA]` in the file"""
    mail: MailRules = field(default_factory=MailRules)
    retry: Retry = field(default_factory=Retry)
    promises: PromiseRules = field(default_factory=PromiseRules)
    disputes: DisputeRules = field(default_factory=DisputeRules)
    plans: PlanRules = field(default_factory=PlanRules)
    issues: IssueRules = field(default_factory=IssueRules)
    introduction: IntroductionRules = field(default_factory=IntroductionRules)
    suspension: SuspensionRules = field(default_factory=SuspensionRules)
    targets: Targets = field(default_factory=Targets)
    lateness: Lateness = field(default_factory=Lateness)
    doubt: Doubt = field(default_factory=Doubt)
    numbers: NumberRules = field(default_factory=NumberRules)
    timetable: Timetable = field(default_factory=Timetable)

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a document such as `config/outreach.toml`. Raises PolicyError naming key and remedy."""
        policy = parse(text, cls)
        return _strict(policy) if policy.profile == "reg_f_strict" else policy

    @cached_property
    def business_days(self) -> BusinessCalendar:
        """The organization's business days."""
        return BusinessCalendar(self.calendar.country, self.calendar.subdivision, self.calendar.closures)

    def rows(self, country: str, state: str) -> list[StateRow]:
        """The stricter rows that apply at a place: the country's and the state's."""
        names = (country, f"{country}-{state}")
        return [self.states[name] for name in names if name in self.states]

    def today(self, now: datetime) -> date:
        """`org_today`: the date in the organization's zone, never a UTC date."""
        return now.astimezone(self.organization.zone).date()

    def moment(self, on: date, at: time) -> datetime:
        """A time of the organization's day as a moment."""
        return datetime.combine(on, at, self.organization.zone)


def _strict(policy: Policy) -> Policy:
    """`reg_f_strict`, for mixed books (product.md 3): whatever the file says, at least this strict."""
    caps, hours = policy.caps, policy.hours
    return replace(
        policy,
        caps=replace(
            caps,
            rang_per_7_days=min(caps.rang_per_7_days, 7),
            rang_account_per_7_days=min(caps.rang_account_per_7_days, 7),
            silence_after_conversation_days=max(caps.silence_after_conversation_days, 7),
        ),
        hours=replace(hours, every_source=True),
    )
