"""Keep plans, issues and what became of promises"""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import Key, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("rep_id", Key, nullable=False),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.Column("introduce_until", sa.Date(), nullable=True),
        sa.Column("assigned_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_assignments_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name=op.f("fk_assignments_rep_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index("ix_assignments_account", ["account_id"], unique=False)
        batch_op.create_index(
            "ix_assignments_to_introduce",
            ["account_id", "introduce_until"],
            unique=False,
            postgresql_where=sa.text("introduce_until IS NOT NULL"),
            sqlite_where=sa.text("introduce_until IS NOT NULL"),
        )

    op.create_table(
        "payment_plans",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_why", sa.String(), nullable=True),
        sa.Column("judged_on", sa.Date(), nullable=True),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payment_plans_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_plans")),
    )
    with op.batch_alter_table("payment_plans", schema=None) as batch_op:
        batch_op.create_index("ix_payment_plans_account", ["account_id"], unique=False)
        batch_op.create_index(
            "ix_payment_plans_standing",
            ["account_id"],
            unique=False,
            postgresql_where=sa.text("state IN ('active', 'at risk')"),
            sqlite_where=sa.text("state IN ('active', 'at risk')"),
        )

    op.create_table(
        "invoice_issues",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("invoice_id", Key, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("owner_id", Key, nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("holds_until", sa.Date(), nullable=False),
        sa.Column("escalated_on", sa.Date(), nullable=True),
        sa.Column("paper_id", Key, nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_invoice_issues_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_issues_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_invoice_issues_owner_id_users")),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_invoice_issues_paper_id_papers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_issues")),
    )
    with op.batch_alter_table("invoice_issues", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_issues_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_invoice_issues_due",
            ["due_on"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "uq_invoice_issues_open",
            ["invoice_id", "kind"],
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "plan_instalments",
        sa.Column("id", Key, nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["payment_plans.id"], name=op.f("fk_plan_instalments_plan_id_payment_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_instalments")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_plan_instalments_plan_id_number")),
    )
    op.create_table(
        "plan_invoices",
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("invoice_id", Key, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_plan_invoices_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["payment_plans.id"], name=op.f("fk_plan_invoices_plan_id_payment_plans")
        ),
        sa.PrimaryKeyConstraint("plan_id", "invoice_id", name=op.f("pk_plan_invoices")),
    )
    with op.batch_alter_table("plan_invoices", schema=None) as batch_op:
        batch_op.create_index("ix_plan_invoices_invoice", ["invoice_id"], unique=False)

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("broken_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("routinely_late", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owner_id", Key, nullable=True))
        batch_op.add_column(sa.Column("evidence_id", Key, nullable=True))
        batch_op.add_column(sa.Column("resolution", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("resolved_by", sa.String(), nullable=True))
        batch_op.create_index(
            "ix_disputes_unresolved",
            ["due_on"],
            unique=False,
            postgresql_where=sa.text("resolved_on IS NULL"),
            sqlite_where=sa.text("resolved_on IS NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_disputes_evidence_id_papers"), "papers", ["evidence_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_disputes_owner_id_users"), "users", ["owner_id"], ["id"])

    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan_id", Key, nullable=True))
        batch_op.add_column(sa.Column("issue_id", Key, nullable=True))
        batch_op.create_index(batch_op.f("ix_holds_issue_id"), ["issue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_holds_plan_id"), ["plan_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_holds_issue_id_invoice_issues"), "invoice_issues", ["issue_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_holds_plan_id_payment_plans"), "payment_plans", ["plan_id"], ["id"]
        )

    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reschedules", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("replaces_id", Key, nullable=True))
        batch_op.add_column(sa.Column("agreed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("judged_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("judged_import_id", Key, nullable=True))
        batch_op.add_column(sa.Column("judged_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("received_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("closed_on", sa.Date(), nullable=True))
        batch_op.create_index(batch_op.f("ix_promises_replaces_id"), ["replaces_id"], unique=False)
        batch_op.create_index(
            "ix_promises_unsettled",
            ["account_id"],
            unique=False,
            postgresql_where=sa.text("closed_on IS NULL"),
            sqlite_where=sa.text("closed_on IS NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_promises_judged_import_id_imports"), "imports", ["judged_import_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_promises_replaces_id_promises"), "promises", ["replaces_id"], ["id"]
        )

    op.execute("UPDATE promises SET reschedules = 0")
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.alter_column("reschedules", existing_type=sa.Integer(), nullable=False)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
