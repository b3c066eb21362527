"""Files that came in: what they were, what they changed, and the rows waiting to be applied."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

APPLIED = text("state = 'applied'")


class Import(Base):
    """One file of one source. `state` is staging, previewed, applying, applied or refused."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_applied", "source", "as_of", postgresql_where=APPLIED, sqlite_where=APPLIED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    source: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    form: Mapped[str]
    """snapshot (what is open) or history (with settled dates)"""
    as_of: Mapped[date]
    state: Mapped[str]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    actor: Mapped[str]
    started_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


class StagedInvoice(Base):
    """A good row of a file before it is applied; None: the file does not say. Emptied once applied."""

    __tablename__ = "staged_invoices"
    __table_args__ = (UniqueConstraint("import_id", "account_number", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    account_number: Mapped[str]
    account_name: Mapped[str | None]
    parent: Mapped[str | None]
    rep: Mapped[str | None]
    number: Mapped[str]
    kind: Mapped[str | None]
    kind_by: Mapped[str | None]
    """column or rule"""
    kind_rule: Mapped[int | None]
    """which of the rules `[[kinds]]`, from 1"""
    invoiced_on: Mapped[date]
    due_on: Mapped[date]
    service_month: Mapped[date | None]
    settled_on: Mapped[date | None]
    """on or before the file's `as_of`; a later one is not known yet"""
    received_on: Mapped[date | None]
    """likewise"""
    currency: Mapped[str]
    gross_minor: Mapped[int | None] = mapped_column(BigInteger)
    open_minor: Mapped[int] = mapped_column(BigInteger)
    disputed: Mapped[bool | None]
    po_number: Mapped[str | None]
    contact: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class StagedMention(Base):
    """What a row names that was left out. It stands in the file, so it must not be taken for vanished."""

    __tablename__ = "staged_mentions"
    __table_args__ = (Index("ix_staged_mentions_account", "import_id", "account_number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    account_number: Mapped[str]
    number: Mapped[str]
    """empty: some invoice of the account"""
    contradicts: Mapped[bool]
    """another row states the same invoice otherwise: neither is taken"""
