"""Alembic's way in: it is handed a connection by ledger.schema and knows no URL of its own."""

from alembic import context

import outreach.ledger  # noqa: F401 - the roll-call: every table is known
from outreach.ledger.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
