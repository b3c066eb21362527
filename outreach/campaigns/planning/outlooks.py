"""The order "recovery": how much a call today may bring forward, for each account that may be called."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from outreach.campaigns.planning.judging import Wanted
from outreach.campaigns.planning.scene import Scene
from outreach.ledger import facts, habits
from outreach.ledger.facts import Accounts
from outreach.rules import recovery
from outreach.rules.commitments import asked_part
from outreach.rules.recovery import History, Late
from outreach.rules.steps import Channel

AT_ONCE = 4000


class Outlook(NamedTuple):
    """What there is to bring forward, in US cents times days, and why we think so."""

    value: int
    words: str


def outlooks(session: Session, wanted: Iterable[Wanted], scene: Scene) -> Mapping[int, Outlook]:
    """Account id -> its outlook; of nobody where the queue goes by the amount."""
    if scene.in_force.policy.desk.order != "recovery":
        return {}
    ids = sorted({one.account_id for one in wanted if one.channel is Channel.CALL})
    late = habits.days_late(session, ids, scene.day.on)
    everybody = History(days for some in late.values() for days in some)
    found: dict[int, Outlook] = {}
    for start in range(0, len(ids), AT_ONCE):
        for id_, asked in _asked(session, ids[start : start + AT_ONCE], scene).items():
            known = (asked, History(late.get(id_, ())), everybody)
            found[id_] = Outlook(recovery.outlook(*known), recovery.sentence(*known))
    return found


def _asked(session: Session, ids: list[int], scene: Scene) -> Mapping[int, list[Late]]:
    """What is asked of each invoice that is past due: not what is held, and nothing without a rate."""
    day, held = scene.day, facts.books(session, Accounts(ids), scene.day).held
    found: dict[int, list[Late]] = {}
    for id_, invoices in habits.past_due(session, ids, day.on).items():
        mine = held.get(id_, {})
        for one in invoices:
            left = asked_part(one.open_minor, mine[one.id].held) if one.id in mine else one.open_minor
            if about := day.rates.about_usd(left, one.currency, day.on):
                found.setdefault(id_, []).append(Late(about, one.days))
    return found
