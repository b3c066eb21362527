"""A throw-away ledger: day by day what ours held, by all that is known today (product.md 1, as_of).

It lies in a folder of its own, is never asked by anything that sends, and is gone with its folder.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, bindparam, case, event, func, insert, or_, select, text, union, update
from sqlalchemy.orm import Session

from outreach.ledger import policies
from outreach.ledger.base import Base, Ledger
from outreach.ledger.commitments import Hold, Promise, PromiseInvoice
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.imports import Import
from outreach.ledger.payment_policies import PaymentPolicy
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.rules.promises import PromiseState

Row = dict[str, Any]
AT_ONCE = 5000
COPIED: tuple[type[Base], ...] = (
    User,
    Destination,
    Account,
    PaymentPolicy,
    Contact,
    Invoice,
    Application,
    Promise,
    PromiseInvoice,
    Hold,
)
"""in the order in which they name each other"""
BARS = ("legal_hold_on", "insolvent_on", "agency_on")
FRESH: Mapping[str, Mapping[str, Any]] = {
    "destinations": {"judged_by": None, "mailed_on": None},
    "accounts": {"reached_on": None, "rang_on": None, "broken_on": None} | dict.fromkeys(BARS),
    "invoices": {"open_minor": 0, "reopened": 0, "ladder": 0, "receipt_confirmed_on": None},
    "applications": {"import_id": None},
    "promises": dict.fromkeys(("attempt_id", "judged_on", "judged_import_id", "judged_at", "received_minor"))
    | {"state": PromiseState.OPEN.value, "closed_on": None, "replaces_id": None},
    "holds": dict.fromkeys(("dispute_id", "plan_id", "issue_id", "ended_on")),
}
"""what is not known yet on the first day, or speaks of what is not copied"""
UNDONE = (PromiseState.WITHDRAWN, PromiseState.RESCHEDULED)


class Replica:
    """What the ledger was, on one day after the other."""

    def __init__(self, source: Ledger, folder: Path, document: str, rates: str) -> None:
        """A copy under a policy of its own."""
        self.ledger = Ledger(f"sqlite:///{folder / 'replica.db'}")
        event.listen(self.ledger.engine, "connect", _careless)
        Base.metadata.create_all(self.ledger.engine)
        with source.reading() as session:
            self._copy(session)
            self._ends = _dated(session, select(Hold.ended_on, Hold.id))
            self._bars = {name: _dated(session, select(getattr(Account, name), Account.id)) for name in BARS}
            self._sources = session.scalars(select(Invoice.source).distinct()).all()
        with self.ledger.writing() as session:
            begun = datetime.combine(date(2000, 1, 1), time(), UTC)
            policies.load(session, document, actor="replay", why="replay", now=begun, rates=rates)
        self._day = date.min

    def advance(self, day: date, now: datetime) -> None:
        """Let the days up to this one pass: what was invoiced, paid, held and released by then."""
        with self.ledger.writing() as session:
            rows = session.execute(_MOVES, {"before": self._day, "day": day})
            if moves := [_move(*row, self._day) for row in rows]:
                session.connection().execute(_SET, moves)
            for ended_on, id_ in _passed(self._ends, self._day, day):
                session.execute(update(Hold).where(Hold.id == id_).values(ended_on=ended_on))
            for name, dates in self._bars.items():
                for on, id_ in _passed(dates, self._day, day):
                    session.execute(update(Account).where(Account.id == id_).values({name: on}))
            session.add_all(_imported(source, day, now) for source in self._sources)
        self._day = day

    def close(self) -> None:
        self.ledger.close()

    def _copy(self, source: Session) -> None:
        with self.ledger.writing() as session:
            session.execute(text("PRAGMA defer_foreign_keys=ON"))  # an account may come before its parent
            for table in (_table(one) for one in COPIED):
                for rows in _chunks(source, table):
                    session.execute(insert(table), rows)
            for index in _INDEXES:
                session.execute(index)


def _table(mapped: type[Base]) -> Table:
    table = mapped.__table__
    assert isinstance(table, Table)  # noqa: S101 - every one of ours is
    return table


def _chunks(session: Session, table: Table) -> Iterator[list[Row]]:
    query = select(table).order_by(*table.primary_key)
    if table.name == "promises":
        query = query.where(table.c.state.not_in(UNDONE))
    if table.name in ("holds", "promise_invoices"):
        gone = select(Promise.id).where(Promise.state.in_(UNDONE))
        query = query.where(or_(table.c.promise_id.is_(None), table.c.promise_id.not_in(gone)))
    rows = iter(session.execute(query.execution_options(yield_per=AT_ONCE)).mappings())
    fresh = FRESH.get(table.name, {})
    while some := list(islice(rows, AT_ONCE)):
        yield [{**row, **fresh} for row in some]


def _dated(session: Session, query: Any) -> Sequence[tuple[date, int]]:
    """Days and ids, where there is a day."""
    return sorted((day, id_) for day, id_ in session.execute(query) if day is not None)


def _passed(dates: Sequence[tuple[date, int]], after: date, until: date) -> Iterator[tuple[date, int]]:
    return (one for one in dates if after < one[0] <= until)


def _move(id_: int, left: int, before: int, reopened: int, rung: int, invoiced: date, last: date) -> Row:
    """What is open of an invoice now; one that was settled and is not any more begins a new cycle."""
    if before == 0 and left > 0 and invoiced <= last:
        return {"key": id_, "open": left, "again": reopened + 1, "rung": 0}
    return {"key": id_, "open": left, "again": reopened, "rung": rung}


def _imported(source: str, day: date, now: datetime) -> Import:
    told = {"file_name": "replay", "sha256": "-", "form": "history", "actor": "replay", "state": "applied"}
    return Import(source=source, as_of=day, started_at=now, applied_at=now, **told)


def _careless(connection: Any, _record: Any) -> None:
    """Nothing is lost with it: it need not reach the disk."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


_I, _P = _table(Invoice).c, _table(Application).c
_INDEXES = (  # not of the tables: the ledger itself never looks for a day's movements
    text("CREATE INDEX ix_replica_invoiced ON invoices (invoiced_on)"),
    text("CREATE INDEX ix_replica_dated ON applications (dated_on, invoice_id)"),
)
_PAID = (
    select(func.coalesce(func.sum(_P.amount_minor), 0))
    .where(_P.invoice_id == _I.id, _P.dated_on <= bindparam("day"))
    .scalar_subquery()
)
_MOVED = union(
    select(_I.id).where(_I.invoiced_on > bindparam("before"), _I.invoiced_on <= bindparam("day")),
    select(_P.invoice_id).where(_P.dated_on > bindparam("before"), _P.dated_on <= bindparam("day")),
).subquery()
_MOVES = select(
    _I.id,
    case((_I.invoiced_on <= bindparam("day"), _I.gross_minor - _PAID), else_=0),
    _I.open_minor,
    _I.reopened,
    _I.ladder,
    _I.invoiced_on,
).where(_I.id.in_(select(_MOVED.c[0])))
_SET = (
    update(Invoice)
    .where(_I.id == bindparam("key"))
    .values(open_minor=bindparam("open"), reopened=bindparam("again"), ladder=bindparam("rung"))
)
