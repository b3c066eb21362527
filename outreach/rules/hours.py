"""When a contact may be called and when automatic mail may leave (product.md 3). Moments are UTC.

A day here is the organization's date; the contact's own day may begin and end beside it.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from outreach.rules.calendar import DAY, UnknownCountryError, holidays_of, weekend
from outreach.rules.policy import OUTER_HOURS, Policy
from outreach.rules.span import Span
from outreach.rules.zones import Place, city

Half = Literal["morning", "afternoon"]

HALVES = {"morning": Span(time.min, time(12)), "afternoon": Span(time(12), time.max)}
WHOLE_DAY = Span(time.min, time.max)
AHEAD = 14
"""days that are searched for the next window"""


class Window(NamedTuple):
    """A stretch of time, `opens` included, `closes` not."""

    opens: datetime
    closes: datetime

    def holds(self, moment: datetime) -> bool:
        return self.opens <= moment < self.closes


class Closed(NamedTuple):
    """No window on that day, and why, in words."""

    why: str


class Duty(NamedTuple):
    """A rep's own hours, in the rep's zone."""

    zone: ZoneInfo
    hours: Span


@lru_cache(maxsize=1 << 16)
def call_window(
    place: Place, on: date, policy: Policy, duty: Duty | None = None, half: Half | None = None
) -> Window | Closed:
    """The hours of our date `on` that all zones of the contact, its holidays, ours and the rep allow.

    The longest stretch, where the contact's night parts our day. `half` keeps to the morning or afternoon of
    the contact's day. Cached: ask as often as you like.
    """
    if not place.zones:
        return Closed("the contact's time zone is not known")
    if why := policy.business_days.closed_for(on):
        return Closed(f"{on} is {why}")
    hours = _both(_call_hours(place, policy), HALVES[half] if half else WHOLE_DAY)
    pieces = _pieces(place, on, hours, policy, on_holidays=False)
    if pieces and duty:
        pieces = _overlaps(pieces, [Window(*duty.hours.on(on, duty.zone))])
        if not pieces:
            return Closed(f"{on}: the rep's hours {duty.hours} never meet {hours} in {_cities(place)}")
    return _longest(pieces) or Closed(_why(place, on, policy))


def next_call_window(
    place: Place, now: datetime, policy: Policy, duty: Duty | None = None
) -> Window | Closed:
    """The window that is open at `now`, else the next one; Closed if two weeks have none."""
    today = policy.today(now)
    for days in range(AHEAD):
        window = call_window(place, today + timedelta(days=days), policy, duty)
        if isinstance(window, Window) and now < window.closes:
            return window
    return call_window(place, today, policy, duty)


def on_duty(duty: Duty, now: datetime, policy: Policy) -> bool:
    """Whether a rep is at work: a business day of ours, inside the rep's own hours."""
    on = now.astimezone(duty.zone).date()
    opens, closes = duty.hours.on(on, duty.zone)
    return policy.business_days.is_business_day(on) and opens <= now < closes


def half_of_day(place: Place, moment: datetime) -> Half:
    """Which half of the contact's day a moment lies in, by the first of its zones."""
    local = moment.astimezone(ZoneInfo(place.zones[0]))
    return "morning" if local.time() < HALVES["morning"].closes else "afternoon"


@lru_cache(maxsize=1 << 16)
def mail_window(place: Place, on: date, policy: Policy, *, on_holidays: bool = False) -> Window | Closed:
    """Hours of our date `on` in which automatic mail may leave; `on_holidays` is for statements only.

    Where the recipient's zone is not known ours is used: a letter rings nobody out of bed.
    """
    place = or_ours(place, policy)
    if why := weekend(on) or (None if on_holidays else policy.business_days.holiday(on)):
        return Closed(f"{on} is {why}")
    pieces = _pieces(place, on, policy.hours.mail, policy, on_holidays=on_holidays)
    return _longest(pieces) or Closed(_why(place, on, policy))


def next_mail_window(
    place: Place, now: datetime, policy: Policy, *, on_holidays: bool = False
) -> Window | Closed:
    """The window that is open at `now`, else the next one; Closed if two weeks have none."""
    today = policy.today(now)
    for days in range(AHEAD):
        window = mail_window(place, today + timedelta(days=days), policy, on_holidays=on_holidays)
        if isinstance(window, Window) and now < window.closes:
            return window
    return mail_window(place, today, policy, on_holidays=on_holidays)


def leave_at(place: Place, on: date, policy: Policy, *, on_holidays: bool = False) -> datetime | Closed:
    """When an automatic letter of that day leaves: 15:00 (config) with the recipient, in all of its zones."""
    window = mail_window(place, on, policy, on_holidays=on_holidays)
    if isinstance(window, Closed):
        return window
    zones = or_ours(place, policy).zones
    hour = max(datetime.combine(on, policy.mail.leave_at, ZoneInfo(zone)).astimezone(UTC) for zone in zones)
    return min(max(hour, window.opens), window.closes - timedelta(minutes=1))


def opens_in_words(window: Window, place: Place, now: datetime) -> str:
    """`"opens 08:00 in Denver, in 42 min"`; `"open until 17:00 in Denver"` while it is open."""
    zone = ZoneInfo(place.zones[0])
    if window.holds(now):
        return f"open until {window.closes.astimezone(zone):%H:%M} in {_cities(place)}"
    opens = window.opens.astimezone(zone)
    day = "" if opens.date() == now.astimezone(zone).date() else f"{opens:%a %b} {opens.day} "
    return f"opens {day}{opens:%H:%M} in {_cities(place)}, in {_long(window.opens - now)}"


def or_ours(place: Place, policy: Policy) -> Place:
    """The place, with our zone if its own is not known."""
    return place if place.zones else place._replace(zones=(policy.organization.zone.key,))


def _call_hours(place: Place, policy: Policy) -> Span:
    """The configured hours, made narrower by the fixed ones and by the rows of country and state."""
    hours = _both(policy.hours.calls, OUTER_HOURS)
    for row in policy.rows(place.country, place.state):
        hours = _both(hours, row.calls)
    return hours


def _both(one: Span, other: Span) -> Span:
    return Span(max(one.opens, other.opens), min(one.closes, other.closes))


def _pieces(place: Place, on: date, hours: Span, policy: Policy, *, on_holidays: bool) -> list[Window]:
    """The stretches of our date in which it is `hours` of an open day in every zone of the place."""
    pieces = [Window(*WHOLE_DAY.on(on, policy.organization.zone))]
    for name in place.zones:
        zone = ZoneInfo(name)
        days = (on - DAY, on, on + DAY)  # far from us their day begins on our date before, or after
        open_days = [day for day in days if not _closed_there(place, day, on_holidays)]
        pieces = _overlaps(pieces, [Window(*hours.on(day, zone)) for day in open_days])
    return pieces


def _closed_there(place: Place, day: date, on_holidays: bool) -> str | None:
    """Why nobody is contacted there that day; holidays of country and state, as far as they are known."""
    if on_holidays or not place.country:
        return weekend(day)
    return weekend(day) or _holidays_there(place.country, place.state, day)


@lru_cache(maxsize=1 << 14)
def _holidays_there(country: str, state: str, day: date) -> str | None:
    for subdivision in (state, ""):
        try:
            return holidays_of(country, subdivision, day.year).get(day)
        except UnknownCountryError:
            continue
    return None


def _overlaps(some: list[Window], others: list[Window]) -> list[Window]:
    both = [
        Window(max(one.opens, other.opens), min(one.closes, other.closes)) for one in some for other in others
    ]
    return [window for window in both if window.opens < window.closes]


def _longest(pieces: list[Window]) -> Window | None:
    return max(pieces, key=lambda window: window.closes - window.opens, default=None)


def _why(place: Place, on: date, policy: Policy) -> str:
    if name := _closed_there(place, on, on_holidays=False):
        return f"{on} is {name} there"
    return f"{on} has no hour that suits all of {_cities(place)}"


def _cities(place: Place) -> str:
    return ", ".join(city(zone) for zone in place.zones)


def _long(left: timedelta) -> str:
    minutes = -(-left // timedelta(minutes=1))  # rounded up: never "in 0 min"
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"
