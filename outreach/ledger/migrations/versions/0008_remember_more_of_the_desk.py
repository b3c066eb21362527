"""Remember more of the desk"""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "tie_outs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("expected_minor", sa.BigInteger(), nullable=False),
        sa.Column("found_minor", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_tie_outs_import_id_imports")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tie_outs")),
    )
    with op.batch_alter_table("tie_outs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tie_outs_waiting",
            ["import_id"],
            unique=False,
            postgresql_where=sa.text("acknowledged_at IS NULL"),
            sqlite_where=sa.text("acknowledged_at IS NULL"),
        )

    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind_by", sa.String(), nullable=True))

    with op.batch_alter_table("staged_invoices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("kind_rule", sa.Integer(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
