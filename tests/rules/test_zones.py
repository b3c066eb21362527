from zoneinfo import available_timezones

import pytest

from outreach.rules.state_zones import STATE_ZONES
from outreach.rules.zones import Source, city, is_zone, locate, zones_in, zones_of

BOISE_AND_PACIFIC = ("America/Boise", "America/Los_Angeles")


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550123", ("America/New_York",)),
        ("+16025550123", ("America/Phoenix",)),
        ("+18085550123", ("Pacific/Honolulu",)),
        ("+12085550123", BOISE_AND_PACIFIC),  # several zones: all of them
        ("+14165550123", ("America/Toronto",)),
        ("+18005550123", ()),  # toll-free: 42 zones tell nothing
        ("+15005550006", ()),
        ("+442079460000", ("Europe/London",)),
        ("+881612345678", ()),  # satellite
        ("+1", ()),
        ("nonsense", ()),
    ],
)
def test_zones_of_a_number(number: str, zones: tuple[str, ...]) -> None:
    assert zones_of(number) == zones


@pytest.mark.parametrize(
    ("country", "state", "zones"),
    [
        ("US", "CO", ("America/Denver",)),
        ("US", "ID", BOISE_AND_PACIFIC),
        ("US", "TN", ("America/New_York", "America/Chicago")),
        ("US", "", ()),  # which one cannot be told
        ("US", "ZZ", ()),
        ("CA", "QC", ("America/Toronto", "America/Puerto_Rico")),
        ("DE", "", ("Europe/Berlin",)),
        ("DE", "BY", ("Europe/Berlin",)),
        ("RU", "", ()),  # too many to tell anything
        ("XX", "", ()),
        ("", "", ()),
    ],
)
def test_zones_of_an_address(country: str, state: str, zones: tuple[str, ...]) -> None:
    assert zones_in(country, state) == zones


@pytest.mark.parametrize(
    ("timezone", "country", "state", "number", "zones", "source"),
    [
        ("America/Denver", "US", "NY", "+12125550123", ("America/Denver",), Source.CONTACT),
        (None, "us", "co", "+12125550123", ("America/Denver",), Source.STATE),
        (None, "DE", None, "+12125550123", ("Europe/Berlin",), Source.COUNTRY),
        (None, "US", None, "+12125550123", ("America/New_York",), Source.NUMBER),
        (None, None, None, "+12085550123", BOISE_AND_PACIFIC, Source.NUMBER),
        (None, None, None, "+18005550123", (), Source.UNKNOWN),
        (None, "US", "WA", "+18005550123", ("America/Los_Angeles",), Source.STATE),
    ],
)
def test_the_most_trusted_source_decides(
    timezone: str | None,
    country: str | None,
    state: str | None,
    number: str,
    zones: tuple[str, ...],
    source: Source,
) -> None:
    place = locate(timezone, country, state, zones_of(number))
    assert (place.zones, place.source) == (zones, source)


@pytest.mark.parametrize(
    ("country", "state", "zones", "source"),
    [
        (None, "TX", ("America/Chicago", "America/Denver"), Source.STATE),
        ("CA", "BC", zones_in("CA", "BC"), Source.STATE),
        (None, None, ("America/New_York",), Source.NUMBER),  # the number knows better than a default
    ],
)
def test_a_state_alone_is_one_of_the_default_country(
    country: str | None, state: str | None, zones: tuple[str, ...], source: Source
) -> None:
    place = locate(None, country, state, zones_of("+12125550123"), default_country="US")
    assert (set(place.zones), place.source) == (set(zones), source)


def test_the_strict_profile_wants_address_and_number_both() -> None:
    place = locate(None, "US", "CO", zones_of("+12125550123"), every_source=True)
    assert place.zones == ("America/Denver", "America/New_York")
    assert place.source is Source.STATE


def test_every_zone_of_the_table_exists_and_every_state_is_there() -> None:
    named = {zone for states in STATE_ZONES.values() for zones in states.values() for zone in zones}
    assert named <= available_timezones()
    assert len(STATE_ZONES["US"]) == 50 + 1 + 5  # states, the District, the territories
    assert len(STATE_ZONES["CA"]) == 13


@pytest.mark.parametrize("name", ["America/Denver", "Europe/Berlin"])
def test_an_iana_name_is_a_zone(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize("name", ["Denver", "MST7", "../etc/passwd", "", "America/", "\0"])
def test_anything_else_is_not(name: str) -> None:
    assert not is_zone(name)


def test_a_zone_is_said_by_its_city() -> None:
    assert city("America/Los_Angeles") == "Los Angeles"
    assert city("America/Indiana/Indianapolis") == "Indianapolis"
