"""The playbook over past days, sending nothing: who would have been contacted, when and why (product.md 2).

It takes every call to be answered and every letter to arrive, and lays beside each contact what is known of
it today: how much of what was asked came within 14 days.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.campaigns import timetable
from outreach.campaigns.planning import planner
from outreach.ledger import firings, policies, touches
from outreach.ledger.among import among
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Destination
from outreach.ledger.firings import Firing, Side
from outreach.ledger.plans import Plan
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.ledger.replica import Replica
from outreach.ledger.touches import UNENDED, Touch, TouchFiring
from outreach.rules import money
from outreach.rules.calendar import DAY
from outreach.rules.policy import Policy
from outreach.rules.steps import STEPS, Channel, Purpose

WITHIN = timedelta(days=14)
AT_ONCE = 500
SIDES: Mapping[Channel, Side] = {Channel.CALL: "call", Channel.EMAIL: "email"}
Say = Callable[[int, int], None]


class Contact(NamedTuple):
    """A call or letter that would have gone."""

    day: date
    account: str
    channel: str
    step: str
    rank: int | None
    reasons: Sequence[str]
    value: int
    """what was asked, in minor units"""
    currency: str
    came: int
    """of what was past due that day, so much was paid within 14 days"""


@dataclass(frozen=True)
class Replay:
    """What a playbook would have done."""

    first: date
    last: date
    fired: Mapping[str, int]
    contacts: Sequence[Contact]
    left_out: Mapping[date, Mapping[str, int]]


def replay(
    ledger: Ledger,
    first: date,
    last: date,
    *,
    document: str | None = None,
    rates: str | None = None,
    say: Say = lambda *_: None,
) -> Replay:
    """Plan each business day from `first` to `last` as it would have been; nothing is written to `ledger`.

    `document`, `rates`: others than those in force. Raises PolicyError.
    """
    with ledger.reading() as session:
        version = policies.document_in_force(session)
        text = document or version.document
        rates = version.rates if rates is None else rates
    Policy.parse(text)
    with (
        tempfile.TemporaryDirectory(prefix="outreach-replay-") as folder,
        closing(Replica(ledger, Path(folder), _from_the_start(text), rates)) as replica,
    ):
        return _Replaying(replica, first, last, say).run()


def _from_the_start(document: str) -> str:
    """Go-live is the first day of the replay, whenever it really was."""
    return re.sub(r"(?m)^\s*go_live_on\s*=.*$", "", document)


class _Replaying:
    def __init__(self, replica: Replica, first: date, last: date, say: Say) -> None:
        self._replica, self._ledger, self._say = replica, replica.ledger, say
        self._first, self._last = first, last
        with self._ledger.reading() as session:
            self._policy = policies.in_force(session).policy

    def run(self) -> Replay:
        fired: Counter[str] = Counter()
        contacts: list[Contact] = []
        left_out = {}
        days = list(self._days())
        for done, day in enumerate(days):
            now = self._policy.moment(day, self._policy.timetable.plan)
            self._replica.advance(day, now)
            result = planner.plan(self._ledger, day=day, now=now, listing=False)
            fired.update(result.fired)
            left_out[day] = dict(result.left_out)
            with self._ledger.writing() as session:
                contacts.extend(_contacts(session, day))
                _carry_out(session, day, now)
            self._say(done + 1, len(days))
        return Replay(self._first, self._last, fired, contacts, left_out)

    def _days(self) -> Iterator[date]:
        day = self._first
        while day <= self._last:
            if timetable.plans_on(self._policy, day):
                yield day
            day += DAY


def _contacts(session: Session, day: date) -> list[Contact]:
    rows = session.execute(
        select(Touch, Account.number)
        .join(Account, Account.id == Touch.account_id)
        .where(Touch.day == day, UNENDED)
        .order_by(Touch.channel, Touch.rank, Touch.account_id)
    ).all()
    came = _came(session, {touch.account_id for touch, _ in rows}, day)
    return [
        Contact(
            *(day, number, touch.channel, touch.step, touch.rank, touch.reasons),
            *(touch.value_minor, touch.currency, came.get((touch.account_id, touch.currency), 0)),
        )
        for touch, number in rows
    ]


def _came(session: Session, account_ids: Collection[int], day: date) -> Mapping[tuple[int, str], int]:
    """(customer, currency) -> what was paid within 14 days of what was past due, by what is known today."""
    customer = func.coalesce(Account.parent_id, Account.id)
    query = (
        select(customer, Invoice.currency, func.sum(Application.amount_minor))
        .join_from(Application, Invoice, Invoice.id == Application.invoice_id)
        .join(Account, Account.id == Invoice.account_id)
        .where(
            among(customer, account_ids),
            Application.dated_on > day,
            Application.dated_on <= day + WITHIN,
            Invoice.due_on < day,
        )
        .group_by(customer, Invoice.currency)
    )
    return {(id_, currency): int(amount) for id_, currency, amount in session.execute(query)}


def _carry_out(session: Session, day: date, now: datetime) -> None:
    """Every call is answered, every letter arrives."""
    session.execute(update(Plan).where(Plan.released_at.is_(None)).values(released_at=now))
    _write_letters(session, day)
    for channel, side in SIDES.items():
        mine = select(Touch.id).where(Touch.day == day, Touch.channel == channel, UNENDED)
        carried = session.scalars(select(TouchFiring.firing_id).where(TouchFiring.touch_id.in_(mine))).all()
        ids = session.scalars(mine).all()
        for some in _chunks(carried):
            firings.end_side(session, some, side, "done", why="replay", on=day)
        for some in _chunks(ids):
            touches.end(session, some, "done", "replay", now=now)
    called = select(Touch.account_id).where(Touch.day == day, Touch.channel == Channel.CALL)
    reached = {"reached_on": day, "rang_on": day, "broken_on": None}
    session.execute(update(Account).where(Account.id.in_(called)).values(reached))


def _write_letters(session: Session, day: date) -> None:
    """Three days lie between two dunning letters to one address."""
    dunning = [step.name for step in STEPS.values() if step.purpose is Purpose.DUNNING]
    carried = select(TouchFiring.touch_id).join(Firing, Firing.id == TouchFiring.firing_id)
    duns = carried.where(TouchFiring.touch_id == Touch.id, Firing.step.in_(dunning)).exists()
    written = select(Touch.destination_id).where(
        Touch.day == day, Touch.channel == Channel.EMAIL, UNENDED, duns
    )
    session.execute(update(Destination).where(Destination.id.in_(written)).values(mailed_on=day))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def document(found: Replay) -> dict[str, Any]:
    """The document of `outreach replay --json`."""
    days = Counter((one.day, one.channel) for one in found.contacts)
    return {
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "fired": dict(sorted(found.fired.items())),
        "days": [
            {
                "date": day.isoformat(),
                "calls": days[(day, "call")],
                "letters": days[(day, "email")],
                "left_out": dict(sorted(rules.items())),
            }
            for day, rules in found.left_out.items()
        ],
        "contacts": [_line(one) for one in found.contacts],
    }


def difference(now: Replay, changed: Replay) -> dict[str, Any]:
    """Whom only one of two playbooks would have contacted: by day, account and channel."""
    mine, theirs = (
        {(one.day, one.account, one.channel): one for one in it.contacts} for it in (now, changed)
    )
    return {
        "only_in_force": [_line(one) for key, one in mine.items() if key not in theirs],
        "only_changed": [_line(one) for key, one in theirs.items() if key not in mine],
        "both": len(mine.keys() & theirs.keys()),
    }


def _line(one: Contact) -> dict[str, Any]:
    return {
        "date": one.day.isoformat(),
        "account": one.account,
        "channel": one.channel,
        "step": one.step,
        "rank": one.rank,
        "reasons": list(one.reasons),
        "value": money.decimal(one.value, one.currency),
        "currency": one.currency,
        "paid_within_14_days": money.decimal(one.came, one.currency),
    }
