from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.commitments import (
    Cover,
    Due,
    Held,
    allocate,
    asked,
    asked_part,
    asked_parts,
    cover,
    first_hold,
    grace_day,
    holds_on,
    minimum_asked,
    promised_parts,
)
from tests.rules.given import POLICY, RATES, day


@pytest.mark.parametrize(
    ("due", "grace"),
    [("2026-11-25", "2026-11-27"), ("2026-12-12", "2026-12-15"), ("2026-11-23", "2026-11-24")],
)
def test_grace_day(due: str, grace: str) -> None:
    assert grace_day(day(due), POLICY) == day(grace)


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        ("2026-11-19", False),
        ("2026-11-20", True),
        ("2026-11-25", True),
        ("2026-11-27", True),
        ("2026-11-28", False),
        ("2026-11-30", False),  # Monday's plan has it as broken
    ],
)
def test_a_promise_holds_from_its_day_through_its_grace_day(on: str, holds: bool) -> None:
    assert holds_on(day("2026-11-20"), day("2026-11-25"), day(on), POLICY) is holds


@pytest.mark.parametrize(
    ("currency", "minimum"), [("USD", 2500), ("EUR", 2155), ("JPY", 3906), ("CHF", 2500), ("KWD", 25000)]
)
def test_the_minimum_is_25_dollars_about(currency: str, minimum: int) -> None:
    assert minimum_asked(currency, day("2026-11-23"), POLICY, RATES) == minimum


@pytest.mark.parametrize(
    ("open_minor", "held", "part"),
    [
        (10000, Held(), 10000),
        (10000, Held(disputed=4000), 6000),
        (10000, Held(disputed=4000, promised=6000), 0),
        (10000, Held(disputed=10000, promised=10000), 0),  # held twice is not owed to them
    ],
)
def test_the_asked_part_of_an_invoice(open_minor: int, held: Held, part: int) -> None:
    assert asked_part(open_minor, held) == part


@pytest.mark.parametrize(
    ("parts", "credits", "total"),
    [(10000, 0, 10000), (10000, 4000, 6000), (2500, 0, 2500), (2499, 0, 0), (10000, 7501, 0), (100, 900, 0)],
)
def test_what_an_account_is_asked(parts: int, credits: int, total: int) -> None:
    assert asked(parts, credits, 2500) == total


JULY, AUGUST, SEPTEMBER = day("2026-07-01"), day("2026-08-01"), day("2026-09-01")
THREE = [Due(SEPTEMBER, 3000), Due(JULY, 5000), Due(AUGUST, 4000)]


@pytest.mark.parametrize(
    ("credits", "parts"),
    [
        (0, [3000, 5000, 4000]),
        (1000, [3000, 4000, 4000]),
        (5000, [3000, 0, 4000]),
        (7000, [3000, 0, 2000]),
        (9000, [3000, 0, 0]),
        (9501, [0, 0, 0]),  # what is left is below the minimum
        (99999, [0, 0, 0]),
    ],
)
def test_credits_go_off_the_oldest_first(credits: int, parts: list[int]) -> None:
    assert asked_parts(THREE, credits, 2500) == parts


@pytest.mark.parametrize(
    ("amount", "held", "parts"),
    [
        (500, (0, 0), [500, 0]),
        (500, (700, 0), [0, 500]),  # the first is disputed
        (800, (700, 0), [300, 500]),  # more than is free: they pay what they dispute
        (500, (300, 0), [400, 100]),
        (500, (900, 900), [500, 0]),
    ],
)
def test_a_promise_holds_first_what_nothing_else_holds(
    amount: int, held: tuple[int, int], parts: list[int]
) -> None:
    dues = [Due(day("2026-11-01"), 700), Due(day("2026-11-02"), 500)]
    assert promised_parts(amount, dues, held) == parts


def test_a_promised_amount_covers_the_oldest_first() -> None:
    assert allocate(6000, THREE) == [0, 5000, 1000]
    assert allocate(99999, THREE) == [3000, 5000, 4000]


DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
DUES = st.lists(st.builds(Due, DAYS, st.integers(0, 10**6)), max_size=8)


@given(DUES, st.integers(0, 10**7))
def test_no_invoice_is_credited_more_than_itself_and_nothing_is_lost(dues: list[Due], amount: int) -> None:
    shares = allocate(amount, dues)
    assert all(0 <= share <= due.amount for share, due in zip(shares, dues, strict=True))
    assert sum(shares) == min(amount, sum(due.amount for due in dues))
    touched = [due.on for share, due in zip(shares, dues, strict=True) if share]
    skipped = [due.on for share, due in zip(shares, dues, strict=True) if share < due.amount]
    assert not touched or not skipped or max(touched) <= min(skipped)


@given(DUES, st.integers(0, 10**7), st.integers(1, 10**5))
def test_the_parts_sum_to_what_the_account_is_asked(dues: list[Due], credits: int, minimum: int) -> None:
    total = sum(due.amount for due in dues)
    assert sum(asked_parts(dues, credits, minimum)) == asked(total, credits, minimum)


@pytest.mark.parametrize(
    ("past_due", "held", "covered"),
    [
        (10000, Held(), Cover.ASKED),
        (0, Held(disputed=10000), Cover.NOTHING),
        (10000, Held(disputed=10000), Cover.DISPUTE),
        (10000, Held(disputed=9999), Cover.ASKED),
        (10000, Held(planned=10000), Cover.PLAN),
        (10000, Held(promised=10000), Cover.PROMISE),
        (10000, Held(issues=10000), Cover.ISSUE),
        (10000, Held(claimed=10000), Cover.CLAIM),
        (10000, Held(disputed=4000, promised=6000), Cover.PROMISE),  # what closes the gap
        (10000, Held(disputed=10000, promised=10000), Cover.DISPUTE),
    ],
)
def test_what_covers_an_invoice(past_due: int, held: Held, covered: Cover) -> None:
    assert cover(past_due, held) is covered


def test_the_first_hold_is_named_in_the_gates_order() -> None:
    assert first_hold(Held(promised=1, claimed=5)) is Cover.PROMISE
    assert first_hold(Held()) is None
