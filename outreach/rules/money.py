"""Money: integer minor units by the currency's ISO 4217 exponent, and rates that serve ranking only."""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

# ISO 4217; every other currency has 2 decimal places.
_NO_PLACES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_PLACES = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_PLACES = "CLF UYW"
_EXPONENTS = {
    **dict.fromkeys(_NO_PLACES.split(), 0),
    **dict.fromkeys(_THREE_PLACES.split(), 3),
    **dict.fromkeys(_FOUR_PLACES.split(), 4),
}
_PLAIN_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_GROUPED_AMOUNT = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class MoneyError(ValueError):
    """An amount or a currency that cannot be read; the message says what is allowed."""


@lru_cache(maxsize=256)
def exponent(currency: str) -> int:
    """Decimal places of a currency. Raises MoneyError for what is not three capital letters."""
    if not _CURRENCY.fullmatch(currency):
        raise MoneyError(f"{currency!r} is not a currency: write three capital letters such as USD")
    return _EXPONENTS.get(currency, 2)


def minor(amount: str, currency: str) -> int:
    """`"1234.50"` -> 123450. Raises MoneyError for what is no plain number or has too many decimal places."""
    places = exponent(currency)
    if not _PLAIN_AMOUNT.fullmatch(amount):
        raise MoneyError(f"{amount!r} is not an amount: write digits and a point, such as 1234.50")
    scaled = Decimal(amount).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise MoneyError(f"{amount} has more than the {places} decimal places of {currency}")
    return int(scaled)


def typed(amount: str, currency: str) -> int:
    """As a person types it: `"1,234.50"` -> 123450. A comma groups thousands and nothing else, and `"12.500"`
    US dollars may have been meant as either. Raises MoneyError."""
    plain = amount.strip()
    if _GROUPED_AMOUNT.fullmatch(plain):
        plain = plain.replace(",", "")
    found = minor(plain, currency)
    if len(plain.partition(".")[2]) > exponent(currency):
        raise MoneyError(f"{plain} has more than the {exponent(currency)} decimal places of {currency}")
    return found


def decimal(amount: int, currency: str) -> str:
    """123450 -> `"1234.50"`: the form of every JSON document."""
    return f"{Decimal(amount).scaleb(-exponent(currency)):f}"


def words(amount: int, currency: str) -> str:
    """123450 -> `"1,234.50 USD"`: the form people read."""
    return f"{Decimal(amount).scaleb(-exponent(currency)):,f} {currency}"


def grouped(amount: str) -> str:
    """`"1234.50"` -> `"1,234.50"`: an amount of a JSON document as people read it."""
    return f"{Decimal(amount):,f}"


def rounded(amount: int, currency: str) -> str:
    """123450 -> `"1,234 USD"`: where cents would only be noise. Halves go to the even unit."""
    return f"{Decimal(amount).scaleb(-exponent(currency)):,.0f} {currency}"


def at_face(cents: int, currency: str) -> int:
    """US cents as the same number of units of another currency: 2500 -> 25 JPY, 25.000 KWD."""
    return int(Decimal(cents).scaleb(exponent(currency) - 2))


@dataclass(frozen=True, eq=False)
class Rates:
    """Dated rates to USD for ranking and thresholds, shown as "about USD"; never for anything owed.

    Compared by identity, so that what is worked out from it can be cached.
    """

    dates: tuple[date, ...] = ()
    tables: tuple[Mapping[str, Decimal], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Rates":
        """Read `config/fx.toml`: one table a date, USD per unit. Raises MoneyError naming the entry."""
        try:
            document = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as problem:
            raise MoneyError(f"this is not TOML: {problem}") from None
        tables = {_date(day): _table(day, table) for day, table in document.items()}
        dates = tuple(sorted(tables))
        return cls(dates, tuple(tables[day] for day in dates))

    def about_usd(self, amount: int, currency: str, on: date) -> int | None:
        """US cents, by the last table dated on or before `on`; None where it has no rate."""
        rate = self._rate(currency, on)
        return None if rate is None else round(Decimal(amount).scaleb(2 - exponent(currency)) * rate)

    def from_usd(self, cents: int, currency: str, on: date) -> int | None:
        """US cents in minor units of another currency; None where there is no rate."""
        rate = self._rate(currency, on)
        return None if rate is None else round(Decimal(cents).scaleb(exponent(currency) - 2) / rate)

    def _rate(self, currency: str, on: date) -> Decimal | None:
        if currency == "USD":
            return Decimal(1)
        place = bisect_right(self.dates, on)
        return self.tables[place - 1].get(currency) if place else None


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise MoneyError(f"[{day}] is not a date: write [2026-01-01]") from None


def _table(day: str, table: object) -> Mapping[str, Decimal]:
    if not isinstance(table, Mapping):
        raise MoneyError(f"{day} must be a table of rates: write [{day}] and EUR = 1.08 below it")
    return {currency: _rate_of(day, currency, rate) for currency, rate in table.items()}


def _rate_of(day: str, currency: str, rate: object) -> Decimal:
    exponent(currency)
    if isinstance(rate, int | Decimal) and not isinstance(rate, bool):
        number = Decimal(rate)
        if number.is_finite() and number > 0:
            return number
    raise MoneyError(f"{day}.{currency} = {rate!r} is not a rate: write US dollars per unit, such as 1.08")
