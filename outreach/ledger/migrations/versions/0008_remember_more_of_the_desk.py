"""Remember more of the desk"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind_by", sa.String(), nullable=True))

    with op.batch_alter_table("staged_invoices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("kind_rule", sa.Integer(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
