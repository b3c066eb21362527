import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.promises import (
    MOVES,
    PromiseState,
    forgiven,
    is_broken_too_often,
    is_put_off_too_often,
    judge,
    may_move,
    needs_agreement,
    received,
    reminder_on,
    rest,
)
from tests.rules.given import POLICY, day

AMOUNTS = st.integers(1, 10**12)


@pytest.mark.parametrize(
    ("amount", "received", "unapplied", "state", "missing"),
    [
        (100_000, 100_000, 0, "kept", 0),
        (100_000, 99_000, 0, "kept", 0),  # 1 % short
        (100_000, 98_999, 0, "kept in part", 1_001),
        (1_000_000, 997_500, 0, "kept", 0),  # 25.00 short, less than 1 %
        (1_000_000, 997_499, 0, "kept in part", 2_501),
        (100_000, 0, 0, "broken", 100_000),
        (100_000, -5_000, 0, "broken", 105_000),  # a bounced payment of before
        (100_000, 0, 100_000, "pending", 100_000),
        (100_000, 40_000, 59_000, "pending", 60_000),
        (100_000, 40_000, 58_999, "kept in part", 60_000),
        (100_000, 0, 98_999, "broken", 100_000),
        (100_000, 150_000, 0, "kept", 0),
    ],
)
def test_a_promise_is_judged_by_what_came_in_time(
    amount: int, received: int, unapplied: int, state: str, missing: int
) -> None:
    assert judge(amount, "USD", received, unapplied) == (state, received, missing)


@pytest.mark.parametrize(
    ("amount", "currency", "short"),
    [(100_000, "USD", 1_000), (10_000_000, "USD", 2_500), (10_000, "JPY", 25), (99, "USD", 0)],
)
def test_one_per_cent_is_forgiven_and_at_most_25(amount: int, currency: str, short: int) -> None:
    assert forgiven(amount, currency) == short


@given(AMOUNTS, st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 10**12))
def test_more_received_is_never_judged_worse(amount: int, received: int, unapplied: int, more: int) -> None:
    order = ["broken", "kept in part", "pending", "kept"]
    before, after = (judge(amount, "USD", it, unapplied).state for it in (received, received + more))
    assert order.index(after) >= order.index(before)


@pytest.mark.parametrize(
    ("made", "due", "reminder"),
    [
        ("2026-11-16", "2026-11-20", "2026-11-19"),  # made 4 business days earlier
        ("2026-11-17", "2026-11-20", None),  # 3 are too few
        ("2026-11-20", "2026-11-30", "2026-11-27"),  # Thanksgiving between
        ("2026-11-02", "2026-11-15", "2026-11-13"),  # a Sunday
    ],
)
def test_a_reminder_one_business_day_before(made: str, due: str, reminder: str | None) -> None:
    assert reminder_on(day(made), day(due), POLICY) == (reminder and day(reminder))


@pytest.mark.parametrize(("due", "needed"), [("2026-12-01", False), ("2026-12-02", True)])
def test_further_than_30_days_ahead_a_supervisor_agrees(due: str, needed: bool) -> None:
    assert needs_agreement(day("2026-11-01"), day(due), None, POLICY) is needed


@pytest.mark.parametrize(("due", "needed"), [("2026-11-16", False), ("2026-11-17", True)])
def test_past_the_deadline_of_a_suspension_a_supervisor_agrees(due: str, needed: bool) -> None:
    """Product.md 5: an earlier one silences calls, not the clock."""
    assert needs_agreement(day("2026-11-01"), day(due), day("2026-11-16"), POLICY) is needed


@pytest.mark.parametrize(
    ("in_time", "later", "came"),
    [
        (300, 0, 300),
        (300, -300, 0),  # it bounced
        (300, -100, 200),
        (300, 700 - 700, 300),  # another bounced, that never counted
        (300, 700 - 300, 300),  # which one bounced nobody says
        (0, -300, 0),  # one from before the promise
    ],
)
def test_a_bounce_takes_away_what_had_counted(in_time: int, later: int, came: int) -> None:
    assert received(in_time, later) == came


@pytest.mark.parametrize(
    ("came", "left"), [(0, 50_000), (20_000, 30_000), (49_499, 501), (49_500, 0), (50_000, 0)]
)
def test_what_is_still_to_come_of_a_promise(came: int, left: int) -> None:
    assert rest(50_000, "USD", came) == left


def test_the_second_reschedule_and_the_second_break_go_to_the_supervisor() -> None:
    assert [is_put_off_too_often(n, POLICY) for n in (0, 1, 2, 3)] == [False, False, True, True]
    on = day("2026-11-30")
    assert not is_broken_too_often([on], on, POLICY)
    assert is_broken_too_often([day("2026-09-02"), on], on, POLICY)  # 89 days before
    assert not is_broken_too_often([day("2026-09-01"), on], on, POLICY)


@pytest.mark.parametrize("old", PromiseState)
@pytest.mark.parametrize("new", PromiseState)
def test_the_table_of_moves(old: PromiseState, new: PromiseState) -> None:
    """Nothing stays where it is, what was moved or withdrawn is over, and nothing is asked for anew."""
    over = {PromiseState.RESCHEDULED, PromiseState.WITHDRAWN}
    if old is new or old in over or new is PromiseState.PROPOSED:
        assert not may_move(old, new)
    assert may_move(old, new) is (new in MOVES[old])
