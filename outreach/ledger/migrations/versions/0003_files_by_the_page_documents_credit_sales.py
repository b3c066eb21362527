"""Files by the page, documents, credit sales."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import Key, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_sales",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("stated_at", UtcDateTime(), nullable=False),
        sa.Column("stated_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("month", "currency", name="pk_credit_sales"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("paper_id", Key, nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("date_order", sa.String(), nullable=True),
        sa.Column("decimal", sa.String(), nullable=False),
        sa.Column("sheet", sa.String(), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("preview", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("control_totals", sa.JSON(), nullable=False),
        sa.Column("accept_closed", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("doing", sa.String(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.Column("applied_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_uploads_paper_id_papers"),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index("ix_uploads_came", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_uploads_waiting",
            ["moved_at"],
            unique=False,
            postgresql_where=sa.text(
                "state IN ('reading', 'applying') OR (state = 'discarded' AND import_id IS NOT NULL)"
            ),
            sqlite_where=sa.text(
                "state IN ('reading', 'applying') OR (state = 'discarded' AND import_id IS NOT NULL)"
            ),
        )

    op.create_table(
        "documents",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("invoice_id", Key, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("paper_id", Key, nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_documents_account_id_accounts"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_documents_invoice_id_invoices"),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_documents_paper_id_papers"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index("ix_documents_account", ["account_id", "kind"], unique=False)
        batch_op.create_index("ix_documents_invoice", ["invoice_id", "kind"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
