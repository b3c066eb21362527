from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.calendar import holidays_of
from outreach.rules.hours import (
    Closed,
    Duty,
    Half,
    Window,
    call_window,
    half_of_day,
    leave_at,
    mail_window,
    next_call_window,
    next_mail_window,
    opens_in_words,
)
from outreach.rules.policy import Span
from outreach.rules.zones import Place, Source, locate
from tests.rules.given import POLICY, day, ny, policy, utc

DENVER = locate("America/Denver", None, None)
HONOLULU = locate("Pacific/Honolulu", None, None)
SYDNEY = locate("Australia/Sydney", None, None)
COLORADO, IDAHO, ALASKA = (locate(None, "US", state) for state in ("CO", "ID", "AK"))
UNKNOWN = Place()
REP = Duty(ZoneInfo("America/New_York"), Span.parse("08:00-17:00"))

MONDAY = day("2026-11-23")


def window(opens: str, closes: str) -> Window:
    return Window(utc(opens), utc(closes))


@pytest.mark.parametrize(
    ("place", "on", "opens", "closes"),
    [
        (DENVER, "2026-11-23", "2026-11-23 15:00", "2026-11-24 00:00"),
        (DENVER, "2026-07-06", "2026-07-06 14:00", "2026-07-06 23:00"),  # daylight saving time
        (DENVER, "2026-03-09", "2026-03-09 14:00", "2026-03-09 23:00"),  # the Monday after the change
        (DENVER, "2026-11-02", "2026-11-02 15:00", "2026-11-03 00:00"),
        (HONOLULU, "2026-11-23", "2026-11-23 18:00", "2026-11-24 03:00"),
        (IDAHO, "2026-11-23", "2026-11-23 16:00", "2026-11-24 00:00"),  # from 08:00 Pacific to 17:00 Mountain
        (ALASKA, "2026-11-23", "2026-11-23 18:00", "2026-11-24 02:00"),
    ],
)
def test_every_zone_of_the_place_must_allow_it(place: Place, on: str, opens: str, closes: str) -> None:
    assert call_window(place, day(on), POLICY) == window(opens, closes)


@pytest.mark.parametrize(
    ("place", "on", "why"),
    [
        (UNKNOWN, "2026-11-23", "the contact's time zone is not known"),
        (DENVER, "2026-11-21", "2026-11-21 is Saturday"),
        (DENVER, "2026-11-26", "2026-11-26 is Thanksgiving Day"),
        (locate(None, "US", "CA"), "2026-03-31", "2026-03-31 is Cesar Chavez Day there"),
        (locate(None, "CA", "AB"), "2026-07-01", "2026-07-01 is Canada Day there"),
    ],
)
def test_closed_days_say_why(place: Place, on: str, why: str) -> None:
    assert call_window(place, day(on), POLICY) == Closed(why)


def test_the_holidays_of_an_unknown_state_are_those_of_its_country() -> None:
    place = Place(("America/Denver",), Source.CONTACT, "US", "ZZ")
    assert isinstance(call_window(place, MONDAY, POLICY), Window)
    assert isinstance(call_window(place._replace(country="XX"), MONDAY, POLICY), Window)


def test_the_reps_hours_narrow_the_window() -> None:
    assert call_window(DENVER, MONDAY, POLICY, REP) == window("2026-11-23 15:00", "2026-11-23 22:00")
    short = Duty(REP.zone, Span.parse("08:00-09:30"))
    assert call_window(HONOLULU, MONDAY, POLICY, short) == Closed(
        "2026-11-23: the rep's hours 08:00-09:30 never meet 08:00-17:00 in Honolulu"
    )


def test_a_contact_whose_day_begins_on_ours_is_called_on_that_day() -> None:
    """16:00 in New York is 08:00 of the next day in Sydney."""
    assert call_window(SYDNEY, MONDAY, POLICY, REP) == window("2026-11-23 21:00", "2026-11-23 22:00")
    assert isinstance(call_window(SYDNEY, day("2026-11-20"), POLICY, REP), Closed)  # Saturday there


@pytest.mark.parametrize(
    ("half", "opens", "closes"),
    [
        ("morning", "2026-11-23 15:00", "2026-11-23 19:00"),
        ("afternoon", "2026-11-23 19:00", "2026-11-24 00:00"),
    ],
)
def test_halves_of_the_contacts_day(half: Half, opens: str, closes: str) -> None:
    assert call_window(DENVER, MONDAY, POLICY, half=half) == window(opens, closes)
    assert half_of_day(DENVER, utc(opens)) == half


def test_the_stricter_row_of_a_state_wins() -> None:
    wide = policy(('calls = "08:00-17:00"', 'calls = "08:00-21:00"'))
    seattle = locate(None, "US", "WA")
    assert call_window(seattle, MONDAY, wide) == window("2026-11-23 16:00", "2026-11-24 04:00")
    assert call_window(COLORADO, MONDAY, wide) == window("2026-11-23 15:00", "2026-11-24 04:00")
    assert call_window(seattle, MONDAY, POLICY) == window("2026-11-23 16:00", "2026-11-24 01:00")


NEAR = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/St_Johns",
    "Europe/Berlin",
]
FAR = ["Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Pacific/Guam"]
DATES = st.dates(date(2024, 1, 1), date(2040, 12, 31))
QUARTERS = st.integers(0, 24 * 4 - 1)


def zones(*names: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)


def clocks_allow(moment: datetime, zones: list[str]) -> bool:
    """The rule said again, minute by minute, with no window in it."""
    locals_ = [moment.astimezone(ZoneInfo(zone)) for zone in zones]
    return POLICY.business_days.is_business_day(POLICY.today(moment)) and all(
        local.weekday() < 5
        and local.date() not in holidays_of("US", "", local.year)
        and time(8) <= local.time() < time(17)
        for local in locals_
    )


def is_open(moment: datetime, zones: list[str]) -> bool:
    place = Place(tuple(zones), Source.CONTACT, "US")
    found = call_window(place, POLICY.today(moment), POLICY)
    return isinstance(found, Window) and found.holds(moment)


def quarter_hour(on: date, quarter: int) -> datetime:
    midnight = datetime.combine(on, time(0), ZoneInfo("America/New_York")).astimezone(UTC)
    return midnight + timedelta(minutes=15 * quarter)


@given(zones(*NEAR), DATES, QUARTERS)
def test_the_window_is_open_exactly_when_every_clock_allows_it(
    names: list[str], on: date, quarter: int
) -> None:
    moment = quarter_hour(on, quarter)
    assert is_open(moment, names) == clocks_allow(moment, names)


@given(zones(*NEAR, *FAR), DATES, QUARTERS)
def test_far_from_us_it_is_never_open_against_a_clock(names: list[str], on: date, quarter: int) -> None:
    moment = quarter_hour(on, quarter)
    assert not is_open(moment, names) or clocks_allow(moment, names)


CLOCKS_CHANGE = [
    # zone, the last business day before and the first after each change of its clocks in 2026
    ("America/New_York", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),
    ("America/Chicago", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),
    ("America/Denver", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),
    ("America/Los_Angeles", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),
    ("America/Anchorage", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),
    ("America/St_Johns", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),
    ("America/Phoenix", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),  # never changes
    ("Pacific/Honolulu", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"),  # nor does this
]


@pytest.mark.parametrize(("zone", *"abcd"), CLOCKS_CHANGE)
def test_eight_to_five_by_their_clock_on_either_side_of_a_change(
    zone: str, a: str, b: str, c: str, d: str
) -> None:
    """In UTC the window moves by the hour that the clocks were moved, and by none where they are not."""
    there, place = ZoneInfo(zone), locate(zone, "US", None)
    opened = []
    for on in map(day, (a, b, c, d)):
        found = call_window(place, on, POLICY)
        assert isinstance(found, Window)
        local = found.opens.astimezone(there), found.closes.astimezone(there)
        assert [(one.date(), one.time()) for one in local] == [(on, time(8)), (on, time(17))]
        opened.append(found.opens.astimezone(UTC).time())
    changes = there.utcoffset(datetime(2026, 7, 1)) != there.utcoffset(datetime(2026, 1, 1))  # noqa: DTZ001
    assert (opened[0] != opened[1], opened[2] != opened[3]) == (changes, changes)
    assert opened[0] == opened[3]


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23 14:00", "2026-11-23 15:00"),
        ("2026-11-23 16:00", "2026-11-23 15:00"),  # the one that is open
        ("2026-11-24 00:00", "2026-11-24 15:00"),
        ("2026-11-26 02:00", "2026-11-27 15:00"),  # Thanksgiving between
        ("2026-11-28 02:00", "2026-11-30 15:00"),
    ],
)
def test_the_next_window(now: str, opens: str) -> None:
    found = next_call_window(DENVER, utc(now), POLICY)
    assert isinstance(found, Window)
    assert found.opens == utc(opens)


def test_no_window_in_two_weeks_says_why() -> None:
    assert next_call_window(UNKNOWN, utc("2026-11-23 14:00"), POLICY) == Closed(
        "the contact's time zone is not known"
    )


@pytest.mark.parametrize(
    ("on", "on_holidays", "opens"),
    [
        ("2026-11-23", False, "2026-11-23 15:00"),
        ("2026-02-16", True, "2026-02-16 15:00"),
        ("2026-02-16", False, None),
        ("2026-11-21", True, None),
    ],
)
def test_automatic_mail_keeps_hours_and_statements_may_leave_on_holidays(
    on: str, on_holidays: bool, opens: str | None
) -> None:
    found = mail_window(COLORADO, day(on), POLICY, on_holidays=on_holidays)
    assert (found.opens if isinstance(found, Window) else None) == (utc(opens) if opens else None)


def test_mail_to_an_unknown_zone_goes_by_our_clock() -> None:
    assert mail_window(UNKNOWN, MONDAY, POLICY) == Window(ny("2026-11-23 08:00"), ny("2026-11-23 18:00"))
    assert leave_at(UNKNOWN, MONDAY, POLICY) == ny("2026-11-23 15:00")


def test_our_own_closures_hold_mail_wherever_it_goes() -> None:
    closed = policy(("closures = []", "closures = [2026-11-23]"))
    assert mail_window(UNKNOWN, MONDAY, closed) == Closed("2026-11-23 is closed by us")
    assert isinstance(mail_window(UNKNOWN, MONDAY, closed, on_holidays=True), Window)
    assert mail_window(UNKNOWN, day("2026-11-21"), POLICY, on_holidays=True) == Closed(
        "2026-11-21 is Saturday"
    )


def test_mail_on_a_holiday_waits_for_the_next_day() -> None:
    found = next_mail_window(COLORADO, utc("2026-11-26 16:00"), POLICY)
    assert found == window("2026-11-27 15:00", "2026-11-28 01:00")


@pytest.mark.parametrize(
    ("place", "leaves"),
    [
        (DENVER, "2026-11-23 22:00"),
        (IDAHO, "2026-11-23 23:00"),  # 15:00 Pacific, 16:00 Mountain
        (HONOLULU, "2026-11-24 01:00"),
    ],
)
def test_letters_leave_at_15_with_the_recipient(place: Place, leaves: str) -> None:
    assert leave_at(place, MONDAY, POLICY) == utc(leaves)


def test_letters_leave_inside_the_window_wherever_the_zones_lie() -> None:
    far_apart = Place(("America/New_York", "Pacific/Honolulu"), Source.CONTACT)
    found = mail_window(far_apart, MONDAY, POLICY)
    leaves = leave_at(far_apart, MONDAY, POLICY)
    assert isinstance(found, Window)
    assert isinstance(leaves, datetime)
    assert found.holds(leaves)
    assert isinstance(leave_at(DENVER, day("2026-11-21"), POLICY), Closed)


@pytest.mark.parametrize(
    ("place", "now", "words"),
    [
        (DENVER, "2026-11-23 14:18", "opens 08:00 in Denver, in 42 min"),
        (DENVER, "2026-11-23 14:59:30", "opens 08:00 in Denver, in 1 min"),
        (DENVER, "2026-11-23 10:00", "opens 08:00 in Denver, in 5 h 0 min"),
        (DENVER, "2026-11-23 16:00", "open until 17:00 in Denver"),
        (DENVER, "2026-11-21 10:00", "opens Mon Nov 23 08:00 in Denver, in 2 d 5 h"),
        (IDAHO, "2026-11-23 15:00", "opens 09:00 in Boise, Los Angeles, in 1 h 0 min"),
    ],
)
def test_opening_hours_in_words(place: Place, now: str, words: str) -> None:
    found = next_call_window(place, utc(now), POLICY)
    assert isinstance(found, Window)
    assert opens_in_words(found, place, utc(now)) == words
