"""A figure with what it was worked out from, so that nobody has to believe it (product.md 6).

Exact inside; rounded once, half up, where it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from outreach.rules.money import words

Unit = Literal["days", "%"]
PLACES = 2


class Missing(str):
    """Why an amount is not known: a sentence, in the place where the amount would stand."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """One figure. Where `value` is None, `why` says what is missing."""

    value: Fraction | None
    unit: Unit
    formula: str
    inputs: Mapping[str, str]
    """name in the formula -> what stood there, in words"""
    why: str | None = None
    target: str | None = None
    met: bool | None = None
    """None: there is no target, or no value to hold against it"""

    @property
    def rounded(self) -> Decimal | None:
        return None if self.value is None else half_up(self.value)

    def to_json(self) -> dict[str, Any]:
        """`value` is a number of days or per cent, in two decimal places."""
        return {
            "value": None if self.rounded is None else float(self.rounded),
            "unit": self.unit,
            "formula": self.formula,
            "inputs": dict(self.inputs),
            "why": self.why,
            "target": self.target,
            "met": self.met,
        }

    def to_be_below(self, limit: int) -> "Explained":
        """Beside a target that it must stay strictly below."""
        met = None if self.value is None else self.value < limit
        return replace(self, target=f"below {limit} {self.unit}", met=met)

    def to_be_at_least(self, limit: int) -> "Explained":
        """Beside a target that it must reach."""
        met = None if self.value is None else self.value >= limit
        return replace(self, target=f"at least {limit} {self.unit}", met=met)


def half_up(value: Fraction, places: int = PLACES) -> Decimal:
    """A fraction in so many decimal places; a half goes away from zero."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def share(part: int, whole: int, formula: str, of: tuple[str, str]) -> Explained:
    """Part of a whole in per cent; `of` names the two as the formula does. None of nothing."""
    inputs = dict(zip(of, (f"{part:,}", f"{whole:,}"), strict=True))
    if not whole:
        return Explained(None, "%", formula, inputs, why=f"there are no {of[1]}")
    return Explained(Fraction(part * 100, whole), "%", formula, inputs)


def amount_words(amount: Fraction | int, currency: str) -> str:
    """Minor units as people read them; a part of one, which only spreading makes, is rounded half up."""
    return words(int(half_up(Fraction(amount), 0)), currency)
