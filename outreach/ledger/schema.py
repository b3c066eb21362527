"""Create or upgrade the schema by its migrations; the only way a schema comes to be outside tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from outreach.ledger.base import Ledger

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(ledger: Ledger) -> None:
    """Bring the database to the newest schema. Idempotent."""
    config = configuration()
    with ledger.engine.connect().execution_options(outreach_writing=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(ledger: Ledger) -> bool:
    """True if nothing is left to upgrade."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    with ledger.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
