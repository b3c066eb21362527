"""A ledger with a policy and two reps, a clock that stands still, and one way to import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from outreach.intake.importing import import_file
from outreach.intake.result import ImportResult
from outreach.ledger import policies
from outreach.ledger.base import Base, Ledger
from outreach.ledger.imports import Import
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Application, Invoice

AS_OF = date(2026, 11, 20)
POLICY = '[organization]\nname = "Meridian"\nzone = "America/New_York"\n'


class StoppedClock:
    """Noon in New York on the Friday of the examples."""

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 17, tzinfo=UTC)

    def wall(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Books:
    """A ledger, and what tests ask of it."""

    ledger: Ledger
    clock: StoppedClock

    def bring(self, path: Path, *, as_of: date | None = AS_OF, **wishes: Any) -> ImportResult:
        return import_file(self.ledger, path, clock=self.clock, actor="op", as_of=as_of, **wishes)

    def invoices(self) -> dict[str, Invoice]:
        with self.ledger.reading() as session:
            return {row.number: row for row in session.scalars(select(Invoice).order_by(Invoice.number))}

    def accounts(self) -> dict[str, Account]:
        with self.ledger.reading() as session:
            return {row.number: row for row in session.scalars(select(Account).order_by(Account.number))}

    def sources(self) -> set[str]:
        with self.ledger.reading() as session:
            return set(session.scalars(select(Import.source)))

    def open_on(self, day: date, source: str = "ledger") -> dict[str, int]:
        """What was open of each invoice at the end of a day, by what the ledger knows now."""
        ours = Invoice.source == source
        with self.ledger.reading() as session:
            found = {row.number: row.gross_minor for row in session.scalars(select(Invoice).where(ours))}
            query = select(Invoice.number, Application.amount_minor).join(Application).where(ours)
            for number, amount in session.execute(query.where(Application.dated_on <= day)):
                found[number] -= amount
        return {number: open_ for number, open_ in sorted(found.items()) if open_}

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, by key."""
        return dump(self.ledger, Base.metadata)


def dump(ledger: Ledger, metadata: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    with ledger.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


@pytest.fixture
def books(ledger: Ledger) -> Books:
    clock = StoppedClock()
    with ledger.writing() as session:
        policies.load(session, POLICY, actor="test", why="test", now=clock.now())
        for login in ("ana", "ben"):
            session.add(
                User(
                    login=login,
                    name=login,
                    role="rep",
                    password_hash="-",
                    created_at=clock.now(),
                    active=True,
                )
            )
    return Books(ledger, clock)
