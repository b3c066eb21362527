"""The retry ladder as data: what follows an attempt that ended (product.md 2, Attempt).

Each firing has its own count: after an attempt every firing of its touch is asked what follows, and those
that go on ride together on the earliest next touch, unless their step has had its calls of that day.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from outreach.rules.hours import Closed, Duty, Half, call_window, half_of_day, next_call_window, or_ours
from outreach.rules.outcomes import Disposition, Outcome, effective, rang
from outreach.rules.policy import Policy
from outreach.rules.steps import FINAL_CHECK, OVERDUE_31, Step
from outreach.rules.zones import Place


class Try(NamedTuple):
    """One ended attempt: when it was made, what the carrier said, what the rep said."""

    at: datetime
    outcome: Outcome
    disposition: Disposition | None = None

    @property
    def effective(self) -> Outcome:
        return effective(self.outcome, self.disposition)


class Next(NamedTuple):
    """What follows: one `act`, when, and the title of a task to open besides.

    "same touch": try again inside it. "next contact": a new touch to the next contact, at once where the step
    may ring again that day. "unreached": the firing's call side has ended. "wait": until the outcome is
    resolved.
    """

    act: Literal["same touch", "new touch", "next contact", "unreached", "wait", "disposition"]
    on: date | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    task: str = ""
    task_for: Literal["rep", "supervisor"] = "rep"
    waits: bool = False
    """it rides on no call of an earlier day"""


class _Case(NamedTuple):
    tries: Sequence[Try]
    step: Step
    place: Place
    policy: Policy
    now: datetime
    duty: Duty | None

    @property
    def last(self) -> Try:
        return self.tries[-1]

    @property
    def today(self) -> date:
        return self.policy.today(self.last.at)

    def per_day(self, outcomes: frozenset[Outcome]) -> Counter[date]:
        """How many of the tries ended so, by the organization's date."""
        return Counter(self.policy.today(one.at) for one in self.tries if one.effective in outcomes)


def after(
    tries: Sequence[Try],
    step: Step,
    place: Place,
    policy: Policy,
    *,
    now: datetime,
    duty: Duty | None = None,
) -> Next:
    """What follows the last of a firing's `tries` (all of them, oldest first), never in the past.

    `place` is the called contact's, `duty` its rep's hours.
    """
    case = _Case(tries, step, or_ours(place, policy), policy, now, duty)
    row = LADDER[case.last.effective]
    if row in (_wait, _disposition, _failed):
        return row(case)
    if spent(tries, policy) >= policy.retry.attempts:
        return _unreached(step)
    following = row(case)
    if not _has_had_its_day(case):
        return following
    if step is FINAL_CHECK or following.on == case.today:
        following = _other_day(case, 1)._replace(act=following.act)
    return following._replace(waits=True)


def _has_had_its_day(case: _Case) -> bool:
    """A final check rings once a day; an `overdue_31` the last time on another day than the others."""
    if case.step is FINAL_CHECK:
        return rang(case.last.outcome) or LADDER[case.last.effective] is not _mend
    days = {case.policy.today(one.at) for one in case.tries if rang(one.outcome)}
    is_last = spent(case.tries, case.policy) == case.policy.retry.attempts - 1
    return case.step is OVERDUE_31 and is_last and days == {case.today}


def spent(tries: Sequence[Try], policy: Policy) -> int:
    """Attempts that rang, and days on which the line stayed busy: at most 3 a firing."""
    busy_days = Counter(policy.today(one.at) for one in tries if one.effective is Outcome.BUSY)
    exhausted = sum(times >= policy.retry.busy_times for times in busy_days.values())
    return sum(rang(one.outcome) for one in tries) + exhausted


def letters(step: Step, call_side: str, rang: int, policy: Policy) -> int:
    """How many a firing gets: one; a final check another after its third call, unless they had closed it."""
    closed = call_side == "done" and rang < policy.retry.attempts
    return 2 if step is FINAL_CHECK and not closed else 1


def may_leave_voicemail(tries: Sequence[Try], policy: Policy) -> bool:
    """Whether the next attempt of a firing may leave a voicemail: on the third machine."""
    machines = sum(one.effective is Outcome.MACHINE for one in tries)
    return machines + 1 >= policy.retry.voicemail_on_machine


def _no_answer(case: _Case) -> Next:
    """+2 working hours; after the second, the next business day in the other half of the contact's day."""
    unanswered = [one for one in case.tries if one.effective in (Outcome.NO_ANSWER, Outcome.ABANDONED)]
    if len(unanswered) > 1:
        return _other_half(case)
    policy = case.policy
    zone, working = policy.organization.zone, policy.calendar.working_hours
    hours = policy.retry.no_answer_working_hours
    return _from(case, policy.business_days.add_working_hours(case.last.at, hours, zone, working))


def _busy(case: _Case) -> Next:
    """+15 minutes, until it was busy 3 times that day; then as the later rows of no_answer."""
    if case.per_day(frozenset({Outcome.BUSY}))[case.today] < case.policy.retry.busy_times:
        return _from(case, case.last.at + timedelta(minutes=case.policy.retry.busy_minutes))
    return _other_half(case)


def _machine(case: _Case) -> Next:
    return _other_day(case, 1)


def _voicemail_left(case: _Case) -> Next:
    return _other_day(case, case.policy.retry.voicemail_business_days)


def _mend(case: _Case) -> Next:
    """The number is marked; the next contact is called at once."""
    return Next("next contact", case.policy.today(case.now), case.now)


def _failed(case: _Case) -> Next:
    """+15 minutes inside the touch, 3 times; then the next business day; after 3 such days a task besides."""
    retry = case.policy.retry
    failures = case.per_day(FAILURES)
    if failures[case.today] <= retry.failed_times:
        again = _from(case, case.last.at + timedelta(minutes=retry.failed_minutes))
        return again._replace(act="same touch") if again.on == case.today else again
    failed_days = sum(times > retry.failed_times for times in failures.values())
    task = "Calls keep failing: check the number and the line" if failed_days >= retry.failed_days else ""
    return _other_day(case, 1)._replace(task=task)


def _wait(_case: _Case) -> Next:
    return Next("wait")


def _disposition(_case: _Case) -> Next:
    return Next("disposition")


LADDER: Mapping[Outcome, Callable[[_Case], Next]] = {
    Outcome.NO_ANSWER: _no_answer,
    Outcome.ABANDONED: _no_answer,
    Outcome.BUSY: _busy,
    Outcome.MACHINE: _machine,
    Outcome.VOICEMAIL_LEFT: _voicemail_left,
    Outcome.FAX: _mend,
    Outcome.BAD_NUMBER: _mend,
    Outcome.BLOCKED: _mend,
    Outcome.FAILED: _failed,
    Outcome.NOT_PLACED: _failed,
    Outcome.CANCELED: _failed,
    Outcome.REP_NO_ANSWER: _failed,
    Outcome.ANSWERED_HUMAN: _disposition,
    Outcome.ANSWERED_UNKNOWN: _disposition,
    Outcome.UNKNOWN: _wait,
}

FAILURES = frozenset(outcome for outcome, row in LADDER.items() if row is _failed)
"""never counted against the customer"""

MEND: Mapping[Outcome, str] = {
    Outcome.FAX: "Find a number to speak on: this one is a fax",
    Outcome.BAD_NUMBER: "Find the right number: this one does not reach them",
    Outcome.BLOCKED: "Find another number: the carrier blocks this one",
}
"""the task that each of these opens, whatever follows for the firings: the contact is marked"""


def _unreached(step: Step) -> Next:
    if step is FINAL_CHECK:
        task = "Final invoice: its receipt could not be confirmed by phone"
        return Next("unreached", task=task, task_for="supervisor")
    return Next("unreached", task="Not reached by phone: find another way")


def _other_day(case: _Case, days: int) -> Next:
    on = case.policy.business_days.add_business_days(case.today, days)
    return _on(case, on, None)


def _other_half(case: _Case) -> Next:
    """The next business day in the half of the contact's day in which it was not tried last."""
    on = case.policy.business_days.add_business_days(case.today, 1)
    was = half_of_day(case.place, case.last.at)
    return _on(case, on, "afternoon" if was == "morning" else "morning")


def _on(case: _Case, on: date, half: Half | None) -> Next:
    """A new touch on a date; where they or the rep are closed then, when both are open next."""
    window = call_window(case.place, on, case.policy, case.duty, half)
    if isinstance(window, Closed) or window.closes <= case.now:
        return _from(case, case.policy.moment(on, case.policy.calendar.working_hours.opens))
    return Next("new touch", on, window.opens, window.closes)


def _from(case: _Case, moment: datetime) -> Next:
    """A new touch at a moment, or when the contact may next be called."""
    moment = max(moment, case.now)
    window = next_call_window(case.place, moment, case.policy, case.duty)
    if isinstance(window, Closed):
        return Next("new touch", case.policy.business_days.roll_forward(case.policy.today(moment)))
    not_before = max(moment, window.opens)
    return Next("new touch", case.policy.today(not_before), not_before, window.closes)
