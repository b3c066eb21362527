"""Keep figures as they were printed, and figures explained."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import Key, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "printed_figures",
        sa.Column("id", Key, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_printed_figures"),
    )
    op.create_index("ix_printed_figures_as_of", "printed_figures", ["as_of", "id"], unique=False)
    # Nullable columns and one with a constant default: SQLite rebuilds nothing.
    with op.batch_alter_table("figure_sets") as batch:
        batch.add_column(sa.Column("policy_id", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("stated_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("explained", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
