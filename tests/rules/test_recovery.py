from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.recovery import UNKNOWN, History, Late, days_to_come, outlook, sentence

NOBODY = History([])
DAYS = st.lists(st.integers(-60, 200), max_size=30)


@pytest.mark.parametrize(
    ("days", "invoices", "sum_"),
    [(0, 3, 36), (5, 2, 22), (10, 2, 12), (12, 1, 8), (20, 0, 0), (-10, 5, 84)],
)
def test_those_that_were_later_and_by_how_much(days: int, invoices: int, sum_: int) -> None:
    assert History([-2, 0, 4, 12, 20]).later_than(days) == (invoices, sum_)


def test_an_own_history_counts_against_ten_of_everybodys() -> None:
    everybody = History([10] * 50)
    assert days_to_come(0, NOBODY, everybody) == 10
    assert days_to_come(0, History([30] * 10), everybody) == 20
    assert days_to_come(0, History([30] * 90), everybody) == 28
    assert days_to_come(10, NOBODY, everybody) == UNKNOWN  # nobody was ever later than that


def test_it_goes_by_the_days_that_have_passed() -> None:
    own = History([3] * 8 + [40] * 2)
    assert days_to_come(0, own, own) < days_to_come(3, own, own)


def test_the_outlook_in_cents_times_days_and_in_words() -> None:
    own, everybody = History([-1, 12, 12, 12, 12]), History([12] * 20)
    asked = [Late(10_000, 2), Late(5_000, 7)]
    assert outlook(asked, own, everybody) == 10_000 * 10 + 5_000 * 5
    words = "likely to stay unpaid for about 8 more days: 4 of their 5 invoices of a year were late"
    assert sentence(asked, own, everybody) == words
    assert "they have no history" in sentence(asked, NOBODY, everybody)
    assert outlook([], own, everybody) == 0


@given(DAYS, st.integers(-60, 250))
def test_the_sums_are_those_of_plain_loops(days: list[int], passed: int) -> None:
    later = [one - passed for one in days if one > passed]
    assert History(days).later_than(passed) == (len(later), sum(later))


@given(DAYS, DAYS, st.integers(0, 250))
def test_what_is_expected_lies_between_the_two_histories(own: list[int], all_: list[int], days: int) -> None:
    mine, theirs = History(own).later_than(days), History(all_).later_than(days)
    usual = Fraction(theirs.days, theirs.invoices) if theirs.invoices else UNKNOWN
    ends = [usual, Fraction(mine.days, mine.invoices)] if mine.invoices else [usual]
    assert min(ends) <= days_to_come(days, History(own), History(all_)) <= max(ends)
