"""Whose clock it is for the one we contact (product.md 3): zones of contacts, states, countries, numbers."""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

from outreach.rules.state_zones import STATE_ZONES

MOST_ZONES = 12
"""More than a dozen are the zones of a whole calling code (+1 has 42): they tell nothing of the place."""


class Source(StrEnum):
    """Where a zone comes from, most trusted first."""

    CONTACT = "contact"
    STATE = "state"
    COUNTRY = "country"
    NUMBER = "number"
    UNKNOWN = "unknown"


class Place(NamedTuple):
    """Where a contact is: every one of `zones` must allow a moment. No zones: unknown, so not callable."""

    zones: tuple[str, ...] = ()
    source: Source = Source.UNKNOWN
    country: str = ""
    state: str = ""
    """as in `US` and `WA`; empty if not known"""


@lru_cache(maxsize=1 << 16)
def locate(
    timezone: str | None,
    country: str | None,
    state: str | None,
    number_zones: tuple[str, ...] = (),
    *,
    default_country: str = "",
    every_source: bool = False,
) -> Place:
    """The contact's own zone, else every zone of country and state, else those of the number.

    A state without a country is one of `default_country`; where neither is told the number knows better.
    `number_zones` are `zones_of(number)`, kept since the import. With `every_source` (reg_f_strict) the
    number's zones must allow the moment besides.
    """
    state = (state or "").upper()
    country = (country or (default_country if state else "")).upper()
    zones, source = _best(timezone, country, state, number_zones)
    if every_source:
        zones = tuple(sorted({*zones, *number_zones}))
    return Place(zones, source, country, state)


def zones_of(number: str) -> tuple[str, ...]:
    """IANA zones of an E.164 number; () where it says nothing (toll-free, not geographical, unreadable)."""
    try:
        return _telling(time_zones_for_number(phonenumbers.parse(number)))
    except phonenumbers.NumberParseException:
        return ()


def zones_in(country: str, state: str = "") -> tuple[str, ...]:
    """Every zone of a state, or of a country whose states we need not know; () if that cannot be told."""
    if country in STATE_ZONES:
        return STATE_ZONES[country].get(state, ())
    return _telling(TIMEZONE_DATA.get(str(phonenumbers.country_code_for_region(country)), ()))


def is_zone(name: str) -> bool:
    """Whether a contact's explicit zone is an IANA name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def city(zone: str) -> str:
    """`"America/Denver"` -> `"Denver"`, as people say it."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _best(
    timezone: str | None, country: str, state: str, number_zones: tuple[str, ...]
) -> tuple[tuple[str, ...], Source]:
    if timezone:
        return (timezone,), Source.CONTACT
    if zones := zones_in(country, state):
        return zones, Source.STATE if country in STATE_ZONES else Source.COUNTRY
    return number_zones, Source.NUMBER if number_zones else Source.UNKNOWN


def _telling(zones: tuple[str, ...]) -> tuple[str, ...]:
    return () if UNKNOWN_TIMEZONE in zones or len(zones) > MOST_ZONES else tuple(zones)
