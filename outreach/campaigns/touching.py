"""The places of a day become touches with the firings they carry, under their accounts' locks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from outreach.campaigns import wording
from outreach.campaigns.gathering import Scene
from outreach.campaigns.judging import PLACELESS
from outreach.campaigns.places import Place, needs_rank
from outreach.campaigns.wording import height
from outreach.ledger import facts, plan_writing
from outreach.ledger.agenda import TAKEN
from outreach.ledger.among import among, ids_named
from outreach.ledger.facts import Due
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.plan_writing import Columns, Row
from outreach.ledger.roster import OpenFiring
from outreach.ledger.touches import Touch, TouchFiring
from outreach.rules.steps import FINAL_OVERDUE, STEPS, Channel, Step

TOUCH = Columns(
    Touch,
    (
        *("account_id", "n", "step", "tier", "rank", "value_minor", "currency", "reasons"),
        *("rep_id", "contact_id", "destination_id", "not_before", "not_after"),
    ),
)
CARRIED = Columns(TouchFiring, ("touch_id", "firing_id"))


class Filled(NamedTuple):
    """A place, and the firings that its touch takes in."""

    place: Place
    firing_ids: Sequence[int]

    @property
    def firings(self) -> list[OpenFiring]:
        return [one for member in self.place.members for one in member.free]

    def lead(self) -> Step:
        """The highest of what it takes in."""
        return min((one.step for one in self.firings), key=lambda step: height(step, self.place.channel))


def touch(session: Session, places: Sequence[Place], scene: Scene, plan_id: int, now: datetime) -> int:
    """Write the touches of these places. Returns how many rows were written."""
    members = {member.account_id for place in places for member in place.members}
    lock_accounts(session, members | {place.customer_id for place in places})
    written = 0
    for channel, day in sorted({(place.channel, place.day) for place in places}):
        mine = [place for place in places if (place.channel, place.day) == (channel, day)]
        filled = _fill(session, mine, channel, day, scene)
        finals = _finals(session, filled, scene)
        written += _new(session, [one for one in filled if not one.place.touch], finals, scene, plan_id, now)
        written += _joined(session, [one for one in filled if one.place.touch], finals, scene, plan_id)
    return written


def _fill(
    session: Session, places: Sequence[Place], channel: Channel, day: date, scene: Scene
) -> list[Filled]:
    """What is still open and free now, seen under the locks: a call that ended meanwhile has settled it."""
    ids = {member.account_id for place in places for member in place.members}
    parameters = {"ids": ids, "day": day, "placeless": PLACELESS[channel]}
    carried = scene.agenda.carried_by[channel]
    free: dict[int, list[int]] = defaultdict(list)
    for id_, account_id, name in session.connection().execute(_FREE[channel], parameters).fetchall():
        if id_ not in carried and (channel is Channel.CALL or scene.letter_day(STEPS[name]) == day):
            free[account_id].append(id_)
    return [
        Filled(place, [id_ for member in place.members for id_ in free.get(member.account_id, ())])
        for place in places
    ]


def _finals(session: Session, filled: Iterable[Filled], scene: Scene) -> Mapping[int, Due]:
    """Account id -> its oldest final invoice past due, where a reason names it."""
    ids = {one.account_id for some in filled for one in some.firings if one.step is FINAL_OVERDUE}
    return facts.overdue_finals(session, ids, scene.day) if ids else {}


def _new(
    session: Session,
    filled: Sequence[Filled],
    finals: Mapping[int, Due],
    scene: Scene,
    plan_id: int,
    now: datetime,
) -> int:
    some = [one for one in filled if one.firing_ids]
    if not some:
        return 0
    channel, day = some[0].place.channel, some[0].place.day
    made = _made(session, some, channel, day)
    # Whoever has made one since we looked has planned this customer: then nothing is left to do.
    some = [one for one in some if made.get(one.place.customer_id, ("", 0))[0] not in TAKEN]
    rows = [_row(one, made.get(one.place.customer_id, ("", 0))[1] + 1, finals, scene) for one in some]
    same: dict[str, Any] = {"channel": channel.value, "day": day, "plan_id": plan_id, "created_at": now}
    same["state"] = "held" if channel is Channel.EMAIL and not scene.released else "open"
    same |= {"policy_id": scene.in_force.id, "tries": 0}
    written = plan_writing.insert(session, TOUCH, rows, **same)
    ids = plan_writing.ids_of(session, channel, day, [one.place.customer_id for one in some])
    return written + _carry(session, channel, [(ids[one.place.customer_id], one) for one in some])


def _made(
    session: Session, filled: Sequence[Filled], channel: Channel, day: date
) -> Mapping[int, tuple[str, int]]:
    """Customer -> state and number of the last touch of that day."""
    mine = among(Touch.__table__.c.account_id, [one.place.customer_id for one in filled])
    query = select(Touch.account_id, Touch.state, Touch.n).where(mine, Touch.channel == channel)
    rows = session.execute(query.where(Touch.day == day).order_by(Touch.n))
    return {id_: (state, n) for id_, state, n in rows}


def _row(one: Filled, n: int, finals: Mapping[int, Due], scene: Scene) -> Row:
    place, highest, lead = one.place, one.place.highest, one.lead()
    currency = highest.worth.balance.currency
    asked = [one.worth.asked for one in place.members if one.worth.balance.currency == currency]
    return (
        *(place.customer_id, n, lead.name, lead.tier if place.channel is Channel.CALL else None),
        *(place.rank, sum(asked), currency, _reasons(one, finals, scene)),
        *(highest.rep_id, highest.contact_id, highest.destination_id, *highest.window),
    )


def _reasons(one: Filled, finals: Mapping[int, Due], scene: Scene) -> list[str]:
    balances = {member.account_id: member.worth.balance for member in one.place.members}
    return wording.words(one.firings, one.place.channel, balances, finals, scene.day)


def _joined(
    session: Session, filled: Sequence[Filled], finals: Mapping[int, Due], scene: Scene, plan_id: int
) -> int:
    """Touches that have not started take in what is new; those that need one get their rank of this day."""
    written, grown = 0, []
    for one in filled:
        if (touch := one.place.touch) and needs_rank(touch, scene):
            written += plan_writing.rank(session, touch.id, one.place.rank, plan_id)
        if touch and one.firing_ids and one.firings:
            _grow(session.get_one(Touch, touch.id), one, _reasons(one, finals, scene))
            grown.append((touch.id, one))
    session.flush()
    return written + (_carry(session, filled[0].place.channel, grown) if grown else 0)


def _grow(touch: Touch, one: Filled, reasons: Sequence[str]) -> None:
    touch.reasons = [*touch.reasons, *reasons]
    lead, channel = one.lead(), one.place.channel
    if height(lead, channel) < height(STEPS[touch.step], channel):
        touch.step = lead.name
        touch.tier = lead.tier if channel is Channel.CALL else None


def _carry(session: Session, channel: Channel, filled: Sequence[tuple[int, Filled]]) -> int:
    links = [(touch_id, firing_id) for touch_id, one in filled for firing_id in one.firing_ids]
    written = plan_writing.insert(session, CARRIED, links)
    return written + plan_writing.rule(session, channel, [firing_id for _, firing_id in links], None)


_F = Firing.__table__.c
_SIDES = {Channel.CALL: (_F.call_side, _F.call_rule), Channel.EMAIL: (_F.email_side, _F.email_rule)}
_FREE = {
    channel: select(_F.id, _F.account_id, _F.step)
    .where(
        OPEN,
        among(_F.account_id, ids_named("ids")),
        side == "open",
        or_(rule.is_(None), rule == bindparam("placeless")),
        _F.touch_on <= bindparam("day"),
    )
    .order_by(_F.account_id, _F.id)
    for channel, (side, rule) in _SIDES.items()
}
