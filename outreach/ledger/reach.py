"""How an account can be reached: on each channel the ways in their order, and what speaks against each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from outreach.ledger.among import among, ids_named
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.policies import InForce
from outreach.rules.numbers import address_problem, number_problem
from outreach.rules.policy import Policy
from outreach.rules.steps import FINAL_CHECK, Channel, Purpose, Step
from outreach.rules.zones import Place, locate


class Way(NamedTuple):
    """A contact's number or address."""

    place: Place
    contact_id: int
    name: str
    purposes: str
    """space-separated; empty: all"""
    destination_id: int
    address: str
    extension: str
    opted_out: bool
    suppressed: str
    """why; empty: it is not. Likewise `bad` and `not_allowed`"""
    bad: str
    not_allowed: str
    dunned_on: date | None

    @property
    def is_usable(self) -> bool:
        return not (self.opted_out or self.suppressed or self.bad or self.not_allowed)

    @property
    def kind(self) -> tuple[object, ...]:
        """All that the gate's rules look at, but not who it is."""
        against = (self.opted_out, self.suppressed != "", self.bad != "", self.not_allowed != "")
        return (*against, self.dunned_on, self.place.zones != ())

    def facts(self) -> dict[str, Any]:
        """Its part of the gate's facts."""
        return {
            "destination": self.address,
            "not_allowed": self.not_allowed,
            "opted_out": self.opted_out,
            "suppressed": self.suppressed,
            "bad": self.bad,
            "dunned_on": self.dunned_on,
            "place": self.place,
        }


def ways(
    session: Session, account_ids: Collection[int], channel: Channel, policy: Policy
) -> Mapping[int, list[Way]]:
    """Account id -> its ways, the one to use first first; nobody who has left."""
    found: dict[int, list[Way]] = defaultdict(list)
    told = {"default_country": policy.organization.country, "every_source": policy.hours.every_source}
    rows = session.connection().execute(_WAYS[channel], {"ids": account_ids}).fetchall()
    for account_id, timezone, country, state, zones, *columns in rows:
        place = locate(timezone, country, state, tuple(zones.split()) if zones else (), **told)
        found[account_id].append(Way(place, *columns))
    return found


def choose(found: Sequence[Way], need: str, place: int = 0) -> Way | None:
    """The way with the lowest order that fits the need and may be used (interface.md, contacts).

    `place` 1 is the next one, as far as there is one. Where none may be used the first that fits: its gate
    says why. None: there is no number or address at all.
    """
    fitting = [way for way in found if not way.purposes or not need or need in way.purposes.split()]
    usable = [way for way in fitting if way.is_usable]
    if usable:
        return usable[min(place, len(usable) - 1)]
    return next(iter(fitting), None)


def judge(session: Session, in_force: InForce, *, limit: int = 1000) -> int:
    """Write down of numbers and addresses whether the policy allows them: a plan cannot ask of each.

    At most `limit` of those the policy in force has not judged. Returns how many there were.
    """
    unjudged = Destination.judged_by.is_distinct_from(in_force.id)
    query = select(Destination.id, Destination.kind, Destination.address).where(unjudged).limit(limit)
    rows = session.execute(query.order_by(Destination.id)).all()
    verdicts = [{"key": row.id, "why": problem(row.kind, row.address, in_force.policy)} for row in rows]
    if verdicts:
        values = {"not_allowed": bindparam("why"), "judged_by": in_force.id}
        judged = update(Destination).where(_D.id == bindparam("key")).values(values)
        session.connection().execute(judged, verdicts)
    return len(verdicts)


def problem(kind: str, address: str, policy: Policy) -> str | None:
    """Why a number may not be dialled or an address not be written to; None: it may."""
    return number_problem(address, policy.numbers) if kind == "phone" else address_problem(address)


def need_of(step: Step, channel: Channel) -> str:
    """The purpose a contact must have for a step; empty: any will do."""
    if channel is Channel.CALL:
        return "calls"
    return "final" if step is FINAL_CHECK else _LETTERS.get(step.purpose, "")


_LETTERS = {
    Purpose.DUNNING: "dunning",
    Purpose.REMINDER: "dunning",
    Purpose.STATEMENT: "statements",
    Purpose.NOTICE: "suspension",
}


_IDS = ids_named("ids")
_C, _D = Contact.__table__.c, Destination.__table__.c


def _why(happened: ColumnElement[Any], why: ColumnElement[str], otherwise: str) -> ColumnElement[str]:
    """Why something stands against it; empty: nothing of the kind has happened."""
    return case((happened.is_not(None), func.coalesce(why, otherwise)), else_="")


def _ways(destination_id: ColumnElement[int], opted_out: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            *(_C.account_id, _C.timezone, _C.country, _C.state, _D.zones),
            *(_C.id, _C.name, _C.purposes, _D.id, _D.address, func.coalesce(_C.extension, ""), opted_out),
            _why(_D.suppressed_at, _D.suppressed_why, "suppressed"),
            _why(_D.bad_at, _D.bad_why, "bad"),
            *(func.coalesce(_D.not_allowed, ""), _D.mailed_on),
        )
        .join_from(Contact.__table__, Destination.__table__, _D.id == destination_id)
        .where(among(_C.account_id, _IDS), _C.left_on.is_(None))
        .order_by(_C.account_id, _C.rank, _C.id)
    )


_WAYS = {
    Channel.CALL: _ways(_C.phone_id, _C.do_not_call),
    Channel.EMAIL: _ways(_C.email_id, _C.do_not_mail),
}
