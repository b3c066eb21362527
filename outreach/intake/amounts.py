"""Amounts of money as files write them: to integer minor units, never through a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from outreach.intake.problems import BadCell
from outreach.rules import money

LARGEST = Decimal(10**13)
"""beyond ten trillion a cell is broken, and its sum with others would not fit a column"""

_PLAIN = re.compile(r"-?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})\.[0-9]{2}")
_MARK = r"US\$|CA\$|A\$|[$€£¥]|[A-Z]{3}"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<first>[-+])?\s*(?P<mark>{_MARK})?\s*(?P<inner>[-+])?"
    rf"(?P<number>[0-9.,](?:[0-9.,'’ \u00a0\u202f]*[0-9.,])?)\s*"
    rf"(?P<last>-)?\s*(?P<code>{_MARK})?(?P<close>\))?"
)
_CURRENCIES_OF_MARK = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "US$": ("USD",),
    "CA$": ("CAD",),
    "A$": ("AUD",),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
}


def _number(point: str, group: str) -> re.Pattern[str]:
    gap = rf"(?P<gap>[{group}'’ \u00a0\u202f])"
    return re.compile(rf"([0-9]+|[0-9]{{1,3}}{gap}[0-9]{{3}}(?:(?P=gap)[0-9]{{3}})*)?(?:[{point}][0-9]*)?")


_NUMBERS = {".": _number(".", ","), ",": _number(",", ".")}


class Amount(NamedTuple):
    """Minor units, and whether decimals beyond the currency's own were rounded half up to get there."""

    minor: int
    rounded: bool = False


def parse_amount(text: str, currency: str, point: str = ".") -> Amount:
    """Read one cell: thousands groups, parentheses, leading or trailing minus, a mark that fits `currency`.

    Raises BadCell for what is not one plain number: NaN, exponents, two signs, groups that are not of three.
    """
    text = text.replace("\u2212", "-")
    if point == "." and money.exponent(currency) == 2 and _PLAIN.fullmatch(text):
        return Amount(int(text.replace(",", "").replace(".", "")))  # as most cells are
    found = _AMOUNT.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise BadCell("not an amount; write it such as 1,234.50")
    _check_marks(found, currency)
    magnitude = _magnitude(found["number"], point)
    return _in_minor_units(-magnitude if _is_negative(found) else magnitude, currency)


def _check_marks(found: re.Match[str], currency: str) -> None:
    for mark in filter(None, (found["mark"], found["code"])):
        if currency not in _CURRENCIES_OF_MARK.get(mark, (mark,)):
            raise BadCell(f"the amount is in {mark}, the row in {currency}")


def _magnitude(number: str, point: str) -> Decimal:
    if not _NUMBERS[point].fullmatch(number) or not any(char.isdigit() for char in number):
        other = "." if point == "," else ","
        if _NUMBERS[other].fullmatch(number):
            raise BadCell(
                f'its decimal mark is not "{point}"; if the file means "{other}", say so by --mapping'
            )
        raise BadCell("not an amount; its groups of digits are not thousands")
    digits = "".join(char for char in number if char.isdigit() or char == point)
    value = Decimal(digits.replace(",", "."))
    if value >= LARGEST:
        raise BadCell("larger than any invoice")
    return value


def _is_negative(found: re.Match[str]) -> bool:
    signs = [found["first"], found["inner"], found["last"], "-" if found["open"] else None]
    if len(given := [sign for sign in signs if sign]) > 1:
        raise BadCell("an amount with two signs")
    return given == ["-"]


def _in_minor_units(value: Decimal, currency: str) -> Amount:
    exact = value.scaleb(money.exponent(currency))
    minor = exact.to_integral_value(ROUND_HALF_UP)
    return Amount(int(minor), rounded=minor != exact)
