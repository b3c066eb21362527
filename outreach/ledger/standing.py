"""The gate's facts, read at one moment: for a call, for letters.

Whoever acts on the answer reads them in the transaction that acts, under the locks of account, destination
and rep-day (design.md 4). A touch is asked about once for each firing it carries.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from outreach.ledger import call_history, facts, grounds, reach, replies, stops, tie_outs
from outreach.ledger.among import among, ids_named
from outreach.ledger.call_history import Call
from outreach.ledger.covers import About, Covers
from outreach.ledger.destinations import Destination
from outreach.ledger.facts import Accounts, Books
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.grounds import GONE, GROUNDED
from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.letters import Letter
from outreach.ledger.people import User
from outreach.ledger.reach import Way
from outreach.ledger.receivables import BAR, Account
from outreach.ledger.touches import Touch, open_firings
from outreach.rules import outcomes
from outreach.rules.hours import Duty
from outreach.rules.outcomes import Outcome
from outreach.rules.plan_day import PlanDay
from outreach.rules.policy import Policy
from outreach.rules.span import Span as Hours
from outreach.rules.standing import Standing
from outreach.rules.states import CALL_LIVE
from outreach.rules.steps import REPLY_WAITING, Channel, step

STRANGER = "{} belongs to no contact of this account."


@dataclass(frozen=True, slots=True)
class Standings:
    """The gate's facts of one touch."""

    common: Standing
    """of what is about no firing: a copy, an answer"""
    of: Mapping[int, Standing]
    """firing id -> its facts: they differ in what covers its subject"""


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every contact of the moment."""

    stops: Mapping[str, str]
    ledger_as_of: date | None
    untied: str = ""
    """a file whose control total differs"""

    @classmethod
    def read(cls, session: Session) -> "House":
        newest, untied = session.execute(_IMPORTS).one()
        return cls(stops.in_force(session), newest, untied or "")

    def standing(self, channel: Channel) -> Standing:
        """The facts of the house, on which those of account, way and rep are put."""
        stopped = "everything" in self.stops
        return Standing(
            kill_switch=stopped,
            paused=self.paused(channel),
            ledger_as_of=self.ledger_as_of,
            untied=self.untied,
        )

    def paused(self, channel: Channel, step_name: str = "") -> str:
        """Why the channel or the step is paused; empty: it is not."""
        return self.stops.get(f"{channel}s") or self.stops.get(f"step:{step_name}") or ""


_IMPORTS = select(
    select(func.max(Import.as_of)).where(APPLIED).scalar_subquery(), tie_outs.WAITING_FILE.scalar_subquery()
)


class Dial(NamedTuple):
    """A call that may be made: by whom, to whom, and about which firings."""

    account_id: int
    contact_id: int | None
    destination_id: int | None
    rep_id: int | None
    firings: Sequence[Firing] = ()


def for_call(
    session: Session, dial: Dial, now: datetime, policy: Policy, *, attempt_id: str | None = None
) -> Standings:
    """What speaks for and against this call now, for each of its firings.

    `attempt_id`: the attempt that asks; it does not count against itself.
    """
    return for_calls(session, [dial], now, policy, attempt_id=attempt_id)[0]


def for_calls(
    session: Session,
    dials: Sequence[Dial],
    now: datetime,
    policy: Policy,
    *,
    attempt_id: str | None = None,
) -> Sequence[Standings]:
    """The same for many calls, in their order."""
    day, house = facts.plan_day(session, policy.today(now), policy), House.read(session)
    carried = dict(_with_subjects(session, [one for dial in dials for one in dial.firings], day))
    owners = [{dial.account_id, *(one.account_id for one in dial.firings)} for dial in dials]
    accounts = _accounts(session, set().union(*owners), day, attempt_id)
    ways = reach.ways(session, accounts, Channel.CALL, policy)
    numbers = _numbers(session, {dial.destination_id for dial in dials}, day.on, attempt_id)
    reps = {
        id_: _about_rep(session, id_, day.on, policy, attempt_id) for id_ in {one.rep_id for one in dials}
    }
    found = []
    for dial, owned in zip(dials, owners, strict=True):
        way = _way((ways.get(id_, ()) for id_ in owned), dial.contact_id, dial.destination_id)
        number, at_number = numbers.get(dial.destination_id, (None, {}))
        common = house.standing(Channel.CALL)._replace(
            **_about_way(way, number, policy), **at_number, **reps[dial.rep_id]
        )
        firings = [(one, carried[one]) for one in dial.firings]
        found.append(_standings(common, Channel.CALL, dial.account_id, firings, accounts, house))
    return found


def for_letters(
    session: Session, touches: Collection[Touch], now: datetime, policy: Policy
) -> Mapping[int, Standings]:
    """Touch id -> what speaks for and against its letter leaving now, for each open firing it carries."""
    day, house = facts.plan_day(session, policy.today(now), policy), House.read(session)
    carried = _carried(session, [touch.id for touch in touches], day)
    owners = {
        touch.id: {touch.account_id, *(one.account_id for one, _ in carried[touch.id])} for touch in touches
    }
    accounts = _accounts(session, set().union(*owners.values()), day)
    ways = reach.ways(session, accounts, Channel.EMAIL, policy)
    ids = [touch.destination_id for touch in touches]
    addresses, letters = _destinations(session, ids), _letters(session, ids)
    found = {}
    for touch in touches:
        own = (ways.get(account_id, []) for account_id in owners[touch.id])
        way = _way(own, touch.contact_id, touch.destination_id)
        common = house.standing(Channel.EMAIL)._replace(
            **_about_way(way, addresses.get(touch.destination_id), policy),
            **letters.get(touch.destination_id, {}),
        )
        firings = carried[touch.id]
        found[touch.id] = _standings(common, Channel.EMAIL, touch.account_id, firings, accounts, house)
    return found


def duty_of(rep: User | None, policy: Policy) -> Duty | None:
    """A rep's own hours; by default the organization's working hours in its zone."""
    if rep is None:
        return None
    hours = Hours.parse(rep.hours) if rep.hours else policy.calendar.working_hours
    return Duty(ZoneInfo(rep.timezone) if rep.timezone else policy.organization.zone, hours)


@dataclass(frozen=True, slots=True)
class _Account:
    """One account as the gate sees it."""

    facts: Mapping[str, Any]
    today: Sequence[Call]
    covers: Covers

    @classmethod
    def of(
        cls, id_: int, barred: Any, *, reply_waiting: bool, books: Books, calls: Sequence[Call], day: PlanDay
    ) -> "_Account":
        open_totals = [balance.total_open for balance in books.balances.get(id_, [])]
        today = [call for call in calls if call.day == day.on]
        facts = {
            "barred": barred,
            "total_open": max(open_totals, default=0),
            "reply_waiting": reply_waiting,
            "conversation_on": call_history.last_conversation(calls),
            "reached_account_today": sum(call.reached for call in today),
            "rang_account": tuple(call.day for call in calls if call.counts),
        }
        return cls(facts, today, Covers(id_, books, day))

    def about(self, firing: Firing, subject: About) -> dict[str, Any]:
        """What covers the firing's subject, and whether it was spoken about today."""
        about = step(firing.step)
        said = (call.disposition for call in self.today if call.disposition)
        return {
            "cover": self.covers.of(about, subject),
            "covered_until": self.covers.until(subject),
            "spoken_today": any(outcomes.closes(disposition, about) for disposition in said),
        }


def _standings(
    common: Standing,
    channel: Channel,
    account_id: int,
    carried: Sequence[tuple[Firing, About]],
    accounts: Mapping[int, _Account],
    house: House,
) -> Standings:
    owner = common._replace(**accounts[account_id].facts)
    of = {}
    for firing, subject in carried:
        account = accounts[firing.account_id]
        whose = owner if firing.account_id == account_id else common._replace(**account.facts)
        paused = house.paused(channel, firing.step)
        of[firing.id] = whose._replace(paused=paused, **account.about(firing, subject))
    return Standings(owner, of)


def _with_subjects(session: Session, firings: Collection[Firing], day: PlanDay) -> list[tuple[Firing, About]]:
    """Each firing with what it is about."""
    dues = facts.invoices(session, {one.invoice_id for one in firings if one.invoice_id})
    grounded = [one for one in firings if step(one.step) in GROUNDED]
    standing = grounds.standing(session, {one.account_id for one in grounded}, day) if grounded else {}
    found: list[tuple[Firing, About]] = []
    for one in firings:
        if step(one.step) in GROUNDED:
            found.append((one, standing.get((one.account_id, one.step, one.subject, one.cycle), GONE)))
        else:
            found.append((one, dues.get(one.invoice_id) if one.invoice_id else None))
    return found


def _accounts(
    session: Session, ids: Collection[int], day: PlanDay, attempt_id: str | None = None
) -> Mapping[int, _Account]:
    """The accounts; who was called is their customer."""
    owed = set(session.scalars(_OWED_AN_ANSWER, {"ids": ids}))
    waiting = replies.customers(session)
    rows = session.execute(_CUSTOMERS, {"ids": ids}).all()
    calls: dict[int, list[Call]] = defaultdict(list)
    customers = {customer for _, customer, _ in rows}
    for call in call_history.at_accounts(session, customers, day.on, day.policy, but=attempt_id):
        calls[call.account_id].append(call)
    books = facts.books(session, Accounts(ids), day, everything=True)
    found = {}
    for id_, customer, bar in rows:
        waits = id_ in owed or customer in waiting
        found[id_] = _Account.of(id_, bar, reply_waiting=waits, books=books, calls=calls[customer], day=day)
    return found


_OWED_AN_ANSWER = select(Firing.account_id).where(
    OPEN, Firing.step == REPLY_WAITING.name, among(Firing.__table__.c.account_id, ids_named("ids"))
)
_CUSTOMERS = select(Account.id, func.coalesce(Account.parent_id, Account.id), BAR).where(
    among(Account.__table__.c.id, ids_named("ids"))
)
_DESTINATIONS = (
    select(Destination)
    .where(among(Destination.__table__.c.id, ids_named("ids")))
    .execution_options(populate_existing=True)
)


def _way(found: Iterable[Sequence[Way]], contact_id: int | None, destination_id: int | None) -> Way | None:
    """The contact's way of this very touch; None if it is no way to these accounts any more."""
    ways = [way for some in found for way in some if way.destination_id == destination_id]
    return next((way for way in ways if contact_id in (None, way.contact_id)), None)


def _about_way(way: Way | None, destination: Destination | None, policy: Policy) -> dict[str, Any]:
    if destination is None:
        return {}
    if way is None:
        return {"destination": destination.address, "not_allowed": STRANGER.format(destination.address)}
    return way.facts() | {"not_allowed": reach.problem(destination.kind, way.address, policy) or ""}


def _destinations(session: Session, ids: Iterable[int | None]) -> Mapping[int | None, Destination]:
    wanted = {"ids": {id_ for id_ in ids if id_}}
    return {row.id: row for row in session.scalars(_DESTINATIONS, wanted)}


def _numbers(
    session: Session, ids: Collection[int | None], on: date, attempt_id: str | None
) -> Mapping[int | None, tuple[Destination, dict[str, Any]]]:
    """The numbers, and what was called there lately, over all accounts."""
    calls: dict[int, list[Call]] = defaultdict(list)
    for call in call_history.at_numbers(session, [id_ for id_ in ids if id_], on, but=attempt_id):
        calls[call.destination_id].append(call)
    found = _destinations(session, ids)
    return {id_: (number, _about_number(calls[number.id], on)) for id_, number in found.items()}


def _about_number(calls: Sequence[Call], on: date) -> dict[str, Any]:
    states = {call.state for call in calls}
    return {
        "attempt": "in doubt" if "unknown" in states else "live" if states & CALL_LIVE else "",
        "rang": tuple(call.day for call in calls if call.counts),
        "busy_today": sum(call.day == on and call.outcome is Outcome.BUSY for call in calls),
        "reached_contact_today": sum(call.day == on and call.reached for call in calls),
    }


def _about_rep(
    session: Session, rep_id: int | None, on: date, policy: Policy, attempt_id: str | None
) -> dict[str, Any]:
    if not rep_id:
        return {}
    made = call_history.by_rep(session, rep_id, on, but=attempt_id)
    return {"duty": duty_of(session.get(User, rep_id), policy), "rep_attempts_today": made}


def _letters(session: Session, ids: Iterable[int | None]) -> Mapping[int | None, dict[str, Any]]:
    sent = and_(Letter.automatic, Letter.state != "refused")
    query = select(
        Letter.destination_id,
        func.max(case((sent, Letter.day))),
        func.max(case((Letter.state == "unknown", 2), (Letter.state == "sending", 1), else_=0)),
    ).where(Letter.destination_id.in_([id_ for id_ in ids if id_]))
    rows = session.execute(query.group_by(Letter.destination_id)).all()
    attempts = ("", "live", "in doubt")
    return {id_: {"automatic_on": last, "attempt": attempts[state]} for id_, last, state in rows}


def _carried(
    session: Session, touch_ids: Collection[int], day: PlanDay
) -> Mapping[int, list[tuple[Firing, About]]]:
    of = open_firings(session, touch_ids)
    subjects = dict(_with_subjects(session, {one for some in of.values() for one in some}, day))
    return {id_: [(one, subjects[one]) for one in some] for id_, some in of.items()}
