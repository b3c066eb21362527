"""Amounts that words state, with their currency. A bare number is none: an invented one is worst."""

import re
from decimal import Decimal
from typing import NamedTuple

from outreach.rules import money

_SIGNS = {
    "$": "USD",
    "us$": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "a$": "AUD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
}
_CODES_LISTED = """
    USD EUR GBP CAD AUD NZD CHF JPY MXN INR SGD HKD SEK NOK DKK PLN ZAR BRL
"""
_CODES = tuple(_CODES_LISTED.split())
_WORDS = {"dollars": "USD", "us dollars": "USD", "euros": "EUR", "pounds": "GBP"}
_NUMBER = r"\d{1,3}(?:[,.'\u202f ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,3})?"
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_CODE = "|".join(_CODES).lower()
_AMOUNT = re.compile(
    rf"(?:(?P<sign>{_SIGN})|\b(?P<code>{_CODE})\s?\$?)\s?(?P<number>{_NUMBER})(?P<k>\s?k\b)?(?:\s?(?P<dear>{_CODE})\b)?"
    rf"|(?<![\w.,-])(?P<number2>{_NUMBER})(?P<k2>\s?k)?\s?(?P<after>(?:{_CODE}|us dollars|dollars|"
    rf"euros|pounds)\b|€|£)"
)


class Amount(NamedTuple):
    """Minor units of a currency, and where the words stand."""

    minor: int
    currency: str
    begins: int
    ends: int


def amounts(sentence: str) -> list[Amount]:
    """The amounts it states, in their order."""
    return [found for match in _AMOUNT.finditer(sentence.lower()) if (found := _amount(match))]


def _amount(match: re.Match[str]) -> Amount | None:
    currency = _currency(match)
    number = _plain(match["number"] or match["number2"])
    thousand = bool(match["k"] or match["k2"])
    try:
        value = Decimal(number) * (1000 if thousand else 1)
        minor = money.minor(f"{value.normalize():f}", currency)
    except (money.MoneyError, ArithmeticError):
        return None
    return Amount(minor, currency, match.start(), match.end()) if minor > 0 else None


def _currency(match: re.Match[str]) -> str:
    if match["sign"]:
        return (match["dear"] or "").upper() or _SIGNS[match["sign"]]
    if match["code"]:
        return match["code"].upper()
    return _WORDS.get(match["after"]) or _SIGNS.get(match["after"]) or match["after"].upper()


def _plain(number: str) -> str:
    """1,234.50 and 1.234,50 and 1 234,50 are one number: of the last separator with two digits."""
    match = re.fullmatch(r"(.*?)[.,](\d{1,2})", number)
    whole, cents = (match[1], match[2]) if match else (number, "")
    return re.sub(r"\D", "", whole) + (f".{cents}" if cents else "")
