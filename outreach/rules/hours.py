"""When a contact may be called and when automatic mail may leave (product.md 3). Moments are UTC."""

from datetime import date, datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from outreach.rules.policy import Policy, Span
from outreach.rules.zones import Place

Half = Literal["morning", "afternoon"]


class Window(NamedTuple):
    """A stretch of time, `opens` included, `closes` not."""

    opens: datetime
    closes: datetime

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.opens <= moment < self.closes


class Closed(NamedTuple):
    """No window on that day, and why, in words."""

    why: str


class Duty(NamedTuple):
    """A rep's own hours, business days of the organization, in the rep's zone."""

    zone: ZoneInfo
    hours: Span


def call_window(
    place: Place, on: date, policy: Policy, duty: Duty | None = None, half: Half | None = None
) -> Window | Closed:
    """The hours of the contact's day `on` in which all its zones, its holidays, ours and the rep allow a call.

    `half` keeps to the morning or afternoon of the contact's day. Cached: call it as often as you like.
    """
    raise NotImplementedError


def next_call_window(
    place: Place, now: datetime, policy: Policy, duty: Duty | None = None
) -> Window | Closed:
    """The window that is open at `now`, else the next one within ten days."""
    raise NotImplementedError


def half_of_day(place: Place, moment: datetime) -> Half:
    """Which half of the contact's day a moment lies in."""
    raise NotImplementedError


def mail_window(place: Place, on: date, policy: Policy, *, on_holidays: bool = False) -> Window | Closed:
    """Hours in which automatic mail may leave; `on_holidays` for statements only. Unknown zones: ours."""
    raise NotImplementedError


def next_mail_window(
    place: Place, now: datetime, policy: Policy, *, on_holidays: bool = False
) -> Window | Closed:
    """The window that is open at `now`, else the next one within ten days."""
    raise NotImplementedError


def leave_at(place: Place, on: date, policy: Policy, *, on_holidays: bool = False) -> datetime | Closed:
    """When an automatic letter of that day leaves: 15:00 (config) with the recipient, the latest of its zones."""
    raise NotImplementedError


def opens_in_words(window: Window, place: Place, now: datetime) -> str:
    """`"opens 08:00 in Denver, in 42 min"`; `"open until 17:00 in Denver"` while it is open."""
    raise NotImplementedError
