import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.payment_plans import (
    MOVES,
    Instalment,
    PlanState,
    may_move,
    problem,
    reminder_on,
    standing,
)
from tests.rules.given import POLICY, day

THREE = [Instalment(day(due), 10_000) for due in ("2026-12-01", "2026-12-15", "2027-01-04")]


@pytest.mark.parametrize(
    ("instalments", "covered", "words"),
    [
        (THREE, 30_000, None),
        ([], 30_000, "needs instalments"),
        (THREE, 29_999, "must sum"),
        ([THREE[1], THREE[0], THREE[2]], 30_000, "after the one before"),
        ([THREE[0], THREE[0]], 20_000, "after the one before"),
        ([Instalment(day("2026-11-22"), 10)], 10, "in the past"),
        ([Instalment(day("2026-12-01"), 0)], 0, "more than nothing"),
        ([THREE[0], Instalment(day("2031-11-23"), 20_000)], 30_000, None),
        ([THREE[0], Instalment(day("2032-01-02"), 20_000)], 30_000, "more than 5 years ahead"),
    ],
)
def test_what_may_be_asked_for(instalments: list[Instalment], covered: int, words: str | None) -> None:
    found = problem(instalments, covered, day("2026-11-23"))
    assert (found is None) if words is None else (found is not None and words in found)


@pytest.mark.parametrize(
    ("received", "as_of", "state", "paid", "missed"),
    [
        (0, "2026-12-01", "active", 0, ()),  # due today: its grace day is tomorrow
        (0, "2026-12-02", "active", 0, ()),  # which is theirs to its end
        (0, "2026-12-03", "at risk", 0, (0,)),
        (9_900, "2026-12-03", "active", 1, ()),  # 1 % is forgiven
        (9_899, "2026-12-03", "at risk", 0, (0,)),
        (0, "2026-12-08", "at risk", 0, (0,)),  # 5 business days late
        (0, "2026-12-09", "defaulted", 0, (0,)),
        (10_000, "2026-12-17", "at risk", 1, (1,)),
        (10_000, "2027-01-06", "defaulted", 1, (1, 2)),
        (10_000, "2026-12-22", "at risk", 1, (1,)),
        (10_000, "2026-12-23", "defaulted", 1, (1,)),
        (20_000, "2026-12-31", "active", 2, ()),
        (30_000, "2026-12-02", "completed", 3, ()),
        (-500, "2026-11-30", "active", 0, ()),
    ],
)
def test_where_a_plan_stands(
    received: int, as_of: str, state: str, paid: int, missed: tuple[int, ...]
) -> None:
    assert standing(THREE, received, "USD", day(as_of), POLICY) == (state, paid, missed)


def test_a_reminder_one_business_day_before_each() -> None:
    assert [reminder_on(one.due_on, POLICY) for one in THREE] == [
        day("2026-11-30"),
        day("2026-12-14"),
        day("2026-12-31"),
    ]


@given(st.integers(0, 40_000), st.integers(1, 10_000), st.dates(day("2026-11-01"), day("2027-03-01")))
def test_more_received_never_makes_it_worse(received: int, more: int, as_of: object) -> None:
    order = ["defaulted", "at risk", "active", "completed"]
    before, after = (standing(THREE, it, "USD", as_of, POLICY) for it in (received, received + more))  # type: ignore[arg-type]
    assert order.index(after.state) >= order.index(before.state)
    assert after.paid >= before.paid


@pytest.mark.parametrize("old", PlanState)
@pytest.mark.parametrize("new", PlanState)
def test_the_table_of_moves(old: PlanState, new: PlanState) -> None:
    over = {PlanState.REFUSED, PlanState.DEFAULTED, PlanState.ENDED}
    if old is new or old in over or new is PlanState.REQUESTED:
        assert not may_move(old, new)
    assert may_move(old, new) is (new in MOVES[old])
