"""Keep the figures of the board, and find promises by their day and what came in by its moment."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import Key, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_sets",
        sa.Column("id", Key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("import_id", Key, nullable=True),
        sa.Column("plan_id", Key, nullable=True),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_figure_sets_import_id_imports"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name="fk_figure_sets_plan_id_plans"),
        sa.PrimaryKeyConstraint("id", name="pk_figure_sets"),
    )
    op.create_table(
        "figures",
        sa.Column("set_id", Key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("of", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["figure_sets.id"], name="fk_figures_set_id_figure_sets"),
        sa.PrimaryKeyConstraint("set_id", "name", "of", "currency", name="pk_figures"),
    )
    # Plain CREATE INDEX: no table is rebuilt, so the log keeps its triggers.
    op.create_index(
        "ix_log_entries_inbound",
        "log_entries",
        ["at"],
        unique=False,
        postgresql_where=sa.text("direction = 'in'"),
        sqlite_where=sa.text("direction = 'in'"),
    )
    op.create_index("ix_promises_due", "promises", ["due_on"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
