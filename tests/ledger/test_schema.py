"""The migrated schema is what the tables describe, down to partial indexes and triggers, on both kinds."""

from contextlib import closing

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from outreach.ledger import schema
from outreach.ledger.base import Base, Ledger
from tests.services import Databases

SQLITE = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
POSTGRESQL = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
)


def indexes_and_triggers(ledger: Ledger) -> dict[str, str]:
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(SQLITE if ledger.is_sqlite else POSTGRESQL))
        return {name: " ".join(sql.split()) for name, sql in rows if "alembic" not in name}


def test_the_migrations_make_what_the_tables_say(databases: Databases) -> None:
    with databases.blank() as url, closing(Ledger(url)) as ledger:
        schema.upgrade(ledger)
        with ledger.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_partial_indexes_and_triggers_are_the_same_by_either_way(databases: Databases) -> None:
    with (
        databases.blank() as one,
        databases.blank() as other,
        closing(Ledger(one)) as migrated,
        closing(Ledger(other)) as fresh,
    ):
        schema.upgrade(migrated)
        with fresh.engine.connect().execution_options(outreach_writing=True) as connection:
            Base.metadata.create_all(connection)
            connection.commit()
        found = indexes_and_triggers(fresh)
        assert indexes_and_triggers(migrated) == found
        assert any("log_entries" in sql and "TRIGGER" in sql for sql in found.values())


def test_an_upgrade_twice_is_one(databases: Databases) -> None:
    with databases.blank() as url, closing(Ledger(url)) as ledger:
        assert not schema.is_current(ledger)
        schema.upgrade(ledger)
        schema.upgrade(ledger)
        assert schema.is_current(ledger)
