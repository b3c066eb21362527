"""What a plan must know of accounts beside their invoices: who they are, what has fired, what is planned."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from sys import intern
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among, ids_named
from outreach.ledger.covers import About
from outreach.ledger.facts import Due, Span
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.grounds import Ground, Key
from outreach.ledger.people import User
from outreach.ledger.plans import RUNNING_ON, LeftOut
from outreach.ledger.receivables import BAR, Account, Invoice
from outreach.ledger.standing import duty_of
from outreach.rules.hours import Duty
from outreach.rules.policy import Policy
from outreach.rules.steps import STEPS, Step

IDLE = "nothing asked"
"""the rule of most accounts on most days: what is not read need not be written"""


class Member(NamedTuple):
    """An account, and the customer it belongs to: its parent, or itself."""

    id: int
    number: str
    customer_id: int
    rep_id: int | None
    barred: Any
    reached_on: date | None
    rang_on: date | None
    broken_on: date | None


class OpenFiring(NamedTuple):
    """A firing that has not ended, and the invoice it is about as it stands now."""

    account_id: int
    id: int
    step: Step
    subject: str
    cycle: str
    touch_on: date
    call_side: str
    email_side: str
    call_rule: str | None = None
    email_rule: str | None = None
    call_again_on: date | None = None
    tries: int = 0
    emails: int = 0
    run: int | None = None
    receipt_confirmed_on: date | None = None
    invoice: Due | None = None
    raw_on: date | None = None
    """of a new one: the day its step became true"""
    ground: Ground | None = None
    """what was agreed or decided that it is about; None also where that has gone"""

    @property
    def about(self) -> About:
        return self.invoice or self.ground

    @property
    def key(self) -> Key:
        return self.step.name, self.subject, self.cycle


class Recorded(NamedTuple):
    """A firing that was recorded, whatever has become of it."""

    account_id: int
    step: str
    subject: str
    cycle: str
    run: int | None
    unsent_email: bool


def spans(session: Session, size: int) -> Iterator[Span]:
    """All accounts in ranges of about `size`, by id."""
    last = 0
    while True:
        ids = select(Account.id).where(Account.id > last).order_by(Account.id).limit(size).subquery()
        first, end = session.execute(select(func.min(ids.c.id), func.max(ids.c.id))).one()
        if first is None:
            return
        yield Span(first, end)
        last = end


def size(session: Session, span: Span) -> int:
    """How many accounts it has."""
    return session.scalars(select(func.count()).where(_in_span(_A.id)), span._asdict()).one()


def members(session: Session, account_ids: Collection[int]) -> list[Member]:
    """These accounts, by id."""
    rows = session.connection().execute(_MEMBERS, {"ids": account_ids})
    return [Member._make(row) for row in rows.fetchall()]


def open_firings(session: Session, span: Span) -> Mapping[int, list[OpenFiring]]:
    """Account id -> its open firings, in the order they fired."""
    found: dict[int, list[OpenFiring]] = defaultdict(list)
    for row in session.connection().execute(_FIRINGS, span._asdict()).fetchall():
        account_id, id_, name, subject, cycle, touch_on, *words = row[:WORDS]
        # The driver makes every word anew, and a plan keeps hundreds of thousands of the same few.
        words = [intern(word) if word else word for word in words]
        invoice = _invoice(account_id, subject, *row[OWN:]) if row[OWN] is not None else None
        own = (STEPS[name], subject, cycle, touch_on, *words, *row[WORDS:OWN])
        found[account_id].append(OpenFiring._make((account_id, id_, *own, invoice, None, None)))
    return found


def _invoice(account_id: int, subject: str, id_: int, number: str, currency: str, *sums: Any) -> Due:
    return Due(account_id, id_, subject if subject == number else number, intern(currency), *sums)


def recorded(
    session: Session, account_ids: Collection[int], steps: Collection[str], cycles: Collection[str]
) -> list[Recorded]:
    """What was recorded for these accounts, steps and cycles: seeks in the unique key, not in history."""
    parameters = {"ids": account_ids, "steps": sorted(steps), "cycles": sorted(cycles)}
    return [Recorded._make(row) for row in session.connection().execute(_RECORDED, parameters).fetchall()]


Running = Mapping[str, tuple[int, str]]
"""channel -> id and rule of the interval that runs"""


def left_outs(session: Session, span: Span, account_ids: Collection[int]) -> Mapping[int, Running]:
    """Account id -> the intervals that run, of `account_ids`; of the span's others where it is not IDLE."""
    found: dict[int, dict[str, tuple[int, str]]] = defaultdict(dict)
    parameters = span._asdict() | {"ids": account_ids, "idle": IDLE}
    for id_, account_id, channel, rule in session.connection().execute(_LEFT_OUTS, parameters).fetchall():
        found[account_id][intern(channel)] = (id_, intern(rule))
    return found


def unexplained(session: Session, span: Span) -> set[int]:
    """Accounts of the span with no interval that runs."""
    return set(session.connection().execute(_UNEXPLAINED, span._asdict()).scalars())


class Desk(NamedTuple):
    """Who works an account's calls on the day."""

    rep_id: int
    duty: Duty


def desks(session: Session, policy: Policy) -> Mapping[int, Desk]:
    """Rep id -> whose desk their accounts are on: their own, or their cover's while they are away."""
    people = {user.id: user for user in session.scalars(select(User))}
    found = {}
    for user in people.values():
        at_work = user if user.active else people.get(user.cover_id or 0)
        duty = duty_of(at_work, policy)
        if at_work and at_work.active and duty:
            found[user.id] = Desk(at_work.id, duty)
    return found


def parents(session: Session) -> Mapping[int, Member]:
    """The accounts that have children, by id."""
    query = _ACCOUNTS.where(_A.id.in_(select(_A.parent_id).where(_A.parent_id.is_not(None))))
    return {row[0]: Member._make(row) for row in session.connection().execute(query)}


_A, _F, _I = Account.__table__.c, Firing.__table__.c, Invoice.__table__.c
_L = LeftOut.__table__.c


WORDS, OWN = 10, 15
"""columns of _FIRINGS before its numbers and dates, and before the invoice's"""
_IDS = ids_named("ids")


def _in_span(column: ColumnElement[int]) -> ColumnElement[bool]:
    return column.between(bindparam("first"), bindparam("last"))


_ACCOUNTS = select(
    _A.id,
    _A.number,
    func.coalesce(_A.parent_id, _A.id),
    _A.rep_id,
    BAR,
    _A.reached_on,
    _A.rang_on,
    _A.broken_on,
)
_MEMBERS = _ACCOUNTS.where(among(_A.id, _IDS)).order_by(_A.id)
_FIRINGS = (
    select(
        *(_F.account_id, _F.id, _F.step, _F.subject, _F.cycle, _F.touch_on, _F.call_side, _F.email_side),
        *(_F.call_rule, _F.email_rule, _F.call_again_on, _F.tries, _F.emails, _F.run),
        *(_I.receipt_confirmed_on, _I.id, _I.number, _I.currency, _I.due_on, _I.open_minor, _I.reopened),
    )
    .outerjoin_from(Firing.__table__, Invoice.__table__, _I.id == _F.invoice_id)
    .where(OPEN, _in_span(_F.account_id))
    .order_by(_F.account_id, _F.id)
)
_RECORDED = select(
    *(_F.account_id, _F.step, _F.subject, _F.cycle, _F.run),
    and_(_F.email_side == "open", _F.emails == 0),
).where(
    among(_F.account_id, _IDS),
    _F.step.in_(bindparam("steps", expanding=True)),
    _F.cycle.in_(bindparam("cycles", expanding=True)),
)
_LEFT_OUTS = select(_L.id, _L.account_id, _L.channel, _L.rule).where(
    RUNNING_ON, _in_span(_L.account_id), or_(_L.rule != bindparam("idle"), among(_L.account_id, _IDS))
)
_UNEXPLAINED = (
    select(_A.id)
    .outerjoin_from(Account.__table__, LeftOut.__table__, and_(_L.account_id == _A.id, RUNNING_ON))
    .where(_in_span(_A.id), _L.id.is_(None))
)
