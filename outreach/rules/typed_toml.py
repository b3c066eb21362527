"""TOML into frozen dataclasses, by their annotations: unknown keys and nonsense are refused by name."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, time
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Literal, NewType, TypeVar, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach.rules.span import Span, clock_time

UsdCents = NewType("UsdCents", int)
"""An amount in US dollars, written `25.00` in the file."""

T = TypeVar("T")


class PolicyError(ValueError):
    """The policy cannot be used: names the key and what is allowed."""


@dataclass(frozen=True, slots=True)
class Between:
    """The bounds of a number, both allowed."""

    low: int
    high: int


def parse(text: str, into: type[T]) -> T:
    """Read a whole document. Raises PolicyError."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyError(f"this is not TOML: {problem}") from None
    return read(document, into, "")


def read(table: object, into: type[T], path: str) -> T:
    """One table into one dataclass. A key that is left out takes the field's default."""
    if not isinstance(table, Mapping):
        raise PolicyError(f"{path or 'the file'} must be a table")
    hints = get_type_hints(into, include_extras=True)
    if unknown := sorted(set(table) - set(hints)):
        raise PolicyError(
            f"{_join(path, unknown[0])} is unknown: allowed here are {', '.join(sorted(hints))}"
        )
    values = {
        name: _value(table[name], hint, _join(path, name)) for name, hint in hints.items() if name in table
    }
    for field in fields(into):  # type: ignore[arg-type]  # mypy cannot bound T by "a dataclass"
        if field.name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise PolicyError(f"{_join(path, field.name)} is missing")
    try:
        return into(**values)
    except ValueError as problem:
        raise PolicyError(f"{path}: {problem}") from None


def _value(raw: Any, hint: Any, path: str) -> Any:
    """One value by its annotation, the innermost first."""
    if get_origin(hint) is Annotated:
        inner, bounds = get_args(hint)
        return _bounded(_value(raw, inner, path), bounds, path)
    if get_origin(hint) is Literal:
        return _one_of(raw, get_args(hint), path)
    if get_origin(hint) is tuple:
        return _tuple(raw, get_args(hint)[0], path)
    if get_origin(hint) is Mapping:
        return {
            name: read(row, get_args(hint)[1], _join(path, name)) for name, row in _table(raw, path).items()
        }
    if isinstance(hint, UnionType):  # `date | None`: the file has no null, so it is the other one
        return _value(raw, get_args(hint)[0], path)
    if hint in _PLAIN:
        return _plain(raw, hint, path)
    return read(raw, hint, path)


def _plain(raw: Any, hint: Any, path: str) -> Any:
    reads, allowed = _PLAIN[hint]
    try:
        return reads(raw)
    except (ValueError, TypeError, re.error):
        raise PolicyError(f"{path} = {raw!r} is not allowed: write {allowed}") from None


def _bounded(number: int, bounds: Between, path: str) -> int:
    if not bounds.low <= number <= bounds.high:
        raise PolicyError(f"{path} = {number} is not allowed: write {bounds.low} to {bounds.high}")
    return number


def _one_of(raw: Any, choices: tuple[str, ...], path: str) -> Any:
    if raw not in choices:
        raise PolicyError(f"{path} = {raw!r} is not allowed: write one of {', '.join(choices)}")
    return raw


def _tuple(raw: Any, of: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        raise PolicyError(f"{path} = {raw!r} is not allowed: write a list in [ ]")
    return tuple(_value(item, of, f"{path}[{place}]") for place, item in enumerate(raw))


def _table(raw: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise PolicyError(f"{path} must be a table")
    return raw


def _exactly(kind: type) -> Callable[[Any], Any]:
    def reads(raw: Any) -> Any:
        if type(raw) is not kind:  # a bool is an int, a moment is a date: neither may pass for the other
            raise TypeError
        return raw

    return reads


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError from None


def _cents(raw: int | Decimal) -> UsdCents:
    cents = Decimal(raw).scaleb(2) if type(raw) in (int, Decimal) else None
    if cents is None or cents < 0 or cents != cents.to_integral_value():
        raise ValueError
    return UsdCents(int(cents))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_PLAIN: dict[Any, tuple[Callable[[Any], Any], str]] = {
    int: (_exactly(int), "a whole number"),
    bool: (_exactly(bool), "true or false"),
    str: (_exactly(str), "a text in quotes"),
    date: (_exactly(date), "a date such as 2026-12-24, without quotes"),
    time: (clock_time, 'a time such as "15:00"'),
    Span: (Span.parse, 'two times such as "08:00-17:00", the earlier one first'),
    ZoneInfo: (_zone, 'an IANA time zone such as "America/Chicago"'),
    re.Pattern[str]: (re.compile, "a regular expression in single quotes"),
    UsdCents: (_cents, "an amount in US dollars such as 25.00"),
}
