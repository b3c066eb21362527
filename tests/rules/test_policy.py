import tomllib
from dataclasses import fields, is_dataclass
from datetime import time
from typing import Any

import pytest

from outreach.rules.policy import NumberRules, Organization, Policy, PolicyError, Span
from tests.rules.given import POLICY, SHIPPED, day, policy, utc

LEAST = '[organization]\nname = "Acme"\nzone = "America/Los_Angeles"\n'


def test_the_shipped_file_states_the_defaults() -> None:
    defaults = Policy.parse(LEAST)
    for field in fields(Policy):
        if field.name not in ("organization", "states"):
            assert getattr(POLICY, field.name) == getattr(defaults, field.name), field.name


def test_the_shipped_file_states_every_key() -> None:
    optional = {"organization.go_live_on"}
    assert set(_keys(POLICY)) - set(_stated(tomllib.loads(SHIPPED))) == optional


def _keys(section: Any, path: str = "") -> list[str]:
    if not is_dataclass(section) or isinstance(section, Span):
        return [path]
    inner = [(field.name, getattr(section, field.name)) for field in fields(section)]
    return [
        key for name, value in inner for key in _keys(value, f"{path}.{name}".lstrip(".")) if name != "states"
    ]


def _stated(table: dict[str, Any]) -> list[str]:
    return [
        key
        for name, value in table.items()
        for key in ([f"{name}.{inner}" for inner in value] if isinstance(value, dict) else [name])
    ]


def test_today_is_the_organizations_date_and_never_a_utc_date() -> None:
    west = Policy.parse(LEAST)
    assert west.today(utc("2026-11-22 00:30")) == day("2026-11-21")  # product.md 7
    assert west.today(utc("2026-11-22 08:30")) == day("2026-11-22")


def test_a_time_of_our_day_is_a_moment() -> None:
    assert POLICY.moment(day("2026-07-01"), time(15)) == utc("2026-07-01 19:00")
    assert POLICY.moment(day("2026-12-01"), time(15)) == utc("2026-12-01 20:00")


def test_a_short_file_takes_the_defaults() -> None:
    assert Policy.parse(LEAST + "[desk]\ntarget = 60\n").desk.target == 60
    assert Policy.parse(LEAST + "[desk]\ntarget = 60\n").desk.stop_at == 150


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[desk\n", "this is not TOML"),
        ("", "organization is missing"),
        ('[organization]\nname = "Acme"\n', "organization.zone is missing"),
        (
            '[organization]\nname = "Acme"\nzone = "Mars"\n',
            "organization.zone = .Mars. is not allowed: write an IANA",
        ),
        (
            LEAST + "[desk]\ntarrget = 75\n",
            "desk.tarrget is unknown: allowed here are every_nth, order, quiet_days",
        ),
        (LEAST + '[desk]\ntarget = "75"\n', "desk.target = '75' is not allowed: write a whole"),
        (LEAST + "[desk]\ntarget = true\n", "desk.target = True is not allowed: write a whole number"),
        (LEAST + "[desk]\ntarget = 0\n", "desk.target = 0 is not allowed: write 1 to 1000"),
        (
            LEAST + "[mail]\nleave_at = 15\n",
            'mail.leave_at = 15 is not allowed: write a time such as "15:00"',
        ),
        (LEAST + '[hours]\ncalls = "17:00-08:00"\n', "hours.calls = .*the earlier one first"),
        (LEAST + '[hours]\ncalls = "08:00-08:00"\n', "hours.calls = .*the earlier one first"),
        (LEAST + '[hours]\ncalls = "07:00-17:00"\n', "hours: calls = 07:00-17:00 leaves 08:00-21:00"),
        (
            LEAST + '[hours]\nevery_source = "yes"\n',
            "hours.every_source = 'yes' is not allowed: write true or",
        ),
        (LEAST + '[calendar]\nstatement_holiday = "skip"\n', "write one of keep, next, previous"),
        (LEAST + '[calendar]\nclosures = "2026-12-24"\n', r"calendar.closures = .* write a list in \[ \]"),
        (LEAST + '[calendar]\nclosures = ["2026-12-24"]\n', r"calendar.closures\[0\] = .* write a date"),
        (LEAST + '[calendar]\ncountry = "XX"\n', "calendar: no holidays are known of 'XX'"),
        (LEAST + "[cadence]\nminimum_asked = 25.001\n", "cadence.minimum_asked = .*an amount in US dollars"),
        (LEAST + "[cadence]\nminimum_asked = -1\n", "cadence.minimum_asked = -1 is not allowed"),
        (LEAST + "[numbers]\nforbidden = ['(']\n", r"numbers.forbidden\[0\] = .* a regular expression"),
        (LEAST + "states = 3\n", "organization.states is unknown"),
        (LEAST + "[states]\nUS = 3\n", "states.US must be a table"),
        (LEAST + "[states.US-WA]\nhours = 3\n", "states.US-WA.hours is unknown"),
        ("desk = 3\n" + LEAST, "desk must be a table"),
        (
            'profile = "wild"\n' + LEAST,
            "profile = 'wild' is not allowed: write one of b2b_default, reg_f_strict",
        ),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_key(text: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        Policy.parse(text)


def test_values_arrive_in_their_types() -> None:
    text = (
        LEAST
        + """
        [calendar]
        closures = [2026-12-24]
        [cadence]
        minimum_asked = 30
        [states.US-WA]
        calls = "09:00-20:00"
    """
    )
    parsed = Policy.parse(text)
    assert parsed.organization == Organization("Acme", parsed.organization.zone)
    assert parsed.calendar.closures == (day("2026-12-24"),)
    assert parsed.cadence.minimum_asked == 3000
    assert parsed.states["US-WA"].calls == Span(time(9), time(20))
    assert parsed.numbers == NumberRules()
    assert not parsed.business_days.is_business_day(day("2026-12-24"))


def test_only_the_rows_of_a_place_apply_to_it() -> None:
    florida = [POLICY.states["US-FL"]]
    assert POLICY.rows("US", "FL") == florida
    assert POLICY.rows("US", "CO") == []
    assert POLICY.rows("", "FL") == []


def test_the_strict_profile_is_at_least_that_strict_whatever_the_file_says() -> None:
    strict = policy(("b2b_default", "reg_f_strict"), ("rang_per_7_days = 7", "rang_per_7_days = 20"))
    assert strict.hours.every_source
    assert strict.caps.rang_per_7_days == 7
    assert strict.caps.silence_after_conversation_days == 7
    stricter = policy(("b2b_default", "reg_f_strict"), ("rang_per_7_days = 7", "rang_per_7_days = 3"))
    assert stricter.caps.rang_per_7_days == 3
