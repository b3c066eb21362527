"""What a plan writes, many rows at a time. Unique keys and compare-and-set make every write safe to repeat.

The caller has locked the accounts. Rows are dictionaries by column, or as each function says; each returns
how many rows it wrote.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Update, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.ledger.base import Base
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.plans import RUNNING_ON, LeftOut
from outreach.ledger.receivables import Invoice
from outreach.ledger.touches import Touch
from outreach.rules.steps import Channel

Rows = Sequence[Mapping[str, Any]]


def insert(session: Session, table: type[Base], rows: Rows, **same: Any) -> int:
    """Insert rows, with the values of `same` in each; a row whose key is taken is left as it stands."""
    if not rows:
        return 0
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(same).on_conflict_do_nothing()
    return session.connection().execute(statement, rows).rowcount


def climb(session: Session, moves: Rows) -> int:
    """Invoices go from rung `old` to rung `new` by compare-and-set."""
    return _update(session, _CLIMB, moves)


def end_firings(session: Session, ended: Rows, on: date) -> int:
    """Open firings get state `how` and the reason `why`."""
    return _update(session, _END.values(ended_on=on), ended)


def rule(session: Session, channel: Channel, ruled: Rows) -> int:
    """Open firings get `what` as the rule that keeps this side without a touch; None: it has one."""
    return _update(session, _RULE[channel], ruled)


def end_left_out(session: Session, ids: Collection[int], on: date) -> int:
    """These intervals of being left out are over."""
    return _update(session, _END_LEFT_OUT.values(until=on), [{"key": id_} for id_ in ids])


def rank(session: Session, ranks: Rows, plan_id: int) -> int:
    """Touches that came over from another day get their `place` in this one."""
    return _update(session, _RANK.values(plan_id=plan_id), ranks)


def ids_of(
    session: Session, channel: Channel, day: date, account_ids: Collection[int]
) -> Mapping[int, int]:
    """Account id -> its last touch of a day."""
    query = select(_T.account_id, _T.id).where(
        _T.account_id.in_(sorted(account_ids)), _T.channel == channel, _T.day == day
    )
    return dict(session.execute(query.order_by(_T.n)).all())


def _update(session: Session, statement: Update, rows: Rows) -> int:
    return session.connection().execute(statement, rows).rowcount if rows else 0


_F, _I, _L, _T = Firing.__table__.c, Invoice.__table__.c, LeftOut.__table__.c, Touch.__table__.c
_KEY: BindParameter[int] = bindparam("key")

_CLIMB = update(Invoice).where(_I.id == _KEY, _I.ladder == bindparam("old")).values(ladder=bindparam("new"))
_END = update(Firing).where(_F.id == _KEY, OPEN).values(state=bindparam("how"), ended_why=bindparam("why"))
_RULE = {
    Channel.CALL: update(Firing).where(_F.id == _KEY, OPEN).values(call_rule=bindparam("what")),
    Channel.EMAIL: update(Firing).where(_F.id == _KEY, OPEN).values(email_rule=bindparam("what")),
}
_END_LEFT_OUT = update(LeftOut).where(_L.id == _KEY, RUNNING_ON)
_RANK = update(Touch).where(_T.id == _KEY).values(rank=bindparam("place"))
