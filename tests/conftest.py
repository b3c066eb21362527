"""What every test may ask for: a database of its own on both kinds, a Redis, and no way off this machine."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis import Redis

from outreach import embedded_redis
from tests.guard import sitecustomize  # from here on nothing leaves this machine
from tests.services import (
    Databases,
    PostgresDatabases,
    SqliteDatabases,
    fast_folder,
    missing,
    postgres_server,
)

if TYPE_CHECKING:
    from outreach.ledger.base import Ledger

# No setting of the person who runs the tests reaches them, except those that are meant for them.
for name in list(os.environ):
    if name.startswith(("OUTREACH_", "TWILIO_", "SENDGRID_", "AWS_")) and not name.startswith(
        "OUTREACH_TEST_"
    ):
        del os.environ[name]
GUARD = os.path.dirname(sitecustomize.__file__)
os.environ["PYTHONPATH"] = os.pathsep.join([GUARD, *filter(None, [os.environ.get("PYTHONPATH")])])

pytest_plugins = [
    "tests.compiling",  # what one test's engine has compiled serves the next
    "tests.browser",  # one Chromium for the whole run, and none before a test asks for it
    "tests.faults.scoreboard",  # whichever process ran the storm, the table comes last
]


@pytest.fixture(scope="session")
def sqlite_databases() -> Iterator[Databases]:
    with tempfile.TemporaryDirectory(prefix="outreach-sqlite-", dir=fast_folder()) as folder:
        yield SqliteDatabases(Path(folder), migrate)


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[Databases]:
    with postgres_server() as server, closing(PostgresDatabases(server, migrate)) as databases:
        yield databases


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Both kinds in turn. The server starts with the first test that needs it."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database of this test alone: every table, no rows."""
    with databases.migrated() as url:
        yield url


@pytest.fixture
def blank_database_url(databases: Databases) -> Iterator[str]:
    """A database of this test alone, without a table."""
    with databases.blank() as url:
        yield url


@pytest.fixture
def ledger(database_url: str) -> "Iterator[Ledger]":
    from outreach.ledger.base import Ledger

    with closing(Ledger(database_url)) as ledger:
        yield ledger


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    # A short path of its own: pytest's folders are too deep for a Unix socket.
    with tempfile.TemporaryDirectory(prefix="outreach-redis-") as folder:
        try:
            server = embedded_redis.EmbeddedRedis(Path(folder))
            server.start()
        except embedded_redis.NoRedis as reason:
            missing("Redis", str(reason))
        yield server.url
        server.stop()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis."""
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
    return redis_server


@pytest.fixture
def service_environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """What `web`, `worker` and `tick` need to run here: a ledger with its first policy, the sandbox."""
    from outreach.ledger import policies
    from outreach.ledger.base import Ledger

    with closing(Ledger(database_url)) as ledger, ledger.writing() as session:
        document = Path("config/outreach.toml").read_text()
        policies.load(session, document, actor="tests", why="a beginning", now=datetime.now(UTC))
    return {
        **os.environ,
        "OUTREACH_VAR": str(tmp_path),
        "OUTREACH_DATABASE_URL": database_url,
        "OUTREACH_REDIS_URL": redis_url,
        "OUTREACH_SECRET_KEY": secrets.token_hex(32),
        "OUTREACH_CARRIER": "sandbox",
        "OUTREACH_MAILER": "sandbox",
    }


def migrate(url: str) -> None:
    from outreach.ledger import schema
    from outreach.ledger.base import Ledger

    with closing(Ledger(url, pooled=False)) as ledger:
        schema.upgrade(ledger)
