"""The board's arithmetic: where a day should be by now, shares, what is overdue beside its target."""

from datetime import timedelta

import pytest

from outreach.rules import leaving_out
from outreach.rules.aging import BUCKETS, bucket, due_dates
from outreach.rules.figures import expected, rate
from outreach.rules.money import rounded
from outreach.rules.overdue import overdue
from tests.rules.given import POLICY, RATES, day, utc


@pytest.mark.parametrize(
    ("now", "by_now"),
    [
        ("2026-11-23 12:00", 0),
        ("2026-11-23 13:00", 0),
        ("2026-11-23 13:07", 0),
        ("2026-11-23 13:08", 1),
        ("2026-11-23 17:30", 37),
        ("2026-11-23 22:00", 75),
        ("2026-11-23 23:00", 75),
    ],
)
def test_an_even_pace(now: str, by_now: int) -> None:
    assert expected(75, utc("2026-11-23 13:00"), utc("2026-11-23 22:00"), utc(now)) == by_now


@pytest.mark.parametrize(("part", "whole", "per_cent"), [(2, 3, 66), (0, 3, 0), (3, 3, 100), (0, 0, None)])
def test_a_rate(part: int, whole: int, per_cent: int | None) -> None:
    assert rate(part, whole) == per_cent


@pytest.mark.parametrize(
    ("cents", "is_met", "gap"),
    [(199_999_999, True, 1), (200_000_000, False, 0), (250_000_000, False, 50_000_000)],
)
def test_overdue_is_strictly_below_its_target(cents: int, is_met: bool, gap: int) -> None:
    late = overdue([("USD", cents)], POLICY.targets.overdue_31, RATES, day("2026-11-23"))
    assert (late.cents, late.is_met, late.gap, late.unrated) == (cents, is_met, gap, ())


def test_a_currency_without_a_rate_is_named_and_not_added() -> None:
    late = overdue([("USD", 100), ("XXX", 5_000_000)], 200, RATES, day("2026-11-23"))
    assert (late.cents, late.unrated) == (100, ("XXX",))


def test_the_due_dates_of_a_bucket_are_those_that_fall_into_it() -> None:
    today = day("2026-11-23")
    for days in range(-40, 200):
        due_on = today - timedelta(days)
        into = [name for name in BUCKETS if due_dates(name, today)[0] <= due_on <= due_dates(name, today)[1]]
        assert into == [bucket(days)], days


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (123_450, "USD", "1,234 USD"),
        (123_451, "USD", "1,235 USD"),
        (-1_234, "JPY", "-1,234 JPY"),
        (0, "USD", "0 USD"),
    ],
)
def test_rounded_amounts(amount: int, currency: str, words: str) -> None:
    assert rounded(amount, currency) == words


@pytest.mark.parametrize(
    ("rule", "group"),
    [
        ("no rep", "For us to mend"),
        ("ledger not tied out", "For us to mend"),
        ("bad number", "No way to reach them"),
        ("held by promise", "They said something"),
        ("kill switch", "Stopped"),
        ("spoken", "Contacted already"),
        ("beyond target", "No place that day"),
        ("no step due", "Nothing to ask for"),
        ("of next year", "Other"),
    ],
)
def test_each_rule_has_its_group(rule: str, group: str) -> None:
    assert leaving_out.group(rule) == group
    assert group in leaving_out.GROUPS
