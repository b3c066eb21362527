"""Draft a migration from what changed: `.venv/bin/python scripts/new_migration.py "Add a column"`.

Read the draft before you commit it: alembic does not see triggers, and a SQLite rebuild drops them.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from outreach.ledger import schema
from outreach.ledger.base import Ledger


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite:///{Path(folder) / 'draft.db'}")
        schema.upgrade(ledger)
        config = schema.configuration()
        number = len(list(schema.MIGRATIONS.glob("versions/*.py"))) + 1
        with ledger.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    main(sys.argv[1])
