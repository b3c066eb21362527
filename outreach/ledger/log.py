"""The collections log: append-only, one hash chain per account and one for the house (promise P8).

`append` is the only writer. An entry holds ids, facts and a salted hash of its text; the text itself lies in
`log_texts`, where it can be erased without breaking the chain.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import DDL, JSON, ForeignKey, Index, UniqueConstraint, event, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key

HOUSE = "house"
GENESIS = "0" * 64
INBOUND = text("direction = 'in'")


class LogEntry(Base):
    """One thing that happened. `digest` covers every other column and the digest before it in its stream."""

    __tablename__ = "log_entries"
    __table_args__ = (
        UniqueConstraint("stream", "sequence"),
        Index("ix_log_entries_account", "account_id", "id"),
        Index("ix_log_entries_at", "at"),
        Index("ix_log_entries_about", "about"),
        Index("ix_log_entries_inbound", "at", postgresql_where=INBOUND, sqlite_where=INBOUND),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stream: Mapped[str]
    sequence: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    what: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    invoices: Mapped[list[str]] = mapped_column(JSON)
    channel: Mapped[str | None]
    direction: Mapped[str | None]
    step: Mapped[str | None]
    about: Mapped[str | None]
    """the attempt or letter it speaks of"""
    refines: Mapped[int | None]
    """the sequence, in the same stream, of the entry that it refines"""
    outcome: Mapped[str | None]
    disposition: Mapped[str | None]
    follow_up_on: Mapped[date | None]
    links: Mapped[dict[str, str]] = mapped_column(JSON)
    text_id: Mapped[int | None] = mapped_column(ForeignKey("log_texts.id"))
    text_hash: Mapped[str | None]
    digest: Mapped[str]


class LogText(Base):
    """What was said or written. Erasable: body and salt go, who and when stay."""

    __tablename__ = "log_texts"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    salt: Mapped[str | None]
    body: Mapped[str | None]
    erased_at: Mapped[datetime | None]
    erased_by: Mapped[str | None]


class LogHead(Base):
    """The last entry of each stream."""

    __tablename__ = "log_heads"

    stream: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    digest: Mapped[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What to write down. Without an account it goes to the house stream."""

    at: datetime
    actor: str
    what: str
    account_id: int | None = None
    invoices: Sequence[str] = ()
    channel: str | None = None
    direction: str | None = None
    step: str | None = None
    about: str | None = None
    refines: int | None = None
    outcome: str | None = None
    disposition: str | None = None
    follow_up_on: date | None = None
    links: dict[str, str] = field(default_factory=dict)
    text: str | None = None

    @property
    def stream(self) -> str:
        return HOUSE if self.account_id is None else f"account:{self.account_id}"


def append(session: Session, entry: Entry) -> int:
    """Write one entry under the account's lock, which the caller holds. Returns its sequence there."""
    append_many(session, [entry])
    return session.execute(select(LogHead.sequence).where(LogHead.stream == entry.stream)).scalar_one()


def append_many(session: Session, entries: Iterable[Entry]) -> None:
    """Write many at once: one query for the heads, one insert each for texts, entries and heads."""
    batch = list(entries)
    if not batch:
        return
    heads = _heads(session, {entry.stream for entry in batch})
    text_ids = _store_texts(session, batch)
    rows = []
    for entry, (text_id, text_hash) in zip(batch, text_ids, strict=True):
        sequence, previous = heads[entry.stream]
        row = _row(entry, sequence + 1, text_id, text_hash)
        row["digest"] = digest_of(previous, row)
        heads[entry.stream] = (sequence + 1, row["digest"])
        rows.append(row)
    session.connection().execute(insert(LogEntry), rows)
    _move_heads(session, heads)


def erase_text(session: Session, text_id: int, *, by: str, at: datetime) -> None:
    """Take the words out and keep that they were there (verify-log accepts "erased on ... by ...")."""
    text = session.get_one(LogText, text_id)
    text.body = text.salt = None
    text.erased_at, text.erased_by = at, by
    session.flush()


def _heads(session: Session, streams: set[str]) -> dict[str, tuple[int, str]]:
    heads = dict.fromkeys(streams, (0, GENESIS))
    if HOUSE in streams:
        # An account's stream is under the account's lock; the house has no account, so its head is the lock.
        _ensure_house(session)
    query = select(LogHead.stream, LogHead.sequence, LogHead.digest).where(LogHead.stream.in_(streams))
    for stream, sequence, digest in session.execute(query.with_for_update()):
        heads[stream] = (sequence, digest)
    return heads


def _ensure_house(session: Session) -> None:
    first = _upsert(session).values(stream=HOUSE, sequence=0, digest=GENESIS)
    session.execute(first.on_conflict_do_nothing())


def _move_heads(session: Session, heads: dict[str, tuple[int, str]]) -> None:
    rows = [{"stream": s, "sequence": n, "digest": d} for s, (n, d) in sorted(heads.items())]
    statement = _upsert(session)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["stream"],
            set_={"sequence": statement.excluded.sequence, "digest": statement.excluded.digest},
        ),
        rows,
    )


def _upsert(session: Session) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(LogHead)


def _store_texts(session: Session, batch: Sequence[Entry]) -> list[tuple[int | None, str | None]]:
    salts = [secrets.token_hex(8) if entry.text else None for entry in batch]
    rows = [{"salt": s, "body": e.text} for s, e in zip(salts, batch, strict=True) if s]
    if not rows:
        return [(None, None)] * len(batch)
    # Told apart by their salts: in the order of the rows SQLite would be asked once for each.
    ids = {salt: id_ for id_, salt in session.connection().execute(_INSERT_TEXTS, rows)}
    return [
        (ids[s], hash_of_text(s, e.text)) if s else (None, None) for s, e in zip(salts, batch, strict=True)
    ]


_INSERT_TEXTS = insert(LogText).returning(LogText.id, LogText.salt)


def _row(entry: Entry, sequence: int, text_id: int | None, text_hash: str | None) -> dict[str, Any]:
    # Not asdict: it copies deeply, and the log is a good part of what an import costs.
    row = {field.name: getattr(entry, field.name) for field in fields(Entry) if field.name != "text"}
    row["invoices"] = list(entry.invoices)
    return row | {"stream": entry.stream, "sequence": sequence, "text_id": text_id, "text_hash": text_hash}


def digest_of(previous: str, row: dict[str, Any]) -> str:
    facts = {name: _plain(value) for name, value in row.items() if name not in ("id", "digest")}
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def hash_of_text(salt: str | None, body: str | None) -> str:
    return hashlib.sha256(f"{salt}\n{body}".encode()).hexdigest()


# Append-only, also for whoever has the database open in a shell.
_SQLITE_GUARD = (
    "CREATE TRIGGER log_entries_no_{verb} BEFORE {verb} ON log_entries "
    "BEGIN SELECT RAISE(ABORT, 'the collections log is append-only'); END"
)
_POSTGRES_GUARD = (
    "CREATE OR REPLACE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the collections log is append-only'; END $$",
    "CREATE TRIGGER log_entries_append_only BEFORE UPDATE OR DELETE ON log_entries "
    "FOR EACH ROW EXECUTE FUNCTION refuse_log_change()",
)
GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (_SQLITE_GUARD.format(verb="UPDATE"), _SQLITE_GUARD.format(verb="DELETE")),
    "postgresql": _POSTGRES_GUARD,
}
for _name, _statements in GUARDS.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(LogEntry.__table__, "after_create", _ddl.execute_if(dialect=_name))
