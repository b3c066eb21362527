"""Who gets the day's places: 75 customers a rep by tier, value and silence; in the first week 200 letters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from outreach.campaigns.planning.judging import Wanted
from outreach.campaigns.planning.outlooks import Outlook
from outreach.campaigns.planning.scene import Scene
from outreach.campaigns.planning.wording import height
from outreach.ledger.agenda import Planned
from outreach.rules import priority
from outreach.rules.priority import Candidate
from outreach.rules.steps import Channel

NOTHING: Mapping[int, Outlook] = MappingProxyType({})


class Place(NamedTuple):
    """A customer's touch of the day: a new one, or one that waits and takes in what is new."""

    customer_id: int
    channel: Channel
    day: date
    highest: Wanted
    members: tuple[Wanted, ...]
    """the customer's accounts that have something to say"""
    touch: Planned | None
    rank: int | None
    estimate: str = ""
    """why it stands there in the order "recovery", in words"""

    def is_to_move(self, scene: Scene) -> bool:
        """Whether the touch that waits gets a rank or a rep by this plan."""
        touch = self.touch
        return touch is not None and (scene.needs_rank(touch) or touch.rep_id != self.rep_id(scene))

    def rep_id(self, scene: Scene) -> int | None:
        """Who makes the call: one that waits has its rep, but on a new day, or where they are away."""
        touch, rep_id = self.touch, self.highest.rep_id
        if touch is None:
            return rep_id
        anew = rep_id is not None and (scene.needs_rank(touch) or scene.is_left(touch))
        return rep_id if anew else touch.rep_id


def places(wanted: Iterable[Wanted], scene: Scene, outlooks: Mapping[int, Outlook] = NOTHING) -> list[Place]:
    """The chosen, by customer: the order in which their accounts are locked."""
    customers: dict[tuple[Channel, date, int], list[Wanted]] = defaultdict(list)
    for one in wanted:
        customers[(one.channel, one.day, one.customer_id)].append(one)
    found: dict[Channel, list[Place]] = {channel: [] for channel in Channel}
    while customers:  # each group is let go as it gets its place: there are very many
        (channel, _, _), group = customers.popitem()
        found[channel].append(_place(group, scene))
    chosen = [*_calls(found[Channel.CALL], scene, outlooks), *_letters(found[Channel.EMAIL], scene)]
    return sorted(chosen, key=lambda place: (place.customer_id, place.channel, place.day))


def _place(group: Sequence[Wanted], scene: Scene) -> Place:
    highest = group[0]
    if len(group) > 1:
        highest = min(group, key=lambda one: (_height(one), one.account_id))
    touch = scene.waiting(highest.customer_id, highest.channel, highest.day)
    rank = touch.rank if touch else None
    return Place(highest.customer_id, highest.channel, highest.day, highest, tuple(group), touch, rank)


def _height(wanted: Wanted) -> int:
    return height(wanted.step, wanted.channel)


def _calls(found: Sequence[Place], scene: Scene, outlooks: Mapping[int, Outlook]) -> list[Place]:
    by_rep: dict[int | None, list[Place]] = defaultdict(list)
    whose: dict[int, int | None] = {}
    for place in found:
        by_rep[place.rep_id(scene)].append(place)
        if place.touch:
            whose[place.touch.id] = place.rep_id(scene)
    taken: dict[int | None, list[Planned]] = defaultdict(list)
    for touch in scene.agenda.of_day(Channel.CALL, scene.day.touch_on):
        taken[whose.get(touch.id, touch.rep_id)].append(touch)
    return [one for rep, some in by_rep.items() for one in _of_rep(some, taken[rep], scene, outlooks)]


def _of_rep(
    found: Sequence[Place], taken: Sequence[Planned], scene: Scene, outlooks: Mapping[int, Outlook]
) -> list[Place]:
    """One rep's new places behind those of the day's earlier plans, whose ranks are fixed."""
    by_customer = {one.customer_id: one for one in found if not one.touch or scene.needs_rank(one.touch)}
    settled = [one for one in found if one.customer_id not in by_customer]
    candidates = [_candidate(one, outlooks, scene) for one in by_customer.values()]
    desk = scene.in_force.policy.desk
    free = desk.target - len({touch.account_id for touch in taken})
    rank = max((touch.rank or 0 for touch in taken if not scene.needs_rank(touch)), default=0)
    for candidate in priority.queue(candidates, scene.day.on, desk):
        place = by_customer[candidate.account_id]
        if place.touch or free > 0:
            rank += 1
            settled.append(place._replace(rank=rank, estimate=_estimate(place, outlooks)))
            free -= place.touch is None
    return settled


def _candidate(place: Place, outlooks: Mapping[int, Outlook], scene: Scene) -> Candidate:
    worths = [member.worth for member in place.members]
    known = [worth.about_usd for worth in worths if worth.about_usd is not None]
    if outlooks and known:
        known = [outlooks[one.account_id].value for one in place.members if one.account_id in outlooks]
    return Candidate(
        account_id=place.customer_id,
        tier=tier_of(place),
        value=sum(known) if known else None,
        before_cut_off=place.customer_id in scene.cut_offs,
        mrr_past_due=any(worth.mrr_past_due for worth in worths),
        past_due=any(worth.balance.past_due for worth in worths),
        last_contact_on=worths[0].reached_on,
        rang_on=worths[0].rang_on,
    )


def _estimate(place: Place, outlooks: Mapping[int, Outlook]) -> str:
    found = outlooks.get(place.highest.account_id)
    return found.words if found else ""


def tier_of(place: Place) -> int:
    """Its best step's, or that of a broken promise of any of its accounts."""
    broken = any(member.worth.broken for member in place.members)
    return priority.tier([member.step for member in place.members], broken_promise=broken)


def _letters(found: Sequence[Place], scene: Scene) -> list[Place]:
    """All of them; in the first week only so many a day, by step and value. One address is one letter."""
    chosen = [place for place in found if place.touch]
    rest = sorted((place for place in found if not place.touch), key=_letter_order)
    days = {day: _addresses(day, scene) for day in {place.day for place in rest}}
    for place in rest:
        addresses, address = days[place.day], place.highest.destination_id
        if address in addresses or len(addresses) < scene.letters_a_day(place.day):
            addresses.add(address)
            chosen.append(place)
    return chosen


def _addresses(day: date, scene: Scene) -> set[int | None]:
    return {touch.destination_id for touch in scene.agenda.of_day(Channel.EMAIL, day)}


def _letter_order(place: Place) -> tuple[int, int, int]:
    value = sum(member.worth.about_usd or 0 for member in place.members)
    return _height(place.highest), -value, place.customer_id
