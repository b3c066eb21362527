"""Whose clock it is for the one we contact (product.md 3): zones of states, countries and numbers."""

from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    """Where a zone comes from, most trusted first."""

    CONTACT = "contact"
    STATE = "state"
    COUNTRY = "country"
    NUMBER = "number"
    ORGANIZATION = "organization"
    UNKNOWN = "unknown"


class Place(NamedTuple):
    """Where a contact is: every one of `zones` must allow a moment. No zones: unknown, so not callable."""

    zones: tuple[str, ...] = ()
    source: Source = Source.UNKNOWN
    country: str = ""
    state: str = ""
    """as in `US` and `WA`; empty if not known"""


def locate(
    timezone: str | None,
    country: str | None,
    state: str | None,
    number_zones: tuple[str, ...] = (),
    *,
    every_source: bool = False,
) -> Place:
    """The contact's own zone, else every zone of country and state, else those of the number.

    `number_zones` comes from `zones_of` at import. With `every_source` (reg_f_strict) the address's zones and the
    number's must both allow the moment.
    """
    raise NotImplementedError


def zones_of(number: str) -> tuple[str, ...]:
    """IANA zones of an E.164 number; () where it says nothing (toll-free, not geographical, unreadable)."""
    raise NotImplementedError


def zones_in(country: str, state: str = "") -> tuple[str, ...]:
    """Every zone of a state, or of a country whose states we need not know; () if that cannot be told."""
    raise NotImplementedError


def city(zone: str) -> str:
    """`"America/Denver"` -> `"Denver"`, as people say it."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")
