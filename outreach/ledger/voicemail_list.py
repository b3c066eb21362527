"""The voicemails that wait for an answer, as one person may see them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import and_, select

from outreach.ledger.firings import Firing
from outreach.ledger.receivables import Account
from outreach.ledger.scope import Scope
from outreach.ledger.touches import Touch, TouchFiring
from outreach.ledger.tray import MOST
from outreach.ledger.voicemails import Voicemail
from outreach.rules.steps import VOICEMAIL_RETURN


@dataclass(frozen=True, slots=True)
class Message:
    """A voicemail, whose it is, and the call that returns it."""

    voicemail: Voicemail
    account: Account | None
    touch_id: int | None
    """the call that is planned for it"""
    rule: str | None
    """why there is none"""


class Row(NamedTuple):
    voicemail: Voicemail
    account: Account | None
    firing: Firing | None


def unanswered(scope: Scope) -> Sequence[Message]:
    """The oldest due first. Those of unknown callers are everybody's until somebody knows whose they are."""
    mine = and_(
        Firing.account_id == Voicemail.account_id,
        Firing.step == VOICEMAIL_RETURN.name,
        Firing.subject == Voicemail.id,
    )
    query = (
        select(Voicemail, Account, Firing)
        .outerjoin(Account, Account.id == Voicemail.account_id)
        .outerjoin(Firing, mine)
        .where(Voicemail.state.in_(("unassigned", "waiting")), scope.voicemails())
        .order_by(Voicemail.due_at, Voicemail.id)
        .limit(MOST)
    )
    rows = [Row(*row) for row in scope.session.execute(query)]
    calls = planned(scope, [row.firing.id for row in rows if row.firing is not None])
    return [
        Message(
            row.voicemail,
            row.account,
            calls[row.firing.id].id if row.firing is not None and row.firing.id in calls else None,
            _rule(row.firing),
        )
        for row in rows
    ]


def version(messages: Sequence[Message]) -> str:
    """What a page shows of them, in short: another version says that it is old."""
    shown = ((m.voicemail.id, m.voicemail.audio, m.voicemail.transcription, m.touch_id) for m in messages)
    return hashlib.sha256(repr(list(shown)).encode()).hexdigest()[:12]


def planned(scope: Scope, firing_ids: Sequence[int]) -> dict[int, Touch]:
    """Firing id -> the call that carries it and is not over."""
    query = (
        select(TouchFiring.firing_id, Touch)
        .join(Touch, Touch.id == TouchFiring.touch_id)
        .where(TouchFiring.firing_id.in_(firing_ids), Touch.channel == "call")
        .where(Touch.state.in_(("open", "started")))
        .order_by(Touch.day.desc())
    )
    return dict(scope.session.execute(query).all())


def _rule(firing: Firing | None) -> str | None:
    if firing is None:
        return None
    return firing.call_rule or (firing.ended_why if firing.call_side != "open" else None)
