"""The other figures a supervisor answers for: CEI, the quarter's rate, overdue, routinely late."""

from decimal import Decimal
from fractions import Fraction

import pytest

from outreach.rules.collection_rate import collection_rate
from outreach.rules.effectiveness import effectiveness
from outreach.rules.explained import Missing, half_up, share
from outreach.rules.lateness import formula, is_routine, median
from outreach.rules.overdue import Share, shortest_list
from outreach.rules.policy import Lateness
from outreach.rules.quarters import month_end, months_before, quarter_of, same_day_before
from tests.rules.given import RATES, day


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Fraction(1, 3), 2, "0.33"),
        (Fraction(1, 200), 2, "0.01"),
        (Fraction(-1, 200), 2, "-0.01"),
        (Fraction(249, 100_000), 2, "0.00"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(12), 2, "12.00"),
    ],
)
def test_halves_are_rounded_away_from_nought(value: Fraction, places: int, shown: str) -> None:
    assert str(half_up(value, places)) == shown


def test_collection_effectiveness() -> None:
    """product.md 7, in dollars."""
    found = effectiveness(300_000_000, 900_000_000, 350_000_000, 260_000_000, "USD")
    assert found.rounded == Decimal("73.53")
    assert found.inputs["N"] == "3 months"


@pytest.mark.parametrize(
    ("start", "sales", "why"),
    [
        (Missing("not known then"), 3, "not known then"),
        (0, Missing("no sales"), "no sales"),
        (0, 30, "there was nothing to collect"),
    ],
)
def test_no_effectiveness_without_its_inputs(start: int, sales: int, why: str) -> None:
    found = effectiveness(start, sales, 5, 10, "USD")
    assert (found.value, found.why) == (None, why)


def test_the_collection_rate() -> None:
    """product.md 7."""
    found = collection_rate(100_000_000, 4_000_000, 91_500_000, "USD").to_be_at_least(95)
    assert (found.rounded, found.met) == (Decimal("95.31"), True)


def test_what_only_vanished_is_named() -> None:
    found = collection_rate(10_000, 0, 5_000, "USD", vanished=2_000)
    assert found.inputs["of the paid, only missing from a later file"] == "20.00 USD"
    assert "of the paid, only missing from a later file" not in collection_rate(1, 0, 1, "USD").inputs


@pytest.mark.parametrize(("paid", "met"), [(95, True), (94, False)])
def test_95_per_cent_is_enough(paid: int, met: bool) -> None:
    assert collection_rate(100, 0, paid, "USD").to_be_at_least(95).met is met


@pytest.mark.parametrize("gross", [0, 40, Missing("the ledger begins later")])
def test_no_collection_rate_of_nothing(gross: int) -> None:
    found = collection_rate(gross, 40, 0, "USD").to_be_at_least(95)
    assert (found.value, found.met) == (None, None)
    assert found.why


@pytest.mark.parametrize(
    ("on", "begins", "first", "last"),
    [
        ("2026-11-23", 1, "2026-10-01", "2026-12-31"),
        ("2026-01-01", 1, "2026-01-01", "2026-03-31"),
        ("2026-03-31", 1, "2026-01-01", "2026-03-31"),
        ("2026-11-23", 2, "2026-11-01", "2027-01-31"),
        ("2026-01-31", 2, "2025-11-01", "2026-01-31"),
        ("2026-11-23", 12, "2026-09-01", "2026-11-30"),
        ("2024-02-29", 12, "2023-12-01", "2024-02-29"),
        ("2026-06-30", 10, "2026-04-01", "2026-06-30"),
    ],
)
def test_fiscal_quarters(on: str, begins: int, first: str, last: str) -> None:
    assert quarter_of(day(on), begins) == (day(first), day(last))


def test_months() -> None:
    assert months_before(day("2026-01-31"), 1) == day("2025-12-01")
    assert months_before(day("2026-12-31"), -1) == day("2027-01-01")
    assert month_end(day("2024-02-03")) == day("2024-02-29")
    assert same_day_before(day("2026-11-23"), 12) == day("2025-11-23")
    assert same_day_before(day("2024-02-29"), 12) == day("2023-02-28")


def test_a_share() -> None:
    assert share(2, 3, "a / b", ("a", "b")).rounded == Decimal("66.67")
    none = share(0, 0, "answered / rang", ("answered", "calls that rang"))
    assert (none.value, none.why) == (None, "there are no calls that rang")


RULE = Lateness()


@pytest.mark.parametrize(
    ("due", "late", "routine"),
    [
        (4, [10, 10, 10], True),
        (3, [10, 10, 10], False),  # of three nothing is said
        (5, [10, 10, 10], True),  # 60 %
        (6, [10, 10, 10], False),
        (5, [1, 10, 90], True),
        (5, [1, 9, 90], False),
        (5, [1, 9, 11, 90], True),  # 10 in the median
        (5, [1, 9, 10, 90], False),
        (4, [], False),
    ],
)
def test_routinely_late(due: int, late: list[int], routine: bool) -> None:
    assert is_routine(due, late, RULE) is routine


def test_the_rule_in_words() -> None:
    assert formula(RULE).startswith("of at least 4 invoices due in 12 months, 60 % or more late, by 10 days")
    assert median([3, 1, 2, 10]) == Fraction(5, 2)


@pytest.mark.parametrize(
    ("limit", "accounts"),
    [
        (100_000, []),  # it is below already
        (60_000, ["B"]),
        (60_001, []),
        (20_000, ["B", "A"]),
        (10_000, ["B", "A", "C"]),
        (0, ["B", "A", "C"]),  # nothing can be below nought; it is all there is
    ],
)
def test_the_shortest_list_that_closes_the_gap(limit: int, accounts: list[str]) -> None:
    shares = [Share("A", "USD", 20_000), Share("B", "USD", 30_000), Share("C", "USD", 10_000)]
    assert [one.account for one in shortest_list(shares, limit, RATES, day("2026-11-23"))] == accounts


def test_an_account_counts_with_all_its_currencies_and_never_by_one_without_a_rate() -> None:
    shares = [
        Share("A", "USD", 20_000),
        Share("B", "USD", 1),
        Share("B", "EUR", 30_000),
        Share("C", "XXX", 10**9),
    ]
    first, *rest = shortest_list(shares, 20_000, RATES, day("2026-11-23"))
    assert (first.account, dict(first.amounts)) == ("B", {"USD": 1, "EUR": 30_000})
    assert first.cents == 1 + (RATES.about_usd(30_000, "EUR", day("2026-11-23")) or 0)
    assert [one.account for one in rest] == ["A"]


@pytest.mark.parametrize(
    ("share", "held"),
    [
        (Share("A", "USD", 100), (0, 0, 0)),
        (Share("A", "USD", 100, 30, 20, 10), (30, 20, 10)),
        (Share("A", "USD", 100, 70, 20, 20), (70, 20, 10)),
        (Share("A", "USD", 100, 500, 20, 20), (100, 0, 0)),
    ],
)
def test_nothing_is_taken_off_twice(share: Share, held: tuple[int, int, int]) -> None:
    assert share.held == held
