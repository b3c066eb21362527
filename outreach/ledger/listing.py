"""Lists by pages. Each goes on behind the last row of the one before, so none costs more than another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.ledger.base import UtcDateTime
from outreach.ledger.scope import NotFound

ROWS = 50
"""on one page"""
BETWEEN = "~"

Query = Select[*tuple[Any, ...]]
Order = Sequence[InstrumentedAttribute[Any]]
"""what a list is sorted by; together unique"""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list."""

    kind: str
    """what its rows are: invoices, calls, touches, firings, letters, replies, promises, left out, accounts"""
    rows: Sequence[Sequence[Any]]
    next: str | None
    """the mark of its last row; None on the last page"""


def listing(session: Session, kind: str, query: Query, order: Order, after: str | None) -> Listing:
    """The page behind a mark. Raises NotFound for a mark that no page of this list ever gave."""
    query = query.add_columns(*order).order_by(*order).limit(ROWS + 1)
    if after:
        query = query.where(tuple_(*order) > tuple_(*_read(after, order)))
    found, own = session.execute(query).all(), -len(order)
    more = _mark(found[ROWS - 1][own:]) if len(found) > ROWS else None
    return Listing(kind, [row[:own] for row in found[:ROWS]], more)


def _mark(values: Sequence[Any]) -> str:
    plain = (one.isoformat() if isinstance(one, date) else str(one) for one in values)
    return BETWEEN.join(plain)


def _read(mark: str, order: Order) -> list[Any]:
    try:
        parts = zip(mark.split(BETWEEN), order, strict=True)
        return [literal(_value(text, column), column.type) for text, column in parts]
    except ValueError:
        raise NotFound from None


def _value(text: str, column: InstrumentedAttribute[Any]) -> Any:
    if isinstance(column.type, UtcDateTime):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("a moment without its zone")
        return moment
    kind = column.type.python_type
    return date.fromisoformat(text) if kind is date else kind(text)
