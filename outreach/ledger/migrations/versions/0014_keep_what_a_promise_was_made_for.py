"""Keep what a promise was made for, whatever another takes over of it later."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("promises", sa.Column("made_minor", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE promises SET made_minor = amount_minor")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
