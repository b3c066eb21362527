"""The retry ladder as data: what follows an attempt that ended (product.md 2, Attempt)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from outreach.rules.hours import Half
from outreach.rules.outcomes import Outcome
from outreach.rules.policy import Policy
from outreach.rules.steps import Step
from outreach.rules.zones import Place


class Try(NamedTuple):
    """One ended attempt of a firing: when it was made, and its effective outcome (outcomes.effective)."""

    at: datetime
    outcome: Outcome


class Next(NamedTuple):
    """What follows. Exactly one `act`; the other fields say when, how, and what a person has to do besides."""

    act: Literal["same touch", "new touch", "next contact", "unreached", "wait", "disposition"]
    on: date | None = None
    not_before: datetime | None = None
    half: Half | None = None
    """keep to this half of the contact's day (hours.call_window)"""
    may_leave_voicemail: bool = False
    task: str = ""
    """a task to open, as its title"""
    contact_bad: bool = False
    """mark number or contact, so that the next one is used"""


def after(tries: Sequence[Try], step: Step, place: Place, policy: Policy) -> Next:
    """What follows the last of a firing's `tries`, oldest first, all of the firing's attempts."""
    raise NotImplementedError
