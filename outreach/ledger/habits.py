"""How late accounts have paid, and what they owe now: what the order "recovery" is told from."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among, ids_named
from outreach.ledger.receivables import OPEN, Invoice

A_YEAR = timedelta(days=365)


def days_late(session: Session, account_ids: Collection[int], on: date) -> Mapping[int, list[int]]:
    """Account id -> by how many days each invoice settled in the last year was late (negative: early)."""
    found: dict[int, list[int]] = defaultdict(list)
    parameters = {"ids": account_ids, "since": on - A_YEAR, "on": on}
    for account_id, due_on, closed_on in session.connection().execute(_SETTLED, parameters):
        found[account_id].append((closed_on - due_on).days)
    return found


class PastDue(NamedTuple):
    """An invoice that is past due."""

    id: int
    currency: str
    open_minor: int
    days: int


def past_due(session: Session, account_ids: Collection[int], on: date) -> Mapping[int, list[PastDue]]:
    """Account id -> what is past due."""
    found: dict[int, list[PastDue]] = defaultdict(list)
    rows = session.connection().execute(_PAST_DUE, {"ids": account_ids, "on": on})
    for account_id, id_, currency, open_minor, due_on in rows:
        found[account_id].append(PastDue(id_, currency, open_minor, (on - due_on).days))
    return found


_I = Invoice.__table__.c
_SETTLED = (
    select(_I.account_id, _I.due_on, _I.closed_on)
    .where(
        among(_I.account_id, ids_named("ids")),
        _I.closed_on > bindparam("since"),
        _I.closed_on <= bindparam("on"),
        _I.open_minor == 0,
        _I.gross_minor > 0,
    )
    .order_by(_I.account_id, _I.id)
)
_PAST_DUE = (
    select(_I.account_id, _I.id, _I.currency, _I.open_minor, _I.due_on)
    .where(among(_I.account_id, ids_named("ids")), OPEN, _I.open_minor > 0, _I.due_on < bindparam("on"))
    .order_by(_I.account_id, _I.id)
)
