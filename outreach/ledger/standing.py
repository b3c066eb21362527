"""The gate's facts, read at one moment: for a call, for letters, for the page that says why not.

Whoever acts on the answer reads them in the transaction that acts, under the locks of account, destination and
rep-day (design.md 4). A touch is asked about once for each firing it carries.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.ledger import facts, policies, reach, stops
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.facts import Books, Span
from outreach.ledger.firings import Firing
from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.letters import Letter
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch, TouchFiring
from outreach.rules import outcomes, steps
from outreach.rules.hours import Duty
from outreach.rules.outcomes import Disposition, Outcome
from outreach.rules.plan_day import PlanDay
from outreach.rules.policy import Policy
from outreach.rules.span import Span as Hours
from outreach.rules.standing import Standing
from outreach.rules.states import CALL_LIVE
from outreach.rules.steps import Channel


@dataclass(frozen=True, slots=True)
class Standings:
    """The gate's facts of one touch."""

    common: Standing
    """of what is about no firing: a copy, an answer"""
    of: Mapping[int, Standing]
    """firing id -> its facts, which differ in what covers its subject"""


def for_call(
    session: Session,
    *,
    account_id: int,
    contact_id: int | None,
    destination_id: int | None,
    rep_id: int | None,
    firings: Iterable[Firing] = (),
    now: datetime,
    policy: Policy,
    attempt_id: str | None = None,
) -> Standings:
    """What speaks for and against this rep calling this number now, for each of `firings`.

    `attempt_id`: the attempt that asks; it does not count against itself.
    """
    raise NotImplementedError


def for_letters(
    session: Session, touches: Collection[Touch], now: datetime, policy: Policy
) -> Mapping[int, Standings]:
    """Touch id -> what speaks for and against each of its letters leaving now, for each open firing it carries."""
    raise NotImplementedError
