"""Keep inbound calls and voicemails"""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.base import Key, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound_calls",
        sa.Column("id", Key, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=True),
        sa.Column("account_id", Key, nullable=True),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("destination_id", Key, nullable=True),
        sa.Column("matched_by", sa.String(), nullable=False),
        sa.Column("rep_id", Key, nullable=True),
        sa.Column("came_at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("over_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_inbound_calls_account_id_accounts"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_inbound_calls_contact_id_contacts"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name="fk_inbound_calls_destination_id_destinations"
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name="fk_inbound_calls_rep_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_calls"),
        sa.UniqueConstraint("provider", "ref", name="uq_inbound_calls_provider_ref"),
    )
    op.create_index(
        "ix_inbound_calls_not_over",
        "inbound_calls",
        ["rep_id"],
        unique=False,
        postgresql_where=sa.text("over_at IS NULL"),
        sqlite_where=sa.text("over_at IS NULL"),
    )

    op.create_table(
        "voicemails",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("call_ref", sa.String(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=True),
        sa.Column("account_id", Key, nullable=True),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("destination_id", Key, nullable=True),
        sa.Column("matched_by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("came_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("transcription", sa.String(), nullable=False),
        sa.Column("transcript", sa.String(), nullable=True),
        sa.Column("audio", sa.String(), nullable=False),
        sa.Column("paper_id", Key, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_voicemails_account_id_accounts"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_voicemails_contact_id_contacts"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name="fk_voicemails_destination_id_destinations"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_voicemails_paper_id_papers"),
        sa.PrimaryKeyConstraint("id", name="pk_voicemails"),
        sa.UniqueConstraint("provider", "ref", name="uq_voicemails_provider_ref"),
    )
    op.create_index("ix_voicemails_account", "voicemails", ["account_id"], unique=False)
    op.create_index(
        "ix_voicemails_audio_awaited",
        "voicemails",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("audio = 'awaited'"),
        sqlite_where=sa.text("audio = 'awaited'"),
    )
    op.create_index(
        "ix_voicemails_unanswered",
        "voicemails",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('unassigned', 'waiting')"),
        sqlite_where=sa.text("state IN ('unassigned', 'waiting')"),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
