"""The table of product.md 3, cell by cell, and then each rule's own edges."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.rules.commitments import Cover
from outreach.rules.gate import ALL, LASTING, Answer, Question, Standing, ask, every
from outreach.rules.hours import Duty
from outreach.rules.policy import Policy, Span
from outreach.rules.steps import Channel, Purpose, step
from outreach.rules.zones import Place, locate
from tests.rules.given import POLICY, day, ny, policy

CALL, EMAIL = Channel.CALL, Channel.EMAIL
TODAY = day("2026-11-23")  # a Monday
NOON = ny("2026-11-23 12:00")
NEW_YORK = locate(None, "US", "NY")
DENVER = locate("America/Denver", "US", "CO")
REP = Duty(ZoneInfo("America/New_York"), Span.parse("08:00-17:00"))

CLEAR = Standing(
    ledger_as_of=TODAY,
    total_open=10000,
    destination="+12125550123",
    place=NEW_YORK,
    duty=REP,
)


def standing(**facts: Any) -> Standing:
    """Nothing stands against it, but for these facts."""
    return CLEAR._replace(**facts)


def about(name: str, channel: Channel, *, by_hand: bool = False) -> Question:
    return Question.about(step(name), channel, by_hand=by_hand)


def answers(question: Question, now: datetime = NOON, policy: Policy = POLICY, **facts: Any) -> str:
    return ask(question, standing(**facts), now, policy).answer


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("purpose", Purpose)
def test_where_nothing_objects_the_answer_is_yes(purpose: Purpose, channel: Channel) -> None:
    assert ask(Question(purpose, channel), CLEAR, NOON, POLICY) == Answer("yes", "", None, "")
    assert every(Question(purpose, channel), CLEAR, NOON, POLICY) == []


# One step stands for each column: dunning, reminder, statement, service, suspension notice.
COLUMNS = ("followup_5", "promise_check", "statement", "final_check", "suspension_notice_1")
NO, WAIT, YES = "no", "defer", "yes"

EVERYBODY = [
    ("kill switch", {"kill_switch": True}),
    ("paused", {"paused": "too many complaints"}),
    ("do not mail", {"opted_out": True}),
    ("bad address", {"bad": "it bounced"}),
    ("address not allowed", {"not_allowed": "It is no contact's of this account."}),
    ("suppressed", {"suppressed": "they complained"}),
    ("no address", {"destination": ""}),
    ("attempt in doubt", {"attempt": "in doubt"}),
    ("letter under way", {"attempt": "live"}),
]
TABLE = [
    # rule, facts, what each column says
    *((rule, facts, (NO, NO, NO, NO, NO)) for rule, facts in EVERYBODY),
    ("legal hold", {"barred": "legal hold"}, (NO, NO, NO, NO, NO)),
    ("insolvency", {"barred": "insolvency"}, (NO, NO, NO, NO, NO)),
    ("outside agency", {"barred": "outside agency"}, (NO, NO, NO, NO, NO)),
    ("nothing asked", {"cover": Cover.NOTHING}, (NO, NO, YES, YES, NO)),
    ("below minimum", {"cover": Cover.MINIMUM}, (NO, YES, YES, YES, NO)),
    ("unapplied cash", {"cover": Cover.CASH}, (NO, YES, YES, YES, NO)),
    ("nothing open", {"total_open": 0}, (YES, YES, NO, YES, YES)),
    ("held by dispute", {"cover": Cover.DISPUTE}, (NO, NO, YES, YES, NO)),
    ("held by plan", {"cover": Cover.PLAN}, (NO, NO, YES, YES, NO)),
    ("held by promise", {"cover": Cover.PROMISE}, (NO, YES, YES, YES, YES)),
    ("ledger not tied out", {"untied": "open.csv"}, (YES, YES, WAIT, YES, YES)),
    ("held by issue", {"cover": Cover.ISSUE}, (NO, YES, YES, YES, YES)),
    ("payment claimed", {"cover": Cover.CLAIM}, (NO, NO, YES, YES, NO)),
    ("reply waiting", {"reply_waiting": True}, (NO, NO, YES, YES, YES)),
    ("stale ledger", {"ledger_as_of": day("2026-11-19")}, (NO, WAIT, WAIT, YES, WAIT)),
    ("minimum gap", {"dunned_on": day("2026-11-22")}, (WAIT, YES, YES, YES, YES)),
    ("spoken", {"spoken_today": True}, (NO, YES, YES, NO, YES)),
    ("one a day", {"automatic_on": TODAY}, (WAIT, WAIT, WAIT, WAIT, WAIT)),
]
CELLS = [
    (rule, facts, name, says) for rule, facts, row in TABLE for name, says in zip(COLUMNS, row, strict=True)
]


@pytest.mark.parametrize(("rule", "facts", "name", "says"), CELLS)
def test_the_table_for_automatic_letters(rule: str, facts: dict[str, Any], name: str, says: str) -> None:
    found = ask(about(name, EMAIL), standing(**facts), NOON, POLICY)
    assert found.answer == says
    assert found.rule == ("" if says == YES else rule)
    assert says == YES or (found.words[0].isupper() and found.words.endswith("."))


ON_CALLS = {("held by promise", "suspension_notice_1"): NO}
"""a promise silences the calls about a suspension, not its letters (product.md 5)"""
MAIL_ONLY = {"ledger not tied out", "reply waiting", "stale ledger", "minimum gap", "spoken", "one a day"}
CALL_WORDS = {
    "do not mail": "do not call",
    "bad address": "bad number",
    "address not allowed": "number not allowed",
    "no address": "no number",
    "letter under way": "call under way",
}


@pytest.mark.parametrize(("rule", "facts", "name", "says"), CELLS)
def test_the_table_for_calls(rule: str, facts: dict[str, Any], name: str, says: str) -> None:
    found = ask(about(name, CALL), standing(**facts), NOON, POLICY)
    says = YES if rule in MAIL_ONLY else ON_CALLS.get((rule, name), says)
    assert (found.answer, found.rule) == (says, "" if says == YES else CALL_WORDS.get(rule, rule))


# The finer words of the table


@pytest.mark.parametrize("name", ["callback", "voicemail_return", "reply_waiting"])
@pytest.mark.parametrize("bar", ["legal hold", "insolvency", "outside agency"])
def test_only_a_persons_answer_to_them_passes_a_bar(name: str, bar: str) -> None:
    assert answers(about(name, CALL), barred=bar) == YES
    assert answers(about(name, EMAIL, by_hand=True), barred=bar) == YES
    assert answers(about(name, EMAIL), barred=bar) == NO
    assert answers(Question(Purpose.SERVICE, EMAIL, by_hand=True), barred=bar) == YES
    assert answers(about("introduction", CALL), barred=bar) == NO
    assert answers(about("final_check", EMAIL, by_hand=True), barred=bar) == NO


@pytest.mark.parametrize(
    ("name", "cover", "says"),
    [
        ("pre_due_7", Cover.DISPUTE, NO),
        ("pre_due_3", Cover.PLAN, NO),
        ("instalment_check", Cover.DISPUTE, YES),
        ("instalment_check", Cover.PLAN, YES),
        ("instalment_check", Cover.NOTHING, NO),
        ("pre_due_7", Cover.PROMISE, NO),
        ("pre_due_3", Cover.PROMISE, NO),
        ("promise_check", Cover.PROMISE, YES),
        ("promise_check", Cover.NOTHING, NO),
    ],
)
def test_reminders_go_by_their_own_invoice_promise_or_instalment(name: str, cover: Cover, says: str) -> None:
    assert answers(about(name, EMAIL), cover=cover) == says


@pytest.mark.parametrize(
    "facts",
    [
        {"reply_waiting": True},
        {"ledger_as_of": None},
        {"dunned_on": TODAY},
        {"automatic_on": TODAY},
        {"spoken_today": True},
    ],
)
def test_what_holds_automatic_mail_does_not_hold_a_persons_letter(facts: dict[str, Any]) -> None:
    assert answers(about("followup_5", EMAIL), **facts) != YES
    assert answers(about("followup_5", EMAIL, by_hand=True), **facts) == YES


def test_a_promise_says_how_long_it_holds() -> None:
    found = ask(
        about("followup_5", CALL),
        standing(cover=Cover.PROMISE, covered_until=day("2026-11-27")),
        NOON,
        POLICY,
    )
    assert found.until == ny("2026-11-28 00:00")
    assert found.words == "They have promised to pay all of it; that holds through Fri Nov 27."


@pytest.mark.parametrize(
    ("now", "as_of", "says"),
    [
        ("2026-11-23 12:00", "2026-11-20", YES),  # Monday: the previous business day is Friday
        ("2026-11-23 12:00", "2026-11-19", NO),
        ("2026-11-27 12:00", "2026-11-25", YES),  # Thanksgiving between
        ("2026-11-27 12:00", "2026-11-24", NO),
        ("2026-11-24 12:00", "2026-11-24", YES),
    ],
)
def test_a_ledger_is_stale_before_the_previous_business_day(now: str, as_of: str, says: str) -> None:
    assert answers(about("followup_5", EMAIL), ny(now), ledger_as_of=day(as_of)) == says


def test_a_ledger_without_an_import_is_stale() -> None:
    found = ask(about("statement", EMAIL), standing(ledger_as_of=None), NOON, POLICY)
    assert found == Answer(
        "defer", "stale ledger", None, "The ledger has no import yet: import the open invoices first."
    )


@pytest.mark.parametrize(
    ("last", "until"),
    [
        ("2026-11-20", None),  # three days have passed
        ("2026-11-21", "2026-11-24 15:00"),
        ("2026-11-22", "2026-11-25 15:00"),
        ("2026-11-23", "2026-11-27 15:00"),  # Thanksgiving
    ],
)
def test_three_days_between_dunning_letters(last: str, until: str | None) -> None:
    found = ask(about("followup_5", EMAIL), standing(dunned_on=day(last)), NOON, POLICY)
    assert (found.answer, found.until) == (("defer", ny(until)) if until else ("yes", None))


def test_the_next_automatic_letter_leaves_on_the_next_business_day() -> None:
    found = ask(about("statement", EMAIL), standing(automatic_on=TODAY), NOON, POLICY)
    assert found.until == ny("2026-11-24 15:00")
    assert answers(about("statement", EMAIL), automatic_on=day("2026-11-22")) == YES


@pytest.mark.parametrize(("total_open", "says"), [(1, YES), (0, NO), (-500, NO)])
def test_a_statement_is_of_something_open(total_open: int, says: str) -> None:
    assert answers(about("statement", EMAIL), total_open=total_open) == says


# Calls: rep, zone, hours


@pytest.mark.parametrize(
    ("now", "says"), [("07:59", WAIT), ("08:00", YES), ("16:59", YES), ("17:00", WAIT), ("20:00", WAIT)]
)
def test_the_first_minute_is_open_and_the_last_is_not(now: str, says: str) -> None:
    assert answers(about("followup_5", CALL), ny(f"2026-11-23 {now}")) == says


def test_a_call_needs_a_rep_and_a_zone_and_a_letter_does_not() -> None:
    nobody = standing(duty=None, place=Place())
    assert [found.rule for found in every(about("followup_5", CALL), nobody, NOON, POLICY, LASTING)] == [
        "no zone",
        "no rep",
    ]
    assert ask(about("followup_5", EMAIL), nobody, NOON, POLICY).answer == YES


@pytest.mark.parametrize(
    ("now", "place", "until", "words"),
    [
        ("2026-11-23 07:18", NEW_YORK, "2026-11-23 08:00", "08:00 in New York, in 42 min"),
        ("2026-11-23 09:18", DENVER, "2026-11-23 10:00", "08:00 in Denver, in 42 min"),
        ("2026-11-23 17:00", NEW_YORK, "2026-11-24 08:00", "Tue Nov 24 08:00 in New York, in 15 h 0 min"),
        ("2026-11-21 12:00", NEW_YORK, "2026-11-23 08:00", "Mon Nov 23 08:00 in New York, in 1 d 20 h"),
        ("2026-11-26 12:00", NEW_YORK, "2026-11-27 08:00", "Fri Nov 27 08:00 in New York, in 20 h 0 min"),
    ],
)
def test_outside_hours_says_when_it_opens(now: str, place: Place, until: str, words: str) -> None:
    found = ask(about("followup_5", CALL), standing(place=place), ny(now), POLICY)
    assert found == Answer("defer", "outside hours", ny(until), f"Opens {words}.")


def test_hours_that_never_meet_the_reps_are_a_no_with_the_reason() -> None:
    early = Duty(ZoneInfo("America/New_York"), Span.parse("08:00-09:00"))
    found = ask(about("followup_5", CALL), standing(place=DENVER, duty=early), NOON, POLICY)
    assert (found.answer, found.rule) == ("no", "outside hours")
    assert found.words == "2026-11-23: the rep's hours 08:00-09:00 never meet 08:00-17:00 in Denver."


def test_hours_are_of_the_moment_and_no_matter_for_a_plan() -> None:
    night = ny("2026-11-23 03:00")
    assert ask(about("followup_5", CALL), CLEAR, night, POLICY, LASTING).answer == YES
    assert ask(about("followup_5", CALL), CLEAR, night, POLICY, ALL).answer == WAIT


@pytest.mark.parametrize(
    ("name", "now", "says"),
    [
        ("followup_5", "2026-11-23 17:59", YES),
        ("followup_5", "2026-11-23 18:00", WAIT),
        ("followup_5", "2026-11-26 15:00", WAIT),  # Thanksgiving
        ("statement", "2026-11-26 15:00", YES),
        ("statement", "2026-11-21 15:00", WAIT),  # never on a Saturday
    ],
)
def test_automatic_mail_keeps_hours(name: str, now: str, says: str) -> None:
    assert answers(about(name, EMAIL), ny(now), ledger_as_of=day(now[:10])) == says


def test_a_persons_letter_keeps_none() -> None:
    assert answers(about("followup_5", EMAIL, by_hand=True), ny("2026-11-21 23:00")) == YES


# Caps


@pytest.mark.parametrize(
    ("facts", "until"),
    [
        ({"reached_contact_today": 1}, "2026-11-24 08:00"),
        ({"reached_account_today": 1}, "2026-11-24 08:00"),
        ({"rang": (TODAY,)}, None),
        ({"rang": (TODAY, TODAY)}, "2026-11-24 08:00"),
        ({"rang": tuple(day(f"2026-11-{on}") for on in (17, 17, 18, 18, 19, 20))}, None),
        ({"rang": tuple(day(f"2026-11-{on}") for on in (17, 17, 18, 18, 19, 19, 20))}, "2026-11-24 08:00"),
        ({"rang": tuple(day(f"2026-11-{on}") for on in (18, 18, 19, 19, 20, 20, 23))}, "2026-11-25 08:00"),
        ({"rang": tuple(day(f"2026-11-{on}") for on in (16, 17, 17, 18, 18, 19, 20))}, None),  # 16th: a week
        ({"busy_today": 2}, None),
        ({"busy_today": 3}, "2026-11-24 08:00"),
    ],
)
def test_caps(facts: dict[str, Any], until: str | None) -> None:
    found = ask(about("followup_5", CALL), standing(**facts), NOON, POLICY)
    assert (found.answer, found.rule) == ((WAIT, "capped") if until else (YES, ""))
    assert found.until == (ny(until) if until else None)


@pytest.mark.parametrize(("profile", "says"), [("b2b_default", YES), ("reg_f_strict", WAIT)])
def test_the_strict_profile_counts_seven_calls_a_debt_over_all_numbers(profile: str, says: str) -> None:
    rang = tuple(day(f"2026-11-{on}") for on in (17, 18, 18, 19, 19, 20, 20))
    mine = policy(("b2b_default", profile))
    assert answers(about("followup_5", CALL), policy=mine, rang_account=rang) == says
    assert answers(about("followup_5", CALL), policy=mine, rang_account=rang[1:]) == YES


@pytest.mark.parametrize("name", ["callback", "voicemail_return"])
def test_what_they_asked_for_is_exempt_from_once_a_day_and_from_nothing_else(name: str) -> None:
    assert answers(about(name, CALL), reached_contact_today=1, reached_account_today=1) == YES
    assert answers(about(name, CALL), rang=(TODAY, TODAY)) == WAIT
    assert answers(about(name, CALL), busy_today=3) == WAIT


def test_a_states_row_makes_the_caps_smaller() -> None:
    strict = policy(("[states.US-FL]\n", "[states.US-FL]\nrang_per_day = 1\nrang_per_7_days = 3\n"))
    florida = locate("America/New_York", "US", "FL")
    assert answers(about("followup_5", CALL), policy=strict, place=florida, rang=(TODAY,)) == WAIT
    assert answers(about("followup_5", CALL), policy=strict, place=NEW_YORK, rang=(TODAY,)) == YES
    week = tuple(day(f"2026-11-{on}") for on in (18, 19, 20))
    assert answers(about("followup_5", CALL), policy=strict, place=florida, rang=week) == WAIT


def test_a_rep_stops_at_150_attempts() -> None:
    assert answers(about("followup_5", CALL), rep_attempts_today=149) == YES
    found = ask(about("callback", CALL), standing(rep_attempts_today=150), NOON, POLICY)
    assert (found.answer, found.rule, found.until) == (WAIT, "rep at limit", ny("2026-11-24 08:00"))


# Conversations


@pytest.mark.parametrize(
    ("name", "talked", "says"),
    [
        ("followup_5", "2026-11-20", WAIT),
        ("followup_15", "2026-11-17", WAIT),
        ("followup_5", "2026-11-16", YES),  # five business days ago
        ("overdue_31", "2026-11-20", YES),
        ("final_check", "2026-11-20", YES),
    ],
)
def test_after_a_conversation_followups_make_no_new_call_for_five_business_days(
    name: str, talked: str, says: str
) -> None:
    assert answers(about(name, CALL), conversation_on=day(talked)) == says


@pytest.mark.parametrize(
    ("profile", "says"), [(("b2b_default",) * 2, YES), (("b2b_default", "reg_f_strict"), WAIT)]
)
def test_after_a_conversation_followups_ride_on_a_call_that_is_made_anyway(
    profile: tuple[str, str], says: str
) -> None:
    """But not through the strict profile's silence."""
    riding = Question.about(step("followup_5"), CALL, rides=True)
    assert answers(riding, policy=policy(profile), conversation_on=day("2026-11-20")) == says


def test_the_letter_of_a_followup_does_not_wait_for_that() -> None:
    assert answers(about("followup_5", EMAIL), conversation_on=day("2026-11-20")) == YES


@pytest.mark.parametrize(
    ("name", "talked", "says"),
    [
        ("overdue_31", "2026-11-17", WAIT),
        ("overdue_31", "2026-11-16", YES),
        ("final_check", "2026-11-20", WAIT),
        ("callback", "2026-11-20", YES),
    ],
)
def test_the_strict_profile_keeps_seven_days_of_silence(name: str, talked: str, says: str) -> None:
    strict = policy(("b2b_default", "reg_f_strict"))
    assert answers(about(name, CALL), policy=strict, conversation_on=day(talked)) == says


# Which rule decides


def test_the_first_no_decides_before_any_wait() -> None:
    both = standing(cover=Cover.DISPUTE, destination="", rang=(TODAY, TODAY), duty=None)
    found = every(about("followup_5", CALL), both, NOON, POLICY)
    assert [answer.rule for answer in found] == ["held by dispute", "no number", "no rep", "capped"]
    assert ask(about("followup_5", CALL), both, NOON, POLICY).rule == "held by dispute"


def test_of_several_waits_the_longest_decides() -> None:
    facts = {"dunned_on": day("2026-11-22"), "automatic_on": TODAY}
    found = ask(about("followup_5", EMAIL), standing(**facts), NOON, POLICY)
    assert (found.rule, found.until) == ("minimum gap", ny("2026-11-25 15:00"))


def test_a_wait_without_an_end_is_the_longest() -> None:
    facts = {"ledger_as_of": None, "automatic_on": TODAY}
    found = ask(about("promise_check", EMAIL), standing(**facts), NOON, POLICY)
    assert (found.rule, found.until) == ("stale ledger", None)
