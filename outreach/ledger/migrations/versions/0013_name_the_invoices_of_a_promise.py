"""Name the invoices of a promise, whatever is held of them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# What another promise had taken over of one that still waits is its no more.
FILL = """
INSERT INTO promise_invoices (promise_id, invoice_id)
SELECT DISTINCT holds.promise_id, holds.invoice_id
FROM holds JOIN promises ON promises.id = holds.promise_id
WHERE holds.ended_on IS NULL OR promises.state NOT IN ('proposed', 'open', 'pending')
"""


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "promise_invoices",
        sa.Column("promise_id", key, nullable=False),
        sa.Column("invoice_id", key, nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_promise_invoices_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["promises.id"], name=op.f("fk_promise_invoices_promise_id_promises")
        ),
        sa.PrimaryKeyConstraint("promise_id", "invoice_id", name=op.f("pk_promise_invoices")),
    )
    op.create_index(op.f("ix_promise_invoices_invoice_id"), "promise_invoices", ["invoice_id"], unique=False)
    op.execute(FILL)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
