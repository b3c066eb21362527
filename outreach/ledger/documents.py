"""Papers about an account or one of its invoices: the invoice itself, contracts, certificates."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.papers import Paper

Kind = Literal["invoice", "contract", "eco", "travel", "w9", "tax_exempt"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NEED_APPROVAL: tuple[Kind, ...] = ("eco", "travel")
"""sent only once they are approved (interface.md, documents)"""


class Document(Base):
    """One file about one account. Of the same name about the same thing there is one, its newest bytes."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_account", "account_id", "kind"),
        Index("ix_documents_invoice", "invoice_id", "kind"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    """None: it is about the account as a whole"""
    kind: Mapped[str]
    file_name: Mapped[str]
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"))
    approved: Mapped[bool] = mapped_column(default=False)
    expires_on: Mapped[date | None]
    """the last day on which it holds"""
    changed_at: Mapped[datetime]

    def may_be_sent(self, today: date) -> bool:
        """True unless it has expired, or still needs an approval."""
        if self.expires_on and self.expires_on < today:
            return False
        return self.approved or self.kind not in NEED_APPROVAL


def of_invoices(
    session: Session, invoice_ids: Collection[int], kind: Kind, today: date
) -> Mapping[int, Paper]:
    """Invoice id -> its newest document that may be sent today; `kind` "invoice" is its own PDF."""
    query = (
        select(Document, Paper)
        .join(Paper, Paper.id == Document.paper_id)
        .where(Document.invoice_id.in_(invoice_ids), Document.kind == kind)
        .order_by(Document.changed_at, Document.id)
    )
    found = session.execute(query)
    return {it.invoice_id: paper for it, paper in found if it.invoice_id and it.may_be_sent(today)}


def of_account(session: Session, account_id: int) -> Sequence[Document]:
    """Every document of an account, by kind, the newest first."""
    query = select(Document).where(Document.account_id == account_id)
    return session.scalars(query.order_by(Document.kind, Document.changed_at.desc())).all()


def known(session: Session, account_ids: Sequence[int], names: Sequence[str]) -> Sequence[Document]:
    """Documents of these accounts under these names: what a list of documents may say again."""
    ours = Document.account_id.in_(account_ids), Document.file_name.in_(names)
    return session.scalars(select(Document).where(*ours)).all()
