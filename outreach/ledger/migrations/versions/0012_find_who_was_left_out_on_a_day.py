"""Find who was left out on a day without reading every interval there ever was."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ended = sa.text("until IS NOT NULL")
    columns = ["account_id", "until"]
    op.create_index(
        "ix_left_outs_ended", "left_outs", columns, unique=False, postgresql_where=ended, sqlite_where=ended
    )


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
