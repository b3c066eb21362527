"""One import at work: it holds its source by a lease, and writes in short transactions only while it does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from outreach.intake.changes import Occasion
from outreach.intake.problems import FileRefused, SourceBusy
from outreach.ledger import leases
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.log import Entry

CHUNK = 250
"""rows a step reads, and the most that one transaction writes"""
FEWEST = 50
AIM = 0.025
"""seconds of a write transaction: half of what design.md 4 allows, since some rows cost more than others"""
LEASE = timedelta(minutes=2)
NEVER = datetime.min.replace(tzinfo=UTC)

Amounts = Mapping[str, int]
"""currency -> minor units"""

Progress = Callable[[str, int, int | None], None]
"""told what is being done, how many rows of it are done, and of how many (None: not known yet)"""


@dataclass
class Pace:
    """How many rows a write transaction holds: fewer where they cost more, or the machine is busy."""

    rows: int = CHUNK // 4

    def note(self, rows: int, seconds: float) -> None:
        """Learn from the last one how many fit into `AIM`."""
        if rows >= FEWEST:
            fitting = int(rows * AIM / max(seconds, 1e-6))
            self.rows = max(FEWEST, min(CHUNK, 2 * self.rows, fitting))


def silent(what: str, done: int, total: int | None) -> None:
    """The progress of an import that nobody watches."""


@dataclass
class Source:
    """One source of files, which one import at a time may change."""

    ledger: Ledger
    clock: Clock
    name: str
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _renewed_at: datetime = NEVER

    @contextmanager
    def held(self) -> Iterator[Source]:
        """Keep others out. Raises SourceBusy while another import of this source is at work."""
        now = self.clock.wall()
        with self.ledger.writing() as session:
            if not leases.take(session, self._lease, holder=self.holder, until=now + LEASE, now=now):
                raise SourceBusy(
                    f"Another import of the source {self.name!r} is at work; import again when it has ended."
                )
        try:
            yield self
        finally:
            with self.ledger.writing() as session:
                leases.release(session, self._lease, holder=self.holder)

    def keep(self) -> None:
        """Hold on to the source through a long time of reading only."""
        if self.clock.wall() - self._renewed_at > LEASE / 4:
            with self.writing():
                pass

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A write transaction that commits only if this import still holds the source."""
        with self.ledger.writing() as session:
            if not leases.renew(session, self._lease, holder=self.holder, until=self.clock.wall() + LEASE):
                raise FileRefused(
                    f"This import stood still too long and another one took the source {self.name!r} over; "
                    "what it had applied stays, and importing the file again applies the rest."
                )
            self._renewed_at = self.clock.wall()
            yield session

    @property
    def _lease(self) -> str:
        return f"import:{self.name}"


@dataclass(frozen=True)
class Run:
    """One file of a source on its way into the ledger. `dry` looks and counts, and writes nothing."""

    source: Source
    import_id: int
    file_name: str
    occasion: Occasion
    actor: str
    dry: bool = False
    progress: Progress = silent
    pace: Pace = field(default_factory=Pace)

    def report(self, what: str, done: int, total: int | None = None) -> None:
        """Tell how far it is, and that it is still alive."""
        self.progress(what, done, total)
        self.source.keep()

    @property
    def ledger(self) -> Ledger:
        return self.source.ledger

    def entry(
        self, account_id: int | None, what: str, *, text: str | None = None, invoices: Sequence[str] = ()
    ) -> Entry:
        """What the collections log keeps of a change this import made."""
        return Entry(
            at=self.source.clock.now(),
            actor=self.actor,
            what=what,
            account_id=account_id,
            invoices=invoices,
            text=text,
            links={"import": str(self.import_id)},
        )
