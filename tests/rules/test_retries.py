from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.hours import Duty
from outreach.rules.outcomes import Disposition, Outcome, rang
from outreach.rules.policy import Span
from outreach.rules.retries import LADDER, MEND, Next, Try, after, letters, may_leave_voicemail
from outreach.rules.steps import FINAL_CHECK, FOLLOWUP_5, Step
from outreach.rules.zones import Place, locate
from tests.rules.given import POLICY, day, ny

Ended, Said = Outcome, Disposition
NEW_YORK = locate("America/New_York", "US", "NY")
DENVER = locate("America/Denver", "US", "CO")


def follows(done: list[Try], step: Step, place: Place = NEW_YORK) -> Next:
    """What follows, told at once."""
    return after(done, step, place, POLICY, now=done[-1].at)


def tries(*told: tuple[str, Outcome]) -> list[Try]:
    """Tries on the Monday before Thanksgiving, New York time, or on the day that is said."""
    return [Try(ny(at if "-" in at else f"2026-11-23 {at}"), outcome) for at, outcome in told]


def new_touch(opens: str, closes: str = "17:00") -> Next:
    return Next("new touch", day(opens[:10]), ny(opens), ny(f"{opens[:10]} {closes}"))


def same_touch(opens: str) -> Next:
    return new_touch(opens)._replace(act="same touch")


@pytest.mark.parametrize(
    ("told", "then"),
    [
        # no_answer, abandoned: +2 working hours, then the next business day in the other half of the day
        ([("09:00", Ended.NO_ANSWER)], new_touch("2026-11-23 11:00")),
        ([("09:00", Ended.ABANDONED)], new_touch("2026-11-23 11:00")),
        ([("16:00", Ended.NO_ANSWER)], new_touch("2026-11-24 09:00")),
        ([("15:00", Ended.NO_ANSWER)], new_touch("2026-11-24 08:00")),  # 17:00 is closing time
        ([("09:00", Ended.NO_ANSWER), ("11:00", Ended.NO_ANSWER)], new_touch("2026-11-24 12:00")),
        ([("13:00", Ended.NO_ANSWER), ("15:00", Ended.NO_ANSWER)], new_touch("2026-11-24 08:00", "12:00")),
        ([("2026-11-20 16:30", Ended.NO_ANSWER)], new_touch("2026-11-23 09:30")),
        # busy: +15 minutes, 3 times that day, then as no_answer
        ([("09:00", Ended.BUSY)], new_touch("2026-11-23 09:15")),
        ([("09:00", Ended.BUSY), ("09:15", Ended.BUSY)], new_touch("2026-11-23 09:30")),
        (
            [("09:00", Ended.BUSY), ("09:15", Ended.BUSY), ("09:30", Ended.BUSY)],
            new_touch("2026-11-24 12:00"),
        ),
        ([("16:50", Ended.BUSY)], new_touch("2026-11-24 08:00")),
        # machine: the next business day; voicemail_left: 2 business days
        ([("09:00", Ended.MACHINE)], new_touch("2026-11-24 08:00")),
        ([("2026-11-25 09:00", Ended.MACHINE)], new_touch("2026-11-27 08:00")),  # Thanksgiving between
        ([("09:00", Ended.VOICEMAIL_LEFT)], new_touch("2026-11-25 08:00")),
        ([("2026-11-24 09:00", Ended.VOICEMAIL_LEFT)], new_touch("2026-11-27 08:00")),
        # failed, not_placed, canceled, rep_no_answer: +15 minutes inside the touch, 3 times, then the next
        ([("09:00", Ended.FAILED)], same_touch("2026-11-23 09:15")),
        ([("09:00", Ended.REP_NO_ANSWER)], same_touch("2026-11-23 09:15")),
        ([("09:00", Ended.CANCELED)], same_touch("2026-11-23 09:15")),
        ([("16:50", Ended.NOT_PLACED)], new_touch("2026-11-24 08:00")),  # the day is over
        (
            [("09:00", Ended.FAILED), ("09:15", Ended.NOT_PLACED), ("09:30", Ended.CANCELED)],
            same_touch("2026-11-23 09:45"),
        ),
        (
            [
                ("09:00", Ended.FAILED),
                ("09:15", Ended.FAILED),
                ("09:30", Ended.FAILED),
                ("09:45", Ended.FAILED),
            ],
            new_touch("2026-11-24 08:00"),
        ),
        # the disposition decides, and nothing follows what nobody knows
        ([("09:00", Ended.ANSWERED_HUMAN)], Next("disposition")),
        ([("09:00", Ended.ANSWERED_UNKNOWN)], Next("disposition")),
        ([("09:00", Ended.UNKNOWN)], Next("wait")),
    ],
)
def test_the_ladder(told: list[tuple[str, Outcome]], then: Next) -> None:
    assert follows(tries(*told), FOLLOWUP_5) == then


def test_every_outcome_has_its_row() -> None:
    assert set(LADDER) == set(Outcome)


@pytest.mark.parametrize("outcome", [Ended.FAX, Ended.BAD_NUMBER, Ended.BLOCKED])
def test_a_number_that_is_no_use_gives_way_to_the_next_contact_at_once(outcome: Outcome) -> None:
    then = follows(tries(("09:00", outcome)), FOLLOWUP_5)
    assert (then.act, then.not_before) == ("next contact", ny("2026-11-23 09:00"))


def test_each_outcome_that_turns_to_the_next_contact_has_a_task_to_mend_this_one() -> None:
    turning = {one for one in set(Outcome) - DECIDED_ELSEWHERE if _first(one).act == "next contact"}
    assert set(MEND) == turning


def _first(outcome: Outcome) -> Next:
    return follows(tries(("09:00", outcome)), FOLLOWUP_5)


@pytest.mark.parametrize(
    ("disposition", "act"),
    [(Said.NO_CONTACT, "new touch"), (Said.LEFT_MESSAGE, "new touch"), (Said.WRONG_NUMBER, "next contact")],
)
def test_the_reps_word_on_an_answered_call_goes_on_like_an_outcome(
    disposition: Disposition, act: str
) -> None:
    spoken = [Try(ny("2026-11-23 09:00"), Ended.ANSWERED_HUMAN, disposition)]
    assert follows(spoken, FOLLOWUP_5).act == act


def test_the_half_is_that_of_the_contacts_day() -> None:
    twice = tries(("12:30", Ended.NO_ANSWER), ("14:30", Ended.NO_ANSWER))  # 10:30 and 12:30 in Denver
    then = follows(twice, FOLLOWUP_5, DENVER)
    assert (then.not_before, then.not_after) == (ny("2026-11-24 10:00"), ny("2026-11-24 14:00"))


def test_a_holiday_of_theirs_puts_it_off() -> None:
    salt_lake = locate(None, "US", "UT")  # Pioneer Day, July 24
    then = follows([Try(ny("2026-07-23 11:00"), Ended.MACHINE)], FOLLOWUP_5, salt_lake)
    assert then.on == day("2026-07-27")


@pytest.mark.parametrize(
    "told",
    [
        [Ended.NO_ANSWER, Ended.NO_ANSWER, Ended.NO_ANSWER],
        [Ended.MACHINE, Ended.VOICEMAIL_LEFT, Ended.MACHINE],
        [Ended.NO_ANSWER, Ended.MACHINE, Ended.FAX],
        [Ended.NO_ANSWER, Ended.FAILED, Ended.BUSY, Ended.MACHINE, Ended.ABANDONED],
    ],
)
def test_three_attempts_that_rang_are_enough_whatever_the_outcomes(told: list[Outcome]) -> None:
    start = ny("2026-11-16 09:00")
    done = [Try(start + timedelta(days=n), outcome) for n, outcome in enumerate(told)]
    then = follows(done, FOLLOWUP_5)
    assert then.act == "unreached"
    assert then.task
    assert follows(done[:-1], FOLLOWUP_5).act != "unreached"


def test_a_wrong_number_rang_too() -> None:
    wrong = [Try(ny(f"2026-11-2{n} 09:00"), Ended.ANSWERED_HUMAN, Said.WRONG_NUMBER) for n in (3, 4, 5)]
    assert follows(wrong, FOLLOWUP_5).act == "unreached"


def test_a_line_that_is_busy_for_three_days_is_not_reached() -> None:
    days = [
        tries(*((f"2026-11-{on} 09:{minute}", Ended.BUSY) for minute in ("00", "15", "30")))
        for on in (23, 24, 25)
    ]
    assert follows([*days[0], *days[1]], FOLLOWUP_5).act == "new touch"
    assert follows([*days[0], *days[1], *days[2]], FOLLOWUP_5).act == "unreached"


def test_failures_are_not_counted_against_the_customer_and_after_three_days_a_person_looks() -> None:
    def failing(on: int) -> list[Try]:
        return tries(*((f"2026-11-{on} 09:{minute}", Ended.FAILED) for minute in ("00", "15", "30", "45")))

    second = follows([*failing(23), *failing(24)], FOLLOWUP_5)
    assert (second.act, second.on, second.task) == ("new touch", day("2026-11-25"), "")
    third = follows([*failing(23), *failing(24), *failing(25)], FOLLOWUP_5)
    assert (third.act, third.on) == ("new touch", day("2026-11-27"))
    assert third.task


@pytest.mark.parametrize("outcome", [Ended.NO_ANSWER, Ended.BUSY, Ended.MACHINE, Ended.VOICEMAIL_LEFT])
def test_a_final_check_has_one_call_on_each_of_three_business_days(outcome: Outcome) -> None:
    days = [ny(f"2026-11-{on} 09:00") for on in (24, 25, 27)]
    done = [Try(at, Ended.NO_ANSWER) for at in days]
    first = follows([Try(days[0], outcome)], FINAL_CHECK)
    assert (first.act, first.on) == ("new touch", day("2026-11-25"))
    assert follows(done[:2], FINAL_CHECK).on == day("2026-11-27")
    third = follows(done, FINAL_CHECK)
    assert (third.act, third.task_for) == ("unreached", "supervisor")


@pytest.mark.parametrize(
    ("outcome", "disposition", "on"),
    [
        (Ended.FAX, None, "2026-11-24"),
        (Ended.ANSWERED_HUMAN, Said.WRONG_NUMBER, "2026-11-24"),
        (Ended.BAD_NUMBER, None, "2026-11-23"),  # nothing rang: the day still has its call
    ],
)
def test_a_final_check_turns_to_the_next_contact_on_its_next_day(
    outcome: Outcome, disposition: Disposition | None, on: str
) -> None:
    then = follows([Try(ny("2026-11-23 09:00"), outcome, disposition)], FINAL_CHECK)
    assert (then.act, then.on) == ("next contact", day(on))


@pytest.mark.parametrize(
    ("step", "call_side", "rang", "places"),
    [
        (FOLLOWUP_5, "unreached", 3, 1),
        (FINAL_CHECK, "open", 0, 2),
        (FINAL_CHECK, "unreached", 3, 2),
        (FINAL_CHECK, "unreached", 0, 2),  # busy for three days
        (FINAL_CHECK, "done", 1, 1),
        (FINAL_CHECK, "done", 3, 2),
    ],
)
def test_a_final_check_has_its_second_letter_after_three_calls_only(
    step: Step, call_side: str, rang: int, places: int
) -> None:
    assert letters(step, call_side, rang, POLICY) == places


def test_a_voicemail_may_be_left_on_the_third_machine() -> None:
    machines = tries(("09:00", Ended.MACHINE), ("2026-11-24 09:00", Ended.MACHINE))
    assert not may_leave_voicemail([], POLICY)
    assert not may_leave_voicemail(machines[:1], POLICY)
    assert may_leave_voicemail(machines, POLICY)


def test_a_call_to_a_place_nobody_knows_any_more_goes_by_our_clock() -> None:
    then = follows(tries(("09:00", Ended.NO_ANSWER)), FOLLOWUP_5, Place())
    assert then == new_touch("2026-11-23 11:00")


def test_a_report_that_comes_late_plans_nothing_in_the_past() -> None:
    told = ny("2026-11-24 10:00")
    for outcome in (Ended.NO_ANSWER, Ended.BUSY, Ended.FAILED, Ended.BAD_NUMBER, Ended.MACHINE):
        then = after(tries(("09:00", outcome)), FOLLOWUP_5, NEW_YORK, POLICY, now=told)
        assert then.on == day("2026-11-24")
        assert then.act != "same touch"  # its day is over
        assert then.not_after is None or then.not_after > told


def test_the_other_half_gives_way_where_the_rep_is_not_on_duty_then() -> None:
    mornings = Duty(ZoneInfo("America/New_York"), Span.parse("08:00-12:00"))
    twice = tries(("08:30", Ended.NO_ANSWER), ("10:30", Ended.NO_ANSWER))
    then = after(twice, FOLLOWUP_5, NEW_YORK, POLICY, now=twice[-1].at, duty=mornings)
    assert then == new_touch("2026-11-24 08:00", "12:00")


DECIDED_ELSEWHERE = {Ended.ANSWERED_HUMAN, Ended.ANSWERED_UNKNOWN, Ended.UNKNOWN}
CALLS = st.sampled_from(sorted(set(Outcome) - DECIDED_ELSEWHERE))


@given(st.lists(CALLS, min_size=1, max_size=30))
def test_following_the_ladder_never_rings_more_than_three_times_nor_goes_back_in_time(
    outcomes: list[Outcome],
) -> None:
    done: list[Try] = []
    at: datetime = ny("2026-11-23 09:00")
    for outcome in outcomes:
        done.append(Try(at, outcome))
        then = follows(done, FOLLOWUP_5)
        if then.act == "unreached":
            break
        assert then.not_before is not None
        assert then.not_before >= at
        at = then.not_before
    assert sum(rang(one.outcome) for one in done) <= 3
