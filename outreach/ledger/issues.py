"""Issues on final invoices: what we owe them before they can pay (product.md 4)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key

UNCLOSED = text("closed_at IS NULL")


class InvoiceIssue(Base):
    """One thing they need for one invoice; closed only with the document that settles it."""

    __tablename__ = "invoice_issues"
    __table_args__ = (
        Index("ix_invoice_issues_due", "due_on", postgresql_where=UNCLOSED, sqlite_where=UNCLOSED),
        Index(
            "uq_invoice_issues_open",
            *("invoice_id", "kind"),
            unique=True,
            postgresql_where=UNCLOSED,
            sqlite_where=UNCLOSED,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    kind: Mapped[str]
    """rules.issues.IssueKind"""
    note: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_on: Mapped[date]
    opened_by: Mapped[str]
    due_on: Mapped[date]
    holds_until: Mapped[date]
    """moved when it is renewed"""
    escalated_on: Mapped[date | None]
    """the day the supervisor was told that it is overdue"""
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    """the document that settled it"""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    created_at: Mapped[datetime]
