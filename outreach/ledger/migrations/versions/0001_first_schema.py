"""The first schema (drafted from the tables until the first release freezes it)."""

from alembic import op

from outreach.ledger.base import Base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward: restore a backup to go back")
