"""The first schema."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import Key, UtcDateTime
from outreach.ledger.log import GUARDS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("microseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock_shift"),
    )
    op.create_table(
        "events",
        sa.Column("id", Key, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("also", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("digested_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("provider", "also", name="uq_events_provider_also"),
        sa.UniqueConstraint("provider", "key", name="uq_events_provider_key"),
    )
    op.create_index("ix_events_about", "events", ["about"], unique=False)
    op.create_index(
        "ix_events_for_a_person",
        "events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('parked', 'quarantined')"),
        sqlite_where=sa.text("state IN ('parked', 'quarantined')"),
    )
    op.create_index(
        "ix_events_waiting",
        "events",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('new', 'waiting')"),
        sqlite_where=sa.text("state IN ('new', 'waiting')"),
    )
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", Key, nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_sign_ins"),
    )
    op.create_index("ix_failed_sign_ins_ip", "failed_sign_ins", ["ip", "at"], unique=False)
    op.create_index("ix_failed_sign_ins_login", "failed_sign_ins", ["login", "at"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", Key, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("applied_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index(
        "ix_imports_applied",
        "imports",
        ["source", "as_of"],
        unique=False,
        postgresql_where=sa.text("state = 'applied'"),
        sqlite_where=sa.text("state = 'applied'"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "log_heads",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_log_heads"),
    )
    op.create_table(
        "log_texts",
        sa.Column("id", Key, nullable=False),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.Column("erased_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_log_texts"),
    )
    op.create_table(
        "pace",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_pace"),
    )
    op.create_table(
        "papers",
        sa.Column("id", Key, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("retention", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_papers"),
        sa.UniqueConstraint("sha256", name="uq_papers_sha256"),
    )
    op.create_table(
        "policies",
        sa.Column("id", Key, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("rates", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("loaded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
    )
    op.create_table(
        "stops",
        sa.Column("id", Key, nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_stops"),
    )
    op.create_index(
        "uq_stops_in_force",
        "stops",
        ["scope"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
        sqlite_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "users",
        sa.Column("id", Key, nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("hours", sa.String(), nullable=True),
        sa.Column("cover_id", Key, nullable=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["cover_id"], ["users.id"], name="fk_users_cover_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("login", name="uq_users_login"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", Key, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("rep_id", Key, nullable=True),
        sa.Column("legal_hold_on", sa.Date(), nullable=True),
        sa.Column("insolvent_on", sa.Date(), nullable=True),
        sa.Column("agency_on", sa.Date(), nullable=True),
        sa.Column("reached_on", sa.Date(), nullable=True),
        sa.Column("rang_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["accounts.id"], name="fk_accounts_parent_id_accounts"),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name="fk_accounts_rep_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("number", name="uq_accounts_number"),
    )
    op.create_index("ix_accounts_parent_id", "accounts", ["parent_id"], unique=False)
    op.create_index("ix_accounts_rep_id", "accounts", ["rep_id"], unique=False)
    op.create_table(
        "destinations",
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("zones", sa.String(), nullable=True),
        sa.Column("not_allowed", sa.String(), nullable=True),
        sa.Column("judged_by", Key, nullable=True),
        sa.Column("line_type", sa.String(), nullable=True),
        sa.Column("suppressed_at", UtcDateTime(), nullable=True),
        sa.Column("suppressed_why", sa.String(), nullable=True),
        sa.Column("bad_at", UtcDateTime(), nullable=True),
        sa.Column("bad_why", sa.String(), nullable=True),
        sa.Column("mailed_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["judged_by"], ["policies.id"], name="fk_destinations_judged_by_policies"),
        sa.PrimaryKeyConstraint("id", name="pk_destinations"),
        sa.UniqueConstraint("kind", "address", name="uq_destinations_kind_address"),
    )
    op.create_table(
        "plans",
        sa.Column("id", Key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("touch_day", sa.Date(), nullable=False),
        sa.Column("policy_id", Key, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_plans_policy_id_policies"),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    op.create_index("ix_plans_day", "plans", ["day"], unique=False)
    op.create_table(
        "rep_days",
        sa.Column("rep_id", Key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name="fk_rep_days_rep_id_users"),
        sa.PrimaryKeyConstraint("rep_id", "day", name="pk_rep_days"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "staged_invoices",
        sa.Column("id", Key, nullable=False),
        sa.Column("import_id", Key, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("account_name", sa.String(), nullable=True),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("rep", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("invoiced_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("service_month", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=True),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=True),
        sa.Column("po_number", sa.String(), nullable=True),
        sa.Column("contact", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_staged_invoices_import_id_imports"),
        sa.PrimaryKeyConstraint("id", name="pk_staged_invoices"),
        sa.UniqueConstraint(
            "import_id", "account_number", "number", name="uq_staged_invoices_import_id_account_number_number"
        ),
    )
    op.create_table(
        "staged_mentions",
        sa.Column("id", Key, nullable=False),
        sa.Column("import_id", Key, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("contradicts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_staged_mentions_import_id_imports"),
        sa.PrimaryKeyConstraint("id", name="pk_staged_mentions"),
    )
    op.create_index(
        "ix_staged_mentions_account", "staged_mentions", ["import_id", "account_number"], unique=False
    )
    op.create_table(
        "contacts",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("purposes", sa.String(), nullable=False),
        sa.Column("phone_id", Key, nullable=True),
        sa.Column("extension", sa.String(), nullable=True),
        sa.Column("email_id", Key, nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("postal_code", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("do_not_call", sa.Boolean(), nullable=False),
        sa.Column("do_not_mail", sa.Boolean(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_contacts_account_id_accounts"),
        sa.ForeignKeyConstraint(["email_id"], ["destinations.id"], name="fk_contacts_email_id_destinations"),
        sa.ForeignKeyConstraint(["phone_id"], ["destinations.id"], name="fk_contacts_phone_id_destinations"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint(
            "account_id", "name", "phone_id", "email_id", name="uq_contacts_account_id_name_phone_id_email_id"
        ),
    )
    op.create_index("ix_contacts_account_id", "contacts", ["account_id"], unique=False)
    op.create_index("ix_contacts_email_id", "contacts", ["email_id"], unique=False)
    op.create_index("ix_contacts_phone_id", "contacts", ["phone_id"], unique=False)
    op.create_table(
        "invoices",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("invoiced_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("service_month", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("ladder", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_why", sa.String(), nullable=True),
        sa.Column("receipt_confirmed_on", sa.Date(), nullable=True),
        sa.Column("first_seen_on", sa.Date(), nullable=True),
        sa.Column("po_number", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_invoices_account_id_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("account_id", "source", "number", name="uq_invoices_account_id_source_number"),
    )
    op.create_index(
        "ix_invoices_open",
        "invoices",
        ["account_id", "currency", "due_on", "open_minor", "kind", "ladder", "service_month"],
        unique=False,
        postgresql_where=sa.text("open_minor <> 0"),
        sqlite_where=sa.text("open_minor <> 0"),
    )
    op.create_table(
        "left_outs",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_left_outs_account_id_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_left_outs"),
    )
    op.create_index(
        "uq_left_outs_running",
        "left_outs",
        ["account_id", "channel"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
        sqlite_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "log_entries",
        sa.Column("id", Key, nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("account_id", Key, nullable=True),
        sa.Column("invoices", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("direction", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("refines", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("follow_up_on", sa.Date(), nullable=True),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("text_id", Key, nullable=True),
        sa.Column("text_hash", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_log_entries_account_id_accounts"),
        sa.ForeignKeyConstraint(["text_id"], ["log_texts.id"], name="fk_log_entries_text_id_log_texts"),
        sa.PrimaryKeyConstraint("id", name="pk_log_entries"),
        sa.UniqueConstraint("stream", "sequence", name="uq_log_entries_stream_sequence"),
    )
    op.create_index("ix_log_entries_about", "log_entries", ["about"], unique=False)
    op.create_index("ix_log_entries_account", "log_entries", ["account_id", "id"], unique=False)
    op.create_index("ix_log_entries_at", "log_entries", ["at"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("account_id", Key, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("owner_id", Key, nullable=True),
        sa.Column("for_role", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_tasks_account_id_accounts"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_tasks_owner_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_account", "tasks", ["account_id"], unique=False)
    op.create_index(
        "uq_tasks_open_key",
        "tasks",
        ["key"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "applications",
        sa.Column("id", Key, nullable=False),
        sa.Column("invoice_id", Key, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("import_id", Key, nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_applications_import_id_imports"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_applications_invoice_id_invoices"),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
    )
    op.create_index("ix_applications_invoice", "applications", ["invoice_id", "dated_on"], unique=False)
    op.create_table(
        "disputes",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("invoice_id", Key, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_disputes_account_id_accounts"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_disputes_invoice_id_invoices"),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
    )
    op.create_index("ix_disputes_account_id", "disputes", ["account_id"], unique=False)
    op.create_index("ix_disputes_invoice_id", "disputes", ["invoice_id"], unique=False)
    op.create_table(
        "firings",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("invoice_id", Key, nullable=True),
        sa.Column("fired_on", sa.Date(), nullable=False),
        sa.Column("raw_on", sa.Date(), nullable=False),
        sa.Column("touch_on", sa.Date(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("call_side", sa.String(), nullable=False),
        sa.Column("email_side", sa.String(), nullable=False),
        sa.Column("call_rule", sa.String(), nullable=True),
        sa.Column("email_rule", sa.String(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("emails", sa.Integer(), nullable=False),
        sa.Column("call_again_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.Column("plan_id", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_firings_account_id_accounts"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_firings_invoice_id_invoices"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name="fk_firings_plan_id_plans"),
        sa.PrimaryKeyConstraint("id", name="pk_firings"),
        sa.UniqueConstraint(
            "account_id", "step", "subject", "cycle", name="uq_firings_account_id_step_subject_cycle"
        ),
    )
    op.create_index("ix_firings_invoice_id", "firings", ["invoice_id"], unique=False)
    op.create_index(
        "ix_firings_open",
        "firings",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "touches",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("rep_id", Key, nullable=True),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("destination_id", Key, nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("not_after", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=True),
        sa.Column("policy_id", Key, nullable=True),
        sa.Column("plan_id", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_touches_account_id_accounts"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_touches_contact_id_contacts"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name="fk_touches_destination_id_destinations"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name="fk_touches_plan_id_plans"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_touches_policy_id_policies"),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name="fk_touches_rep_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_touches"),
        sa.UniqueConstraint("account_id", "channel", "day", "n", name="uq_touches_account_id_channel_day_n"),
    )
    op.create_index("ix_touches_day", "touches", ["day", "account_id"], unique=False)
    op.create_index("ix_touches_desk", "touches", ["rep_id", "day", "rank"], unique=False)
    op.create_index(
        "ix_touches_due_mail",
        "touches",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND channel = 'email'"),
        sqlite_where=sa.text("state = 'open' AND channel = 'email'"),
    )
    op.create_index(
        "ix_touches_due_mail_to",
        "touches",
        ["destination_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND channel = 'email'"),
        sqlite_where=sa.text("state = 'open' AND channel = 'email'"),
    )
    op.create_index(
        "ix_touches_unended",
        "touches",
        ["day"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'held', 'started')"),
        sqlite_where=sa.text("state IN ('open', 'held', 'started')"),
    )
    op.create_table(
        "call_attempts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("touch_id", Key, nullable=True),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("destination_id", Key, nullable=False),
        sa.Column("rep_id", Key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("customer_ref", sa.String(), nullable=True),
        sa.Column("caller_id", sa.String(), nullable=True),
        sa.Column("progress", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("bridging_at", UtcDateTime(), nullable=True),
        sa.Column("connected_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.Column("rep_over_at", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("wrapped_at", UtcDateTime(), nullable=True),
        sa.Column("policy_id", Key, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_call_attempts_account_id_accounts"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_call_attempts_contact_id_contacts"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name="fk_call_attempts_destination_id_destinations"
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_call_attempts_policy_id_policies"),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name="fk_call_attempts_rep_id_users"),
        sa.ForeignKeyConstraint(["touch_id"], ["touches.id"], name="fk_call_attempts_touch_id_touches"),
        sa.PrimaryKeyConstraint("id", name="pk_call_attempts"),
    )
    op.create_index("ix_call_attempts_account_day", "call_attempts", ["account_id", "day"], unique=False)
    op.create_index("ix_call_attempts_caps", "call_attempts", ["destination_id", "day"], unique=False)
    op.create_index(
        "ix_call_attempts_live",
        "call_attempts",
        ["moved_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
        sqlite_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
    )
    op.create_index("ix_call_attempts_provider", "call_attempts", ["provider", "provider_ref"], unique=False)
    op.create_index("ix_call_attempts_rep_day", "call_attempts", ["rep_id", "day"], unique=False)
    op.create_index("ix_call_attempts_touch_id", "call_attempts", ["touch_id"], unique=False)
    op.create_index(
        "ix_call_attempts_unexplained",
        "call_attempts",
        ["moved_at"],
        unique=False,
        postgresql_where=sa.text("outcome = 'answered_unknown' AND disposition IS NULL AND asked_at IS NULL"),
        sqlite_where=sa.text("outcome = 'answered_unknown' AND disposition IS NULL AND asked_at IS NULL"),
    )
    op.create_index(
        "uq_call_attempts_live_account",
        "call_attempts",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
        sqlite_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
    )
    op.create_index(
        "uq_call_attempts_live_destination",
        "call_attempts",
        ["destination_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
        sqlite_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
    )
    op.create_index(
        "uq_call_attempts_live_rep",
        "call_attempts",
        ["rep_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
        sqlite_where=sa.text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')"),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("touch_id", Key, nullable=True),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("destination_id", Key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("template", sa.String(), nullable=True),
        sa.Column("paper_id", Key, nullable=True),
        sa.Column("attachment_id", Key, nullable=True),
        sa.Column("sent_again_by", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("replied_at", UtcDateTime(), nullable=True),
        sa.Column("complained_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("policy_id", Key, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_letters_account_id_accounts"),
        sa.ForeignKeyConstraint(["attachment_id"], ["papers.id"], name="fk_letters_attachment_id_papers"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_letters_contact_id_contacts"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name="fk_letters_destination_id_destinations"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_letters_paper_id_papers"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_letters_policy_id_policies"),
        sa.ForeignKeyConstraint(["touch_id"], ["touches.id"], name="fk_letters_touch_id_touches"),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
    )
    op.create_index("ix_letters_account", "letters", ["account_id", "created_at"], unique=False)
    op.create_index("ix_letters_day", "letters", ["day", "state"], unique=False)
    op.create_index("ix_letters_destination_day", "letters", ["destination_id", "day"], unique=False)
    op.create_index(
        "ix_letters_in_doubt",
        "letters",
        ["sent_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('sending', 'unknown')"),
        sqlite_where=sa.text("state IN ('sending', 'unknown')"),
    )
    op.create_index("ix_letters_provider", "letters", ["provider", "provider_ref"], unique=False)
    op.create_index("ix_letters_touch_id", "letters", ["touch_id"], unique=False)
    op.create_index(
        "ix_letters_unconfirmed",
        "letters",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'unconfirmed' AND sent_again_by IS NULL"),
        sqlite_where=sa.text("state = 'unconfirmed' AND sent_again_by IS NULL"),
    )
    op.create_index(
        "uq_letters_in_doubt_destination",
        "letters",
        ["destination_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('sending', 'unknown')"),
        sqlite_where=sa.text("state IN ('sending', 'unknown')"),
    )
    op.create_table(
        "touch_firings",
        sa.Column("touch_id", Key, nullable=False),
        sa.Column("firing_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["firing_id"], ["firings.id"], name="fk_touch_firings_firing_id_firings"),
        sa.ForeignKeyConstraint(["touch_id"], ["touches.id"], name="fk_touch_firings_touch_id_touches"),
        sa.PrimaryKeyConstraint("touch_id", "firing_id", name="pk_touch_firings"),
    )
    op.create_index("ix_touch_firings_firing_id", "touch_firings", ["firing_id"], unique=False)
    op.create_table(
        "letter_firings",
        sa.Column("letter_id", sa.String(), nullable=False),
        sa.Column("firing_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["firing_id"], ["firings.id"], name="fk_letter_firings_firing_id_firings"),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_letter_firings_letter_id_letters"),
        sa.PrimaryKeyConstraint("letter_id", "firing_id", name="pk_letter_firings"),
    )
    op.create_index("ix_letter_firings_firing_id", "letter_firings", ["firing_id"], unique=False)
    op.create_index(
        "uq_letter_firings_place",
        "letter_firings",
        ["firing_id", "place"],
        unique=True,
        postgresql_where=sa.text("standing"),
        sqlite_where=sa.text("standing"),
    )
    op.create_table(
        "letter_touches",
        sa.Column("letter_id", sa.String(), nullable=False),
        sa.Column("touch_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_letter_touches_letter_id_letters"),
        sa.ForeignKeyConstraint(["touch_id"], ["touches.id"], name="fk_letter_touches_touch_id_touches"),
        sa.PrimaryKeyConstraint("letter_id", "touch_id", name="pk_letter_touches"),
    )
    op.create_index("ix_letter_touches_touch_id", "letter_touches", ["touch_id"], unique=False)
    op.create_table(
        "promises",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("grace_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_promises_account_id_accounts"),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["call_attempts.id"], name="fk_promises_attempt_id_call_attempts"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_promises"),
    )
    op.create_index("ix_promises_account_id", "promises", ["account_id"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("invoice_id", Key, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("promise_id", Key, nullable=True),
        sa.Column("dispute_id", Key, nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_holds_account_id_accounts"),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name="fk_holds_dispute_id_disputes"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_holds_invoice_id_invoices"),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name="fk_holds_promise_id_promises"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index(
        "ix_holds_account",
        "holds",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("ended_on IS NULL"),
        sqlite_where=sa.text("ended_on IS NULL"),
    )
    op.create_index("ix_holds_dispute_id", "holds", ["dispute_id"], unique=False)
    op.create_index("ix_holds_promise_id", "holds", ["promise_id"], unique=False)
    op.create_index(
        "ix_holds_standing",
        "holds",
        ["invoice_id"],
        unique=False,
        postgresql_where=sa.text("ended_on IS NULL"),
        sqlite_where=sa.text("ended_on IS NULL"),
    )
    for statement in GUARDS[op.get_bind().dialect.name]:  # a later rebuild of log_entries must say this again
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
