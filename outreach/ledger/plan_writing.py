"""What a plan writes, many rows at a time. Unique keys and compare-and-set make every write safe to repeat.

The caller has locked the accounts. Each function returns how many rows it wrote.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Date, Dialect, Update, bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from outreach.ledger.among import among, ids_named
from outreach.ledger.base import Base, UtcDateTime
from outreach.ledger.firings import OPEN, Firing
from outreach.ledger.plans import RUNNING_ON, LeftOut
from outreach.ledger.receivables import Invoice
from outreach.ledger.touches import Touch
from outreach.rules.steps import Channel

Row = tuple[Any, ...]
Same = TypeVar("Same")
Ids = dict[Same, list[int]]
"""rows that get the same new values, by those values"""


class Columns(NamedTuple):
    """Which columns rows of tuples have, in their order."""

    table: type[Base]
    names: tuple[str, ...]


def insert(session: Session, columns: Columns, rows: Sequence[Row], **same: Any) -> int:
    """Insert rows, with the values of `same` in each; a row whose key is taken is left as it stands.

    By the driver itself: SQLAlchemy's own work on each row would take longer than the database's.
    """
    if not rows:
        return 0
    connection = session.connection()
    statement, own, tail = _statement(columns, tuple(same), connection.dialect)
    last = [to(one) for to, one in zip(tail, same.values(), strict=True)]
    if connection.dialect.name == "postgresql":
        arrays = [list(map(to, one)) for to, one in zip(own, zip(*rows, strict=True), strict=True)]
        return connection.exec_driver_sql(statement, (*last, *arrays)).rowcount
    places = [(place, to) for place, to in enumerate(own) if to is not _as_it_is]
    ready = []
    for row in rows:
        values = [*row, *last]
        for place, to in places:
            values[place] = to(values[place])
        ready.append(tuple(values))
    return connection.exec_driver_sql(statement, ready).rowcount


Convert = Callable[[Any], Any]
"""our value to the driver's"""


def _as_it_is(value: Any) -> Any:
    return value


@lru_cache(maxsize=64)
def _statement(
    columns: Columns, same: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[Convert], list[Convert]]:
    """The statement in the driver's style, and the conversions of a row's own and of the same values."""
    names, width = columns.names + same, len(columns.names)
    types = [columns.table.__table__.c[name].type for name in names]
    into = f"{columns.table.__tablename__} ({', '.join(names)})"
    if dialect.name == "postgresql":
        # One statement for all rows, a column an array: row by row each would have its own answer.
        own, last = (
            [f"%s::{one.compile(dialect)}{array}" for one in some]
            for some, array in ((types[:width], "[]"), (types[width:], ""))
        )
        values = f"SELECT {', '.join(['row.*', *last])} FROM unnest({', '.join(own)}) AS row"  # noqa: S608
    else:
        values = f"VALUES ({', '.join(['?'] * len(names))})"
    statement = f"INSERT INTO {into} {values} ON CONFLICT DO NOTHING"  # names of our own
    converters = [_converter(one, dialect) for one in types]
    return statement, converters[:width], converters[width:]


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    """Dates and moments are few and come again and again."""
    to = kind.dialect_impl(dialect).bind_processor(dialect)
    return (lru_cache(maxsize=4096)(to) if isinstance(kind, Date | UtcDateTime) else to) if to else _as_it_is


def climb(session: Session, ids: Collection[int], old: int, new: int) -> int:
    """Invoices go from one rung to another by compare-and-set."""
    return _update(session, _CLIMB.values(ladder=new), ids, old=old)


def end_firings(session: Session, ids: Collection[int], how: str, why: str, on: date) -> int:
    """Open firings are superseded or lapse."""
    return _update(session, _END.values(state=how, ended_why=why, ended_on=on), ids)


def rule(session: Session, channel: Channel, ids: Collection[int], what: str | None) -> int:
    """The rule that keeps this side of open firings without a touch; None: it has one."""
    return _update(session, _OPEN.values({f"{channel}_rule": what}), ids)


def end_left_out(session: Session, ids: Collection[int], on: date) -> int:
    """These intervals of being left out are over."""
    return _update(session, _END_LEFT_OUT.values(until=on), ids)


def rank(session: Session, touch_id: int, place: int | None, rep_id: int | None, plan_id: int) -> int:
    """A call that came over from another day, or from another rep, gets its place in this one."""
    return _update(session, _RANK.values(rank=place, rep_id=rep_id, plan_id=plan_id), [touch_id])


class Made(NamedTuple):
    """The last touch of a day."""

    id: int
    state: str
    """of the last that no person asked for; empty: there is none"""
    n: int


def made(session: Session, channel: Channel, day: date, account_ids: Collection[int]) -> Mapping[int, Made]:
    """Account id -> its last touch of a day."""
    parameters = {"ids": account_ids, "channel": channel.value, "day": day}
    rows = session.connection().execute(_MADE, parameters).fetchall()
    found: dict[int, Made] = {}
    for account_id, id_, state, n, by_hand in rows:
        before = found[account_id].state if account_id in found else ""
        found[account_id] = Made(id_, before if by_hand else state, n)
    return found


def _update(session: Session, statement: Update, ids: Collection[int], **values: Any) -> int:
    if not ids:
        return 0
    return session.connection().execute(statement, {"ids": ids} | values).rowcount


_F, _I, _L, _T = Firing.__table__.c, Invoice.__table__.c, LeftOut.__table__.c, Touch.__table__.c
_IDS = ids_named("ids")

_CLIMB = update(Invoice).where(among(_I.id, _IDS), _I.ladder == bindparam("old"))
_OPEN = update(Firing).where(among(_F.id, _IDS), OPEN)
_END = _OPEN
_END_LEFT_OUT = update(LeftOut).where(among(_L.id, _IDS), RUNNING_ON)
_MADE = (
    select(_T.account_id, _T.id, _T.state, _T.n, _T.asked_by.is_not(None))
    .where(among(_T.account_id, _IDS), _T.channel == bindparam("channel"), _T.day == bindparam("day"))
    .order_by(_T.n)
)
_RANK = update(Touch).where(among(_T.id, _IDS))
