"""What can be said of how often and at what hour: conversations, gaps, caps, hours (product.md 3).

One function a rule, None when it has nothing to say. The day of caps and gaps is the organization's date.
"""

from datetime import UTC, date, datetime, time, timedelta

from outreach.rules.calendar import DAY
from outreach.rules.hours import (
    Closed,
    Window,
    leave_at,
    next_call_window,
    next_mail_window,
    opens_in_words,
    or_ours,
)
from outreach.rules.standing import Answer, Case, day_words, defer, no
from outreach.rules.steps import CALLBACK, FOLLOWUP_5, FOLLOWUP_15, STATEMENT, VOICEMAIL_RETURN
from outreach.rules.zones import Place

_FOLLOWUPS = {FOLLOWUP_5.name, FOLLOWUP_15.name}
_ASKED_FOR = {CALLBACK.name, VOICEMAIL_RETURN.name}


def spoken(case: Case) -> Answer | None:
    """A closing disposition before the letter left: what it would ask has been said."""
    if not case.question.by_hand and case.standing.spoken_today:
        return no("spoken", "We spoke today: send the confirming letter instead.")
    return None


def spoken_lately(case: Case) -> Answer | None:
    """A conversation spares them new follow-up calls for 5 business days; on another call they ride."""
    talked = case.standing.conversation_on
    if talked is None or case.question.rides or case.question.step not in _FOLLOWUPS:
        return None
    quiet = case.policy.cadence.conversation_quiet_days
    again = case.policy.business_days.add_business_days(talked, quiet)
    words = f"We spoke on {day_words(talked)}: it rides on the next call."
    return defer("spoken", _opening(case, again), words) if case.today < again else None


def silence(case: Case) -> Answer | None:
    """Days without any call of ours after a conversation (reg_f_strict)."""
    talked, days = case.standing.conversation_on, case.policy.caps.silence_after_conversation_days
    if talked is None or case.question.step in _ASKED_FOR:
        return None
    again = talked + timedelta(days)
    words = f"We spoke on {day_words(talked)}: no call for {days} days."
    return defer("spoken", _opening(case, again), words) if case.today < again else None


def minimum_gap(case: Case) -> Answer | None:
    last = case.standing.dunned_on
    if case.question.by_hand or last is None:
        return None
    again = last + timedelta(case.policy.mail.gap_days)
    words = f"The last letter went to this address on {day_words(last)}."
    return defer("minimum gap", _leaving(case, again), words) if case.today < again else None


def one_a_day(case: Case) -> Answer | None:
    if case.question.by_hand or case.standing.automatic_on != case.today:
        return None
    until = _leaving(case, case.today + DAY)
    return defer("one a day", until, "This address had its automatic letter for today.")


def reached_already(case: Case) -> Answer | None:
    """One conversation or voicemail a day; not for what they asked for."""
    standing, cap = case.standing, case.policy.caps.reached_per_day
    if case.question.step in _ASKED_FOR:
        return None
    if max(standing.reached_contact_today, standing.reached_account_today) < cap:
        return None
    return defer("capped", _opening(case, case.today + DAY), "They were reached today.")


def rang_enough(case: Case) -> Answer | None:
    per_day, per_week = _rang_caps(case)
    rang = sorted(day for day in case.standing.rang if day > case.today - timedelta(7))
    if len(rang) >= per_week:
        again = rang[-per_week] + timedelta(7)
        return defer("capped", _opening(case, again), f"The number rang {len(rang)} times in 7 days.")
    if (today := rang.count(case.today)) >= per_day:
        return defer("capped", _opening(case, case.today + DAY), f"The number rang {today} times today.")
    return None


def account_rang_enough(case: Case) -> Answer | None:
    """Whatever the number: under Regulation F 7 calls in 7 days about one debt."""
    cap = case.policy.caps.rang_account_per_7_days
    rang = sorted(day for day in case.standing.rang_account if day > case.today - timedelta(7))
    if len(rang) < cap:
        return None
    words = f"The account was rung {len(rang)} times in 7 days."
    return defer("capped", _opening(case, rang[-cap] + timedelta(7)), words)


def busy_enough(case: Case) -> Answer | None:
    if case.standing.busy_today < case.policy.caps.busy_per_day:
        return None
    words = f"The number was busy {case.standing.busy_today} times today."
    return defer("capped", _opening(case, case.today + DAY), words)


def rep_done(case: Case) -> Answer | None:
    if case.standing.rep_attempts_today < case.policy.desk.stop_at:
        return None
    words = f"You made {case.standing.rep_attempts_today} attempts today: that is a day's work."
    return defer("rep at limit", _opening(case, case.today + DAY), words)


def call_hours(case: Case) -> Answer | None:
    """Their hours, and the rep's."""
    window = next_call_window(case.standing.place, case.now, case.policy, case.standing.duty)
    return _outside(case, window, case.standing.place)


def mail_hours(case: Case) -> Answer | None:
    """The recipient's hours, for automatic letters; on holidays only for statements."""
    if case.question.by_hand:
        return None
    any_day = case.question.step == STATEMENT.name
    window = next_mail_window(case.standing.place, case.now, case.policy, on_holidays=any_day)
    return _outside(case, window, or_ours(case.standing.place, case.policy))


def _outside(case: Case, window: Window | Closed, place: Place) -> Answer | None:
    if isinstance(window, Closed):
        return no("outside hours", f"{window.why}.")
    if window.holds(case.now):
        return None
    words = opens_in_words(window, place, case.now)
    return defer("outside hours", window.opens, f"{words[0].upper()}{words[1:]}.")


def _rang_caps(case: Case) -> tuple[int, int]:
    """How often a number may ring a day and in 7 days; rows of country and state make it less."""
    caps, rows = case.policy.caps, case.policy.rows(case.standing.place.country, case.standing.place.state)
    per_day = min([caps.rang_per_day, *(row.rang_per_day for row in rows)])
    return per_day, min([caps.rang_per_7_days, *(row.rang_per_7_days for row in rows)])


def _opening(case: Case, on: date) -> datetime:
    """When they may be called from a day on."""
    start = case.policy.moment(on, time.min)
    window = next_call_window(case.standing.place, start, case.policy, case.standing.duty)
    if isinstance(window, Window):
        return window.opens
    day = case.policy.business_days.roll_forward(on)
    return case.policy.moment(day, case.policy.calendar.working_hours.opens).astimezone(UTC)


def _leaving(case: Case, on: date) -> datetime:
    """When an automatic letter leaves, from a day on."""
    day = case.policy.business_days.roll_forward(on)
    at = leave_at(case.standing.place, day, case.policy)
    return (
        at if isinstance(at, datetime) else case.policy.moment(day, case.policy.mail.leave_at).astimezone(UTC)
    )
