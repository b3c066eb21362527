"""DSO in its three forms: the golden vectors of product.md 7, and where there is none."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from outreach.rules import dso
from outreach.rules.credit_sales import Invoiced, Month, Stated, Unknown, backwards, stated_through
from outreach.rules.explained import Explained, Missing
from tests.rules.given import day

SEPTEMBER_BACK = [
    (date(2026, 9, 1), 2_500),
    (date(2026, 8, 1), 1_750),
    (date(2026, 7, 1), 2_250),
    (date(2026, 6, 1), 2_500),
    (date(2026, 5, 1), 2_000),
    (date(2026, 4, 1), 2_250),
]


def stated(*months: tuple[date, int]) -> Stated:
    """Whole months, in units of the currency."""
    later = date(2027, 1, 1)
    return Stated({first: (100 * amount, stated_through(first, later)) for first, amount in months}, "USD")


def months(on: str, *of: tuple[date, int]) -> list[Month]:
    return list(backwards(stated(*of), day(on)))


def test_the_target_is_missed_at_exactly_35() -> None:
    found = dso.simple(350_000_000, 900_000_000, 90, "USD").to_be_below(35)
    assert (found.rounded, found.met, found.target) == (Decimal("35.00"), False, "below 35 days")
    assert found.inputs == {
        "days": "90",
        "receivable": "3,500,000.00 USD",
        "credit sales": "9,000,000.00 USD",
    }


def test_a_cent_less_meets_it() -> None:
    assert dso.simple(349_999_999, 900_000_000, 90, "USD").to_be_below(35).met


@pytest.mark.parametrize(
    ("receivable", "on", "days"),
    [
        (12_000, "2026-09-30", "166.33"),  # product.md 7
        (12_000, "2026-09-15", "168.00"),  # half of September's sales are yet to come
        (12_001, "2026-09-15", None),
        (2_500, "2026-09-30", "30.00"),
        (1_250, "2026-09-30", "15.00"),
        (1_250, "2026-09-15", "15.00"),  # the elapsed days of the month, with the sales of those days
        (0, "2026-09-30", "0.00"),
        (-5, "2026-09-30", "0.00"),
        (13_250, "2026-09-30", "183.00"),
        (13_251, "2026-09-30", None),
    ],
)
def test_countback(receivable: int, on: str, days: str | None) -> None:
    found = dso.countback(100 * receivable, months(on, *SEPTEMBER_BACK), "USD")
    assert found.rounded == (days and Decimal(days))
    assert (found.why is None) == (days is not None)


def test_countback_says_how_far_the_months_reach() -> None:
    found = dso.countback(1_325_100, months("2026-09-30", *SEPTEMBER_BACK), "USD")
    assert found.why == "6 months of credit sales are known, and 1.00 USD is left of the receivable"


def test_a_month_without_sales_adds_its_days() -> None:
    found = dso.countback(20_000, months("2026-09-30", (date(2026, 9, 1), 0), (date(2026, 8, 1), 400)), "USD")
    assert found.value == 30 + Fraction(31, 2)


def test_average_days_delinquent() -> None:
    whole = dso.simple(438, 900, 90, "USD")
    best = dso.best_possible(292, 900, 90, "USD")
    assert (whole.rounded, best.rounded) == (Decimal("43.80"), Decimal("29.20"))
    found = dso.delinquent(whole, best)
    assert found.rounded == Decimal("14.60")
    assert found.inputs == {"DSO": "43.80 days", "best possible DSO": "29.20 days"}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (dso.simple(1, Missing("no sales are known"), 90, "USD"), "no sales are known"),
        (dso.simple(Missing("not known then"), 5, 90, "USD"), "not known then"),
        (dso.simple(1, 0, 90, "USD"), "nothing was sold on credit in 90 days"),
        (dso.countback(Missing("not known then"), [], "USD"), "not known then"),
        (
            dso.delinquent(dso.simple(1, 0, 90, "USD"), dso.simple(1, 1, 90, "USD")),
            "nothing was sold on credit in 90 days",
        ),
    ],
)
def test_where_there_is_none_it_says_why(found: Explained, why: str) -> None:
    assert (found.value, found.rounded, found.why) == (None, None, why)
    assert found.to_be_below(35).met is None


def test_a_history_gives_each_days_sales_from_its_first_month_on() -> None:
    sales = Invoiced({day("2026-01-05"): 300, day("2026-02-01"): 50}, day("2026-01-01"))
    assert sales.between(day("2026-01-01"), day("2026-01-31")) == 300
    assert sales.between(day("2026-01-05"), day("2026-02-01")) == 350
    before = sales.between(day("2025-12-31"), day("2026-01-31"))
    assert before == "the history of invoices begins on 2026-01-01, after 2025-12-31"


def test_stated_months_are_spread_over_the_days_they_speak_of() -> None:
    sales = Stated(
        {day("2026-06-01"): (3_000, day("2026-06-30")), day("2026-07-01"): (500, day("2026-07-05"))}, "USD"
    )
    assert sales.between(day("2026-06-16"), day("2026-06-30")) == 1_500
    assert sales.between(day("2026-06-30"), day("2026-07-02")) == 100 + 200
    assert sales.between(day("2026-07-01"), day("2026-07-20")) == 500, "what is not stated is not guessed"
    assert sales.between(day("2026-07-10"), day("2026-07-20")) == 0
    assert isinstance(sales.between(day("2026-05-31"), day("2026-06-30")), Missing)


@pytest.mark.parametrize(
    ("stated_on", "through"),
    [("2026-06-10", "2026-06-10"), ("2026-07-02", "2026-06-30"), ("2026-05-20", "2026-06-30")],
)
def test_a_month_stated_while_it_runs_speaks_of_its_days_so_far(stated_on: str, through: str) -> None:
    assert stated_through(day("2026-06-01"), day(stated_on)) == day(through)


def test_from_nowhere_come_no_months() -> None:
    assert list(backwards(Unknown(Missing("none")), day("2026-06-10"))) == []
