"""The terms of a suspension case: days, candidates, ends, meetings (product.md 5 and 7)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.rules.policy import Policy, PolicyError
from outreach.rules.suspension import State
from outreach.rules.suspension_terms import (
    Books,
    Days,
    Debt,
    EndWhy,
    charged,
    days_from,
    due_on,
    ended,
    is_fresh,
    last_day,
    last_meeting,
    listed,
    next_meeting,
    notice_on,
)
from tests.rules.given import POLICY, RATES, day, policy

ON = day("2026-11-23")


def days(day0: str, second: str, warning: str, deadline: str) -> Days:
    return Days(day(day0), day(second), day(warning), day(deadline))


@pytest.mark.parametrize(
    ("delivered", "expected", "due"),
    [
        # the golden vector: Christmas lies between
        ("2026-12-11", days("2026-12-11", "2026-12-18", "2026-12-23", "2026-12-28"), "2026-12-29"),
        # delivered on a Saturday: the clock starts on Monday
        ("2026-11-28", days("2026-11-30", "2026-12-07", "2026-12-10", "2026-12-14"), "2026-12-15"),
        # on the eve of Thanksgiving, on it, and after it
        ("2026-11-25", days("2026-11-25", "2026-12-02", "2026-12-07", "2026-12-09"), "2026-12-10"),
        ("2026-11-26", days("2026-11-27", "2026-12-04", "2026-12-09", "2026-12-11"), "2026-12-14"),
        # the second notice falls on a holiday and moves on; so does the deadline
        ("2026-12-18", days("2026-12-18", "2026-12-28", "2026-12-30", "2027-01-04"), "2027-01-05"),
    ],
)
def test_the_days_of_a_case(delivered: str, expected: Days, due: str) -> None:
    found = days_from(day(delivered), POLICY)
    assert found == expected
    assert due_on(found.deadline_on, POLICY) == day(due)


@given(delivered=st.dates(date(2024, 1, 1), date(2035, 1, 1)))
@settings(max_examples=300, deadline=None)
def test_the_time_given_is_never_shorter(delivered: date) -> None:
    found, business = days_from(delivered, POLICY), POLICY.business_days
    assert all(business.is_business_day(one) for one in found)
    assert delivered <= found.day0 < found.second_on < found.warning_on < found.deadline_on
    assert found.deadline_on >= found.day0 + timedelta(14)
    assert business.add_business_days(found.warning_on, 2) == found.deadline_on
    assert last_day(found.deadline_on, found.warning_on, POLICY) == found.deadline_on
    assert due_on(found.deadline_on, POLICY) > found.deadline_on


@pytest.mark.parametrize(
    ("warned", "deadline"),
    [
        ("2026-12-22", "2026-12-28"),
        ("2026-12-23", "2026-12-28"),
        ("2026-12-24", "2026-12-29"),
        ("2026-12-26", "2026-12-30"),
        ("2027-01-05", "2027-01-07"),
    ],
)
def test_a_late_warning_gives_two_business_days_all_the_same(warned: str, deadline: str) -> None:
    assert last_day(day("2026-12-28"), day(warned), POLICY) == day(deadline)


@pytest.mark.parametrize(
    ("as_of", "fresh"),
    [(None, False), ("2026-12-24", False), ("2026-12-28", True), ("2026-12-29", True)],
)
def test_a_fresh_ledger_knows_the_deadlines_payments(as_of: str | None, fresh: bool) -> None:
    assert is_fresh(day(as_of) if as_of else None, day("2026-12-29"), POLICY) is fresh


def debt(due: str = "2026-10-01", amount: int = 50_000, disputed: int = 0, planned: int = 0) -> Debt:
    return Debt(1, day(due), amount, disputed, planned)


@pytest.mark.parametrize(
    ("on", "candidate"), [("2026-11-21", False), ("2026-11-22", True), ("2026-11-23", True)]
)
def test_thirty_days_are_not_more_than_thirty(on: str, candidate: bool) -> None:
    """The golden vector: due 2026-10-22, 30 days past due on 11-21, 31 on 11-22."""
    assert bool(listed(Books([debt("2026-10-22")]), "USD", day(on), POLICY, RATES)) is candidate


@pytest.mark.parametrize(
    ("books", "currency", "amounts"),
    [
        (Books([]), "USD", []),
        (Books([debt(amount=9_999)]), "USD", []),
        (Books([debt(amount=10_000)]), "USD", [10_000]),
        (Books([debt(amount=6_000), debt(amount=4_000)]), "USD", [6_000, 4_000]),
        (Books([debt(amount=6_000), debt("2026-11-01", 90_000)]), "USD", []),
        (Books([debt(disputed=50_000), debt(amount=20_000)]), "USD", [20_000]),
        (Books([debt(disputed=45_000)]), "USD", []),
        (Books([debt(disputed=40_000)]), "USD", [50_000]),
        (Books([debt(planned=50_000)]), "USD", []),
        (Books([debt()], credits=40_001), "USD", []),
        (Books([debt()], credits=40_000), "USD", [50_000]),
        (Books([debt(amount=10_000)]), "EUR", [10_000]),  # more than 100 dollars
        (Books([debt(amount=10_000)]), "JPY", []),  # less than 100 dollars
        (Books([debt(amount=9_999)]), "XXX", []),  # without a rate at face value
        (Books([debt(amount=10_000)]), "XXX", [10_000]),
    ],
)
def test_what_a_case_lists(books: Books, currency: str, amounts: list[int]) -> None:
    assert [one.open for one in listed(books, currency, ON, POLICY, RATES)] == amounts


@pytest.mark.parametrize(
    ("books", "why"),
    [
        (Books([debt()]), None),
        (Books([debt(amount=10_000)]), None),
        (Books([debt(amount=0)]), "paid"),
        (Books([debt(amount=9_999)]), "paid"),
        (Books([debt()], credits=50_000), "paid"),
        (Books([debt(disputed=50_000)]), "disputed"),
        (Books([debt(disputed=40_001)]), "disputed"),
        (Books([debt(disputed=40_000)]), None),
        (Books([debt(planned=50_000)]), "planned"),
        (Books([debt(disputed=50_000), debt(planned=50_000)]), "planned"),
        (Books([debt(disputed=50_000), debt(planned=20_000)]), None),
        (Books([debt(disputed=50_000), debt(amount=0)]), "disputed"),
    ],
)
def test_when_a_case_ends(books: Books, why: EndWhy | None) -> None:
    assert ended(books, "USD", ON, POLICY, RATES) == why


@given(
    debts=st.lists(
        st.builds(
            Debt,
            st.just(1),
            st.dates(date(2026, 1, 1), date(2026, 11, 23)),
            *[st.integers(0, 100_000)] * 3,
        ),
        max_size=6,
    ),
    credits=st.integers(0, 200_000),
)
def test_what_is_listed_does_not_end_at_once(debts: list[Debt], credits: int) -> None:
    found = listed(Books(debts, credits), "USD", ON, POLICY, RATES)
    if found:
        assert charged(Books(found, credits)) >= 10_000
        assert ended(Books(found, credits), "USD", ON, POLICY, RATES) is None


CASE = days("2026-12-11", "2026-12-18", "2026-12-23", "2026-12-28")


@pytest.mark.parametrize(
    ("state", "known", "on", "expected"),
    [
        ("candidate", None, "2026-12-12", None),
        ("recommended", None, "2026-12-12", None),
        ("approved", None, "2026-12-12", ("suspension_notice_1", "2026-12-10")),
        ("noticed", CASE, "2026-12-17", ("suspension_notice_1", "2026-12-11")),
        ("noticed", CASE, "2026-12-18", ("suspension_notice_2", "2026-12-18")),
        ("noticed", CASE, "2026-12-22", ("suspension_notice_2", "2026-12-18")),
        ("noticed", CASE, "2026-12-23", ("suspension_notice_final", "2026-12-23")),
        ("noticed", CASE, "2027-01-10", ("suspension_notice_final", "2026-12-23")),
        ("warned", CASE, "2026-12-24", ("suspension_notice_final", "2026-12-23")),
        ("due", CASE, "2026-12-29", None),
        ("suspended", CASE, "2026-12-30", None),
        ("withdrawn", CASE, "2026-12-18", None),
    ],
)
def test_whose_turn_it_is(state: str, known: Days | None, on: str, expected: tuple[str, str] | None) -> None:
    turn = notice_on(State(state), day("2026-12-10"), known, day(on))
    assert (turn and (turn[0].name, turn[1].isoformat())) == expected


@pytest.mark.parametrize(
    ("on", "last", "coming"),
    [
        ("2026-11-23", "2026-11-18", "2026-11-25"),
        ("2026-11-25", "2026-11-18", "2026-11-25"),
        ("2026-11-26", "2026-11-25", "2026-12-02"),
        ("2026-11-11", "2026-11-04", "2026-11-12"),  # Veterans Day: the meeting is on Thursday
        ("2026-11-12", "2026-11-04", "2026-11-12"),
        ("2026-11-13", "2026-11-12", "2026-11-18"),
    ],
)
def test_the_weekly_meeting(on: str, last: str, coming: str) -> None:
    assert (last_meeting(day(on), POLICY), next_meeting(day(on), POLICY)) == (day(last), day(coming))


@pytest.mark.parametrize(
    ("line", "instead", "why"),
    [
        ("deadline_after = 14", "deadline_after = 13", "14 to 366"),
        ("warning_business_days = 2", "warning_business_days = 1", "2 to 100"),
        ("second_after = 7", "second_after = 14", "must be less"),
        ('meeting = "Wednesday"', 'meeting = "Sunday"', "one of Monday"),
    ],
)
def test_the_policy_may_not_give_less_time(line: str, instead: str, why: str) -> None:
    with pytest.raises(PolicyError, match=why):
        policy((line, instead))


def test_the_defaults_are_those_of_the_file() -> None:
    assert Policy.parse('[organization]\nname = "x"\nzone = "UTC"').suspension == POLICY.suspension
