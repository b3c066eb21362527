"""Say when a carrier is to be asked again."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call_attempts") as batch:  # a nullable column: SQLite rebuilds nothing
        batch.add_column(sa.Column("ask_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
