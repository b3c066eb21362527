"""The places of a day become touches with the firings they carry, under their accounts' locks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from outreach.campaigns import wording
from outreach.campaigns.gathering import Scene
from outreach.campaigns.judging import PLACELESS
from outreach.campaigns.places import Place, needs_rank
from outreach.campaigns.wording import Matter, height
from outreach.ledger import facts, plan_writing
from outreach.ledger.agenda import TAKEN
from outreach.ledger.facts import Due
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.plan_writing import Columns, Row
from outreach.ledger.receivables import Invoice
from outreach.ledger.touches import Touch, TouchFiring
from outreach.rules.steps import FINAL_OVERDUE, Channel, step

TOUCH = Columns(
    Touch,
    (
        *("account_id", "n", "step", "tier", "rank", "value_minor", "currency", "reasons"),
        *("rep_id", "contact_id", "destination_id", "not_before", "not_after"),
    ),
)
CARRIED = Columns(TouchFiring, ("touch_id", "firing_id"))


class Filled(NamedTuple):
    """A place with what its touch takes in."""

    place: Place
    matters: Sequence[Matter]
    reasons: list[str]


def touch(session: Session, places: Sequence[Place], scene: Scene, plan_id: int, now: datetime) -> int:
    """Write the touches of these places. Returns how many rows were written."""
    members = {member.account_id for place in places for member in place.members}
    lock_accounts(session, members | {place.customer_id for place in places})
    written = 0
    for channel, day in sorted({(place.channel, place.day) for place in places}):
        mine = [place for place in places if (place.channel, place.day) == (channel, day)]
        filled = _fill(session, mine, channel, day, scene)
        written += _new(session, [one for one in filled if not one.place.touch], scene, plan_id, now)
        written += _joined(session, [one for one in filled if one.place.touch], scene, plan_id)
    return written


def _fill(
    session: Session, places: Sequence[Place], channel: Channel, day: date, scene: Scene
) -> list[Filled]:
    """What is still open and free now, seen under the locks: a call that ended meanwhile has settled it."""
    free = _free(session, {member.account_id for place in places for member in place.members}, channel, day)
    known = scene.agenda.carried_by[channel]
    final = [one.account_id for some in free.values() for one in some if one.step is FINAL_OVERDUE]
    finals = facts.overdue_finals(session, final, scene.day) if final else {}
    found = []
    for place in places:
        balances = {member.account_id: member.worth.balance for member in place.members}
        matters = [one for id_ in balances for one in free.get(id_, ()) if one.id not in known]
        if channel is Channel.EMAIL:
            matters = [one for one in matters if scene.letter_day(one.step) == day]
        reasons = wording.words(matters, channel, balances, finals, scene.day)
        found.append(Filled(place, matters, reasons))
    return found


def _free(
    session: Session, account_ids: Iterable[int], channel: Channel, day: date
) -> Mapping[int, list[Matter]]:
    parameters = {"ids": sorted(account_ids), "day": day, "placeless": PLACELESS[channel]}
    found: dict[int, list[Matter]] = defaultdict(list)
    for id_, account_id, name, raw_on, *columns in session.connection().execute(_FREE[channel], parameters):
        invoice = Due._make(columns) if columns[0] is not None else None
        found[account_id].append(Matter(id_, account_id, step(name), raw_on, invoice))
    return found


def _new(session: Session, filled: Sequence[Filled], scene: Scene, plan_id: int, now: datetime) -> int:
    some = [one for one in filled if one.matters]
    if not some:
        return 0
    channel, day = some[0].place.channel, some[0].place.day
    made = _made(session, some, channel, day)
    # Whoever has made one since we looked has planned this customer: then nothing is left to do.
    some = [one for one in some if made.get(one.place.customer_id, ("", 0))[0] not in TAKEN]
    rows = [_row(one, made.get(one.place.customer_id, ("", 0))[1] + 1) for one in some]
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
    query = select(Touch.account_id, Touch.state, Touch.n).where(
        Touch.account_id.in_([one.place.customer_id for one in filled]),
        and_(Touch.channel == channel, Touch.day == day),
    )
    return {id_: (state, n) for id_, state, n in session.execute(query.order_by(Touch.n))}


def _row(one: Filled, n: int) -> Row:
    place, highest = one.place, one.place.highest
    currency = highest.worth.balance.currency
    asked = [one.worth.asked for one in place.members if one.worth.balance.currency == currency]
    lead = min((matter.step for matter in one.matters), key=lambda step: height(step, place.channel))
    return (
        *(place.customer_id, n, lead.name, lead.tier if place.channel is Channel.CALL else None),
        *(place.rank, sum(asked), currency, one.reasons),
        *(highest.rep_id, highest.contact_id, highest.destination_id, *highest.window),
    )


def _joined(session: Session, filled: Sequence[Filled], scene: Scene, plan_id: int) -> int:
    """Touches that have not started take in what is new; those that need one get their rank of this day."""
    written, grown = 0, []
    for one in filled:
        if (touch := one.place.touch) and needs_rank(touch, scene):
            written += plan_writing.rank(session, touch.id, one.place.rank, plan_id)
        if touch and one.matters:
            _grow(session.get_one(Touch, touch.id), one)
            grown.append((touch.id, one))
    session.flush()
    return written + (_carry(session, filled[0].place.channel, grown) if grown else 0)


def _grow(touch: Touch, one: Filled) -> None:
    touch.reasons = [*touch.reasons, *one.reasons]
    channel = one.place.channel
    lead = min((matter.step for matter in one.matters), key=lambda step: height(step, channel))
    if height(lead, channel) < height(step(touch.step), channel):
        touch.step = lead.name
        touch.tier = lead.tier if channel is Channel.CALL else None


def _carry(session: Session, channel: Channel, filled: Sequence[tuple[int, Filled]]) -> int:
    links = [(id_, matter.id) for id_, one in filled for matter in one.matters]
    written = plan_writing.insert(session, CARRIED, links)
    return written + plan_writing.rule(session, channel, [firing_id for _, firing_id in links], None)


_F, _I = Firing.__table__.c, Invoice.__table__.c
_SIDES = {Channel.CALL: (_F.call_side, _F.call_rule), Channel.EMAIL: (_F.email_side, _F.email_rule)}
_FREE = {
    channel: select(
        *(_F.id, _F.account_id, _F.step, _F.raw_on),
        *(_I.account_id, _I.id, _I.number, _I.currency, _I.due_on, _I.open_minor, _I.reopened, _I.ladder),
    )
    .outerjoin_from(Firing.__table__, Invoice.__table__, _I.id == _F.invoice_id)
    .where(
        OPEN,
        _F.account_id.in_(bindparam("ids", expanding=True, literal_execute=True)),
        side == "open",
        or_(rule.is_(None), rule == bindparam("placeless")),
        _F.touch_on <= bindparam("day"),
    )
    .order_by(_F.account_id, _F.id)
    for channel, (side, rule) in _SIDES.items()
}
