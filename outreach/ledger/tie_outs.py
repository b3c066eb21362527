"""Control totals that differ from their file: no statement leaves until a supervisor has seen it.

product.md 6, tie-out. The difference stays with its import for good.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger import naming
from outreach.ledger.base import Base, Key
from outreach.ledger.imports import Import
from outreach.ledger.log import Entry, append
from outreach.ledger.naming import Unclear
from outreach.rules import money

WAITING = text("acknowledged_at IS NULL")


class TieOut(Base):
    """What a file should have added up to in one currency, and what it did."""

    __tablename__ = "tie_outs"
    __table_args__ = (
        Index("ix_tie_outs_waiting", "import_id", postgresql_where=WAITING, sqlite_where=WAITING),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    currency: Mapped[str]
    expected_minor: Mapped[int] = mapped_column(BigInteger)
    found_minor: Mapped[int] = mapped_column(BigInteger)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    why: Mapped[str | None]

    @property
    def words(self) -> str:
        """`1,030.00 USD expected, 30.00 USD found`"""
        expected, found = (
            money.words(minor, self.currency) for minor in (self.expected_minor, self.found_minor)
        )
        return f"{expected} expected, {found} found"


def note(session: Session, import_id: int, wanted: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Keep where the control totals (minor units by currency) differ from what was found."""
    rows = [
        {
            "import_id": import_id,
            "currency": currency,
            "expected_minor": amount,
            "found_minor": found.get(currency, 0),
        }
        for currency, amount in sorted(wanted.items())
        if amount != found.get(currency, 0)
    ]
    if rows:
        session.execute(insert(TieOut), rows)


def move(session: Session, import_id: int, to: int | None) -> None:
    """The import is forgotten: what differed goes to the one that said the same before, or with it."""
    ours = TieOut.import_id == import_id
    if to is None:
        session.execute(delete(TieOut).where(ours))
        return
    fresh = select(TieOut).where(ours)
    there = set(session.scalars(select(TieOut.currency).where(TieOut.import_id == to, WAITING)))
    for row in session.scalars(fresh).all():
        if row.currency in there:
            session.delete(row)
        else:
            row.import_id = to
    session.flush()


WAITING_FILE = (
    select(func.min(Import.file_name))
    .join(TieOut, TieOut.import_id == Import.id)
    .where(WAITING, Import.state.in_(["applying", "applied"]))
)
"""the name of a file that does not tie out and that nobody has acknowledged; NULL: there is none"""


def listed(session: Session) -> Sequence[tuple[TieOut, Import]]:
    """Every difference with its import, those that wait first, then the newest."""
    query = select(TieOut, Import).join(Import, Import.id == TieOut.import_id)
    query = query.order_by(TieOut.acknowledged_at.is_not(None), TieOut.id.desc())
    return [(row[0], row[1]) for row in session.execute(query)]


def acknowledge(session: Session, import_id: int, *, by: str, why: str, now: datetime) -> int:
    """A supervisor has seen the differences of an import, and statements may leave again.

    Returns how many there were. Raises Unclear where nothing waits or `by` may not decide it.
    """
    naming.supervisor(session, by)
    if not why.strip():
        raise Unclear("say why the difference may stand")
    ours = (TieOut.import_id == import_id, TieOut.acknowledged_at.is_(None))
    seen = session.scalars(select(TieOut).where(*ours).order_by(TieOut.currency)).all()
    if not seen:
        raise Unclear(f"no difference of import {import_id} waits: see `outreach tie-out list`")
    words = "; ".join(row.words for row in seen)
    session.execute(update(TieOut).where(*ours).values(acknowledged_at=now, acknowledged_by=by, why=why))
    entry = Entry(
        at=now,
        actor=by,
        what="difference acknowledged",
        text=f"{words}: {why}",
        links={"import": str(import_id)},
    )
    append(session, entry)
    return len(seen)
