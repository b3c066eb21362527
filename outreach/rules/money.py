"""Money: integer minor units by the currency's ISO 4217 exponent, and rates that serve ranking only."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

_EXPONENTS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_CURRENCY = re.compile(r"[A-Z]{3}")


class MoneyError(ValueError):
    """An amount or a currency that cannot be read; the message says what is allowed."""


def exponent(currency: str) -> int:
    """Decimal places of a currency. Raises MoneyError for what is not three capital letters."""
    if not _CURRENCY.fullmatch(currency):
        raise MoneyError(f"{currency!r} is not a currency: write three capital letters such as USD")
    return _EXPONENTS.get(currency, 2)


def minor(amount: str | Decimal, currency: str) -> int:
    """`"1234.50"` -> 123450. Raises MoneyError for what is no plain number or has too many decimal places."""
    places = exponent(currency)
    try:
        scaled = Decimal(amount).scaleb(places)
    except InvalidOperation:
        raise MoneyError(f"{amount!r} is not an amount: write digits and a point, such as 1234.50") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise MoneyError(f"{amount} has more than the {places} decimal places of {currency}")
    return int(scaled)


def decimal(amount: int, currency: str) -> str:
    """123450 -> `"1234.50"`: the form of every JSON document."""
    return f"{Decimal(amount).scaleb(-exponent(currency)):f}"


def words(amount: int, currency: str) -> str:
    """123450 -> `"1,234.50 USD"`: the form people read."""
    return f"{Decimal(amount).scaleb(-exponent(currency)):,f} {currency}"


@dataclass(frozen=True)
class Rates:
    """Dated rates to USD for ranking and thresholds, shown as "about USD"; never for anything owed."""

    dates: tuple[date, ...]
    tables: tuple[Mapping[str, Decimal], ...]

    @classmethod
    def parse(cls, text: str) -> "Rates":
        """Read `config/fx.toml`: one table per date, USD per unit. Raises MoneyError naming the entry."""
        tables = sorted(
            (_date(day), _table(day, rates))
            for day, rates in tomllib.loads(text, parse_float=Decimal).items()
        )
        return cls(tuple(day for day, _ in tables), tuple(table for _, table in tables))

    def about_usd(self, amount: int, currency: str, on: date) -> int | None:
        """US cents by the last rate dated on or before `on`; None where there is none."""
        raise NotImplementedError
