"""Amounts: everything accounting systems write, and nothing that is not one plain number."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.intake.amounts import Amount, parse_amount
from outreach.intake.problems import BadCell


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("0", 0),
        ("-0.00", 0),
        ("12", 1200),
        ("12.", 1200),
        (".5", 50),
        ("1,234.56", 123456),
        ("1234.56", 123456),
        ("12,345,678.9", 1234567890),
        ("(50.00)", -5000),
        ("($1,050.00)", -105000),
        ("-50.00", -5000),
        ("50.00-", -5000),
        ("\u221250.00", -5000),
        ("+50.00", 5000),
        ("$50", 5000),
        ("-$50", -5000),
        ("$-50", -5000),
        ("$ 50.00", 5000),
        ("US$50", 5000),
        ("USD 50.00", 5000),
        ("50.00 USD", 5000),
        ("1 234.56", 123456),
        ("1\u00a0234.56", 123456),
        ("1'234.56", 123456),
    ],
)
def test_amounts(text: str, minor: int) -> None:
    assert parse_amount(text, "USD") == Amount(minor)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,000", "JPY", 1000),
        ("1.234", "KWD", 1234),
        ("¥500", "JPY", 500),
        ("€1.50", "EUR", 150),
        ("$2", "CAD", 200),
    ],
)
def test_each_currency_has_its_own_minor_unit(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == Amount(minor)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1.005", "USD", 101),
        ("-1.005", "USD", -101),
        ("10.4", "JPY", 10),
        ("10.5", "JPY", 11),
        ("1.004", "USD", 100),
    ],
)
def test_more_decimals_than_the_currency_has_are_rounded_half_up_and_said(
    text: str, currency: str, minor: int
) -> None:
    assert parse_amount(text, currency) == Amount(minor, rounded=True)


@pytest.mark.parametrize(
    ("text", "minor"), [("1.234,56", 123456), ("12,5", 1250), ("(1.234,56)", -123456), ("7", 700)]
)
def test_a_mapping_file_may_say_that_the_comma_is_the_decimal_mark(text: str, minor: int) -> None:
    assert parse_amount(text, "EUR", point=",") == Amount(minor)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "1e5",
            "1E-2",
            "0x10",
            "1_000",
            "١٢",
            "１２",
            "ten",
            "",
            " ",
            "-",
            ".",
        ),
        *(
            ",",
            "$",
            "()",
            "=1+1",
            "=cmd|' /C calc'!A0",
            "--5",
            "-(5)",
            "(5",
            "5)",
            "-5-",
            "+-5",
            "5 5",
            "1,23",
        ),
        *(
            "1,2345",
            "12,34,567",
            "1,234,56",
            "1.234,56",
            "1.2.3",
            "5%",
            "€50",
            "50 EUR",
            "USD",
            "#REF!",
            "1,,234",
        ),
        "9" * 20,
    ],
)
def test_what_is_not_one_plain_number_is_refused(text: str) -> None:
    with pytest.raises(BadCell):
        parse_amount(text, "USD")


def test_a_decimal_comma_is_not_guessed_but_the_way_out_is_told() -> None:
    with pytest.raises(BadCell, match="--mapping"):
        parse_amount("12,50", "USD")


@given(st.integers(-(10**14), 10**14), st.sampled_from(["{:,.2f}", "{:.2f}", "$ {:,.2f}"]))
def test_every_amount_written_is_read_again(minor: int, form: str) -> None:
    assert parse_amount(form.format(Decimal(minor).scaleb(-2)), "USD") == Amount(minor)


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_a_bad_cell(text: str) -> None:
    with contextlib.suppress(BadCell):
        assert isinstance(parse_amount(text, "USD").minor, int)
