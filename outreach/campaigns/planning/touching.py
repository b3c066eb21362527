"""The places of a day become touches with the firings they carry, under their accounts' locks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from outreach.campaigns.planning import wording
from outreach.campaigns.planning.judging import PLACELESS
from outreach.campaigns.planning.places import Place, tier_of
from outreach.campaigns.planning.scene import Scene
from outreach.campaigns.planning.wording import height
from outreach.ledger import facts, plan_writing
from outreach.ledger.agenda import TAKEN
from outreach.ledger.among import among, ids_named
from outreach.ledger.facts import Due
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.plan_writing import Columns, Made, Row
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
    firings: Sequence[OpenFiring]
    """as they were judged; those that this plan has made have no id there"""
    firing_ids: Sequence[int]
    ruled: Sequence[int]
    """those of them with a rule for want of a place"""

    def lead(self) -> Step:
        """The highest of what it takes in."""
        return min([one.step for one in self.firings], key=lambda step: height(step, self.place.channel))


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
    ruled = set()
    for id_, account_id, name, rule in session.connection().execute(_FREE[channel], parameters).fetchall():
        if id_ not in carried and (channel is Channel.CALL or scene.letter_day(STEPS[name]) == day):
            free[account_id].append(id_)
            if rule:
                ruled.add(id_)
    return [_filled(place, free, ruled) for place in places]


def _filled(place: Place, free: Mapping[int, Sequence[int]], ruled: Collection[int]) -> Filled:
    ids = [id_ for member in place.members for id_ in free.get(member.account_id, ())]
    firings = [one for member in place.members for one in member.free]
    return Filled(place, firings, ids, [id_ for id_ in ids if id_ in ruled])


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
    before = plan_writing.made(session, channel, day, [one.place.customer_id for one in some])
    # Whoever has made one since we looked has planned this customer: then nothing is left to do.
    some = [one for one in some if before.get(one.place.customer_id, NONE).state not in TAKEN]
    rows = [_row(one, before.get(one.place.customer_id, NONE).n + 1, finals, scene) for one in some]
    same: dict[str, Any] = {"channel": channel.value, "day": day, "plan_id": plan_id, "created_at": now}
    same["state"] = "held" if channel is Channel.EMAIL and not scene.released else "open"
    same |= {"policy_id": scene.in_force.id, "tries": 0}
    written = plan_writing.insert(session, TOUCH, rows, **same)
    made = plan_writing.made(session, channel, day, [one.place.customer_id for one in some])
    return written + _carry(session, channel, [(made[one.place.customer_id].id, one) for one in some])


NONE = Made(0, "", 0)


def _row(one: Filled, n: int, finals: Mapping[int, Due], scene: Scene) -> Row:
    place, highest, lead = one.place, one.place.highest, one.lead()
    currency = highest.worth.balance.currency
    asked = [one.worth.asked for one in place.members if one.worth.balance.currency == currency]
    return (
        *(place.customer_id, n, lead.name, _tier(one)),
        *(place.rank, sum(asked), currency, _reasons(one, finals, scene)),
        *(highest.rep_id, highest.contact_id, highest.destination_id, *highest.window),
    )


def _tier(one: Filled) -> int | None:
    if one.place.channel is not Channel.CALL:
        return None
    return min(tier_of(one.place), one.lead().tier or 0)


def _reasons(one: Filled, finals: Mapping[int, Due], scene: Scene) -> list[str]:
    balances = {member.account_id: member.worth.balance for member in one.place.members}
    words = wording.words(one.firings, one.place.channel, balances, finals, scene.day)
    cut_off = scene.cut_offs.get(one.place.customer_id) if one.place.channel is Channel.CALL else None
    return [*words, *filter(None, (one.place.estimate, cut_off))]


def _joined(
    session: Session, filled: Sequence[Filled], finals: Mapping[int, Due], scene: Scene, plan_id: int
) -> int:
    """Touches that have not started take in what is new; those that need one get their rank of this day."""
    written, grown = 0, []
    for one in filled:
        touch = one.place.touch
        if touch and one.place.is_to_move(scene):
            rep_id = one.place.rep_id(scene)
            written += plan_writing.rank(session, touch.id, one.place.rank, rep_id, plan_id)
        if touch and one.firing_ids and one.firings:
            _grow(session.get_one(Touch, touch.id), one, _reasons(one, finals, scene))
            grown.append((touch.id, one))
    session.flush()
    return written + (_carry(session, filled[0].place.channel, grown) if grown else 0)


def _grow(touch: Touch, one: Filled, reasons: Sequence[str]) -> None:
    touch.reasons = [*touch.reasons, *(why for why in reasons if why not in touch.reasons)]
    lead, channel = one.lead(), one.place.channel
    if height(lead, channel) < height(STEPS[touch.step], channel):
        touch.step = lead.name
        touch.tier = lead.tier if channel is Channel.CALL else None


def _carry(session: Session, channel: Channel, filled: Sequence[tuple[int, Filled]]) -> int:
    links = [(touch_id, firing_id) for touch_id, one in filled for firing_id in one.firing_ids]
    written = plan_writing.insert(session, CARRIED, links)
    ruled = [firing_id for _, one in filled for firing_id in one.ruled]
    return written + plan_writing.rule(session, channel, ruled, None)


_F = Firing.__table__.c
_SIDES = {Channel.CALL: (_F.call_side, _F.call_rule), Channel.EMAIL: (_F.email_side, _F.email_rule)}
_FREE = {
    channel: select(_F.id, _F.account_id, _F.step, rule)
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
