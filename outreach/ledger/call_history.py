"""What the gate must know of calls made before: at an account, at a number, by a rep."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among, ids_named
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.touches import TouchFiring
from outreach.rules import outcomes
from outreach.rules.outcomes import Disposition, Outcome
from outreach.rules.policy import Policy

WEEK = timedelta(days=7)
FORTNIGHT = timedelta(days=14)
"""covers every quiet time that is counted in business days"""


class Call(NamedTuple):
    """One attempt, as far as caps and quiet times look at it."""

    account_id: int
    destination_id: int
    day: date
    state: str
    counts: bool
    outcome: Outcome | None
    disposition: Disposition | None

    @property
    def reached(self) -> bool:
        return self.outcome is not None and outcomes.reached(self.outcome, self.disposition)

    @property
    def is_conversation(self) -> bool:
        return self.outcome is not None and outcomes.conversation(self.outcome, self.disposition)


def at_accounts(
    session: Session, account_ids: Collection[int], on: date, policy: Policy, *, but: str | None = None
) -> Sequence[Call]:
    """The calls to these accounts of the last two weeks, or as long as a conversation keeps us silent."""
    asked = {"ids": account_ids, "after": on - quiet_time(policy), "but": but or ""}
    return _calls(session.execute(_AT_ACCOUNTS, asked).all())


def quiet_time(policy: Policy) -> timedelta:
    """How long a conversation can matter to the gate."""
    return max(FORTNIGHT, timedelta(policy.caps.silence_after_conversation_days))


def at_numbers(
    session: Session, destination_ids: Collection[int], on: date, *, but: str | None = None
) -> Sequence[Call]:
    """The calls to these numbers of the last 7 days, over all accounts."""
    asked = {"ids": destination_ids, "after": on - WEEK, "but": but or ""}
    return _calls(session.execute(_AT_NUMBERS, asked).all())


def by_rep(session: Session, rep_id: int, on: date, *, but: str | None = None) -> int:
    """How many attempts a rep made on a day."""
    return session.execute(_BY_REP, {"rep": rep_id, "on": on, "but": but or ""}).scalar_one()


def rang_for(session: Session, firing_ids: Collection[int], since: date) -> Mapping[int, int]:
    """Firing id -> how many attempts rang for it since a day."""
    query = (
        select(TouchFiring.firing_id, func.count())
        .join(CallAttempt, CallAttempt.touch_id == TouchFiring.touch_id)
        .where(among(TouchFiring.__table__.c.firing_id, firing_ids), CallAttempt.day >= since)
        .where(CallAttempt.outcome.in_(sorted(outcomes.RANG)))
        .group_by(TouchFiring.firing_id)
    )
    return dict(session.execute(query).all())


def last_conversation(calls: Sequence[Call]) -> date | None:
    return max((call.day for call in calls if call.is_conversation), default=None)


_CALLS = select(
    CallAttempt.account_id,
    CallAttempt.destination_id,
    CallAttempt.day,
    CallAttempt.state,
    CallAttempt.counts,
    CallAttempt.outcome,
    CallAttempt.disposition,
).where(CallAttempt.day > bindparam("after"), CallAttempt.id != bindparam("but"))
_AT_ACCOUNTS = _CALLS.where(among(CallAttempt.__table__.c.account_id, ids_named("ids")))
_AT_NUMBERS = _CALLS.where(among(CallAttempt.__table__.c.destination_id, ids_named("ids")))
_BY_REP = select(func.count()).where(
    CallAttempt.rep_id == bindparam("rep"),
    CallAttempt.day == bindparam("on"),
    CallAttempt.id != bindparam("but"),
)


def _calls(rows: Iterable[Any]) -> Sequence[Call]:
    return [
        Call(
            *(row.account_id, row.destination_id, row.day, row.state, row.counts),
            outcome=Outcome(row.outcome) if row.outcome else None,
            disposition=Disposition(row.disposition) if row.disposition else None,
        )
        for row in rows
    ]
