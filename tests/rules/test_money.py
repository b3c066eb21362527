import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules import money
from outreach.rules.money import MoneyError, Rates
from tests.rules.given import RATES, day

FX = """
[2026-01-01]
EUR = 1.10
JPY = 0.0065
[2026-07-01]
EUR = 1.20
"""


@pytest.mark.parametrize(
    ("text", "currency", "amount", "words"),
    [
        ("1234.50", "USD", 123450, "1,234.50 USD"),
        ("0.07", "USD", 7, "0.07 USD"),
        ("-1234.50", "USD", -123450, "-1,234.50 USD"),
        ("1200", "JPY", 1200, "1,200 JPY"),
        ("1.234", "KWD", 1234, "1.234 KWD"),
        ("5000000.00", "EUR", 500000000, "5,000,000.00 EUR"),
    ],
)
def test_minor_units_and_back(text: str, currency: str, amount: int, words: str) -> None:
    assert money.minor(text, currency) == amount
    assert money.decimal(amount, currency) == text
    assert money.words(amount, currency) == words


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_no_amount_is_changed_by_writing_and_reading_it(amount: int, currency: str) -> None:
    assert money.minor(money.decimal(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "complaint"),
    [
        ("1.005", "USD", "more than the 2 decimal places of USD"),
        ("1.5", "JPY", "more than the 0 decimal places of JPY"),
        ("1,200.00", "USD", "is not an amount"),
        ("1_200", "USD", "is not an amount"),
        ("1e3", "USD", "is not an amount"),
        ("nan", "USD", "is not an amount"),
        ("", "USD", "is not an amount"),
        ("1.00", "usd", "three capital letters"),
        ("1.00", "$", "three capital letters"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str, complaint: str) -> None:
    with pytest.raises(MoneyError, match=complaint):
        money.minor(text, currency)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        (" 1,234.50 ", "USD", 123450),
        ("1234.5", "USD", 123450),
        ("12,345,678", "JPY", 12345678),
        ("12,50", "USD", None),
        ("1234,500", "USD", None),
        ("1,2345.00", "USD", None),
        ("12.500", "USD", None),
        ("1,234.500", "USD", None),
        ("50000.0", "JPY", None),
        ("-1,234.50", "USD", None),
    ],
)
def test_what_people_type_is_read_one_way_or_refused(text: str, currency: str, amount: int | None) -> None:
    if amount is None:
        with pytest.raises(MoneyError):
            money.typed(text, currency)
    else:
        assert money.typed(text, currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "on", "cents"),
    [
        (10000, "EUR", "2026-06-30", 11000),
        (10000, "EUR", "2026-07-01", 12000),  # the newer table holds from its date
        (10000, "EUR", "2025-12-31", None),  # no table is old enough
        (10000, "JPY", "2026-06-30", 6500),
        (10000, "JPY", "2026-07-01", None),  # a table is whole: what it leaves out has no rate
        (10000, "USD", "2000-01-01", 10000),
        (10000, "CHF", "2026-06-30", None),
    ],
)
def test_about_usd(amount: int, currency: str, on: str, cents: int | None) -> None:
    assert Rates.parse(FX).about_usd(amount, currency, day(on)) == cents


def test_a_threshold_in_another_currency() -> None:
    rates = Rates.parse(FX)
    assert rates.from_usd(2500, "EUR", day("2026-01-01")) == 2273
    assert rates.from_usd(2500, "JPY", day("2026-01-01")) == 3846
    assert rates.from_usd(2500, "CHF", day("2026-01-01")) is None


@pytest.mark.parametrize(("currency", "amount"), [("USD", 2500), ("CHF", 2500), ("JPY", 25), ("KWD", 25000)])
def test_at_face_value(currency: str, amount: int) -> None:
    assert money.at_face(2500, currency) == amount


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[x\n", "not TOML"),
        ("[monday]\nEUR = 1.1\n", r"\[monday\] is not a date"),
        ("EUR = 1.1\n", r"\[EUR\] is not a date"),
        ("2026-01-01 = 3\n", "must be a table of rates"),
        ("[2026-01-01]\nEuro = 1.1\n", "'Euro' is not a currency"),
        ("[2026-01-01]\nEUR = 0\n", "2026-01-01.EUR = 0 is not a rate"),
        ('[2026-01-01]\nEUR = "1.1"\n', "2026-01-01.EUR = '1.1' is not a rate"),
    ],
)
def test_rates_that_cannot_be_read_are_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(MoneyError, match=complaint):
        Rates.parse(text)


def test_the_shipped_rates_can_be_read() -> None:
    assert RATES.about_usd(10000, "EUR", day("2026-11-23")) == 11600
