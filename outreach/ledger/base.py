"""The ground every table stands on: types, ids, the declarative base and the two kinds of transaction."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    create_engine,
    event,
    inspect,
    make_url,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

from outreach.ledger.turns import Turns

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself for INTEGER only


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, always UTC; SQLite, which forgets zones, gets them back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored: say which zone it is in")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table. Constraints carry names, so that migrations can speak of them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime}


def new_id() -> str:
    """An attempt's or letter's id: 15 base32 characters, 75 random bits; it fits a mail address."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()[:15]


class Ledger:
    """The database, and the only two ways into it.

    `reading()` sees one consistent moment and never writes; `writing()` commits when its block ends and rolls
    back when it raises. `pooled=False` for processes that fork (design.md 5).
    """

    def __init__(self, url: str, *, pooled: bool = True) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(url, self.is_sqlite, pooled)
        self._writer = self.engine.execution_options(outreach_writing=True)
        # On SQLite a transaction always sees one moment; PostgreSQL does so from this level up.
        one_moment = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**one_moment)
        self._turns = Turns(_turns_file(self.url)) if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self._reader, autoflush=False, expire_on_commit=False) as session:
            yield session  # closing rolls back; a rollback of our own would expire the rows that were read

    @contextmanager
    def writing(self) -> Iterator[Session]:
        turn = self._turns.mine() if self._turns else nullcontext()
        with turn, Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def has_table(self, name: str) -> bool:
        return inspect(self.engine).has_table(name)

    def close(self) -> None:
        self.engine.dispose()
        if self._turns:
            self._turns.close()


def _turns_file(url: URL) -> str | None:
    """Beside the database; None where it lives in memory."""
    in_memory = not url.database or url.database == ":memory:" or url.database.startswith("file:")
    return None if in_memory else f"{url.database}-turn"


def _engine(url: str, is_sqlite: bool, pooled: bool) -> Engine:
    options: dict[str, Any] = {} if pooled else {"poolclass": NullPool}
    if not is_sqlite:
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", **options)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin for us: we say IMMEDIATE or not ourselves
    cursor = connection.cursor()
    # FULL, not NORMAL: after a power cut a committed `sending` must still be there, or a letter goes twice.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("outreach_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
