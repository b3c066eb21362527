"""What they undertook and what we hold back for it: promises, disputes, and the holds these make.

A hold covers a part of one invoice and nothing else (product.md 4).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, select, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.receivables import Invoice
from outreach.rules import promises
from outreach.rules.promises import PromiseState, may_move

STANDING = text("ended_on IS NULL")
UNSETTLED = text("closed_on IS NULL")
UNRESOLVED = text("resolved_on IS NULL")


class CommitmentError(ValueError):
    """It cannot be written down or changed so; the sentence says why, and what to do."""


class Hold(Base):
    """An amount of an invoice that must not be asked for: until its day has passed or it is ended."""

    __tablename__ = "holds"
    __table_args__ = (
        Index("ix_holds_standing", "invoice_id", postgresql_where=STANDING, sqlite_where=STANDING),
        Index("ix_holds_account", "account_id", postgresql_where=STANDING, sqlite_where=STANDING),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    kind: Mapped[str]
    """dispute, promise, plan, issue or paid (they say so; we look)"""
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"), index=True)
    dispute_id: Mapped[int | None] = mapped_column(ForeignKey("disputes.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("payment_plans.id"), index=True)
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_issues.id"), index=True)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    """None: the whole of what is open"""
    since: Mapped[date]
    until: Mapped[date | None]
    """the last day it holds (a promise's grace day)"""
    ended_on: Mapped[date | None]


def held(session: Session, invoices: Sequence[Invoice], *which: ColumnElement[bool]) -> Mapping[int, int]:
    """Invoice id -> what holds of `which` sort hold of it, added up; one of the whole holds what is open."""
    opened = {one.id: one.open_minor for one in invoices}
    found = dict.fromkeys(opened, 0)
    holds = select(Hold.invoice_id, Hold.amount_minor).where(STANDING, Hold.invoice_id.in_(opened), *which)
    for invoice_id, part in session.execute(holds):
        found[invoice_id] += opened[invoice_id] if part is None else part
    return found


def _as_promised(context: DefaultExecutionContext) -> int:
    amount: int = context.get_current_parameters()["amount_minor"]  # type: ignore[no-untyped-call]
    return amount


class Promise(Base):
    """They said they will pay `amount` by `due_on`; it holds through `grace_on` (rules.promises)."""

    __tablename__ = "promises"
    __table_args__ = (
        Index("ix_promises_due", "due_on"),
        Index("ix_promises_unsettled", "account_id", postgresql_where=UNSETTLED, sqlite_where=UNSETTLED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    made_minor: Mapped[int] = mapped_column(BigInteger, default=_as_promised)
    """what they said at first: the figures of its day stay"""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """less what another promise has taken over"""
    currency: Mapped[str]
    promised_on: Mapped[date]
    due_on: Mapped[date]
    grace_on: Mapped[date]
    source: Mapped[str]
    """call, email, voicemail or supervisor"""
    words: Mapped[str]
    attempt_id: Mapped[str | None] = mapped_column(ForeignKey("call_attempts.id"))
    taken_by: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    """rules.promises.PromiseState"""
    reschedules: Mapped[int] = mapped_column(default=0)
    """how often its day had been put off when it was made"""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"), index=True)
    agreed_by: Mapped[str | None]
    """the supervisor who agreed to one that lies far ahead"""
    judged_on: Mapped[date | None]
    """`as_of` of the import that judged it"""
    judged_import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    judged_at: Mapped[datetime | None]
    received_minor: Mapped[int | None] = mapped_column(BigInteger)
    """what had come in time when it was judged, or has come so far"""
    closed_on: Mapped[date | None]
    """nothing hangs on it any more: it was kept, put off or withdrawn, or what was missing is settled"""
    created_at: Mapped[datetime]

    @property
    def rest_minor(self) -> int:
        """What is still to come of it."""
        return promises.rest(self.amount_minor, self.currency, self.received_minor or 0)


class PromiseInvoice(Base):
    """An invoice that a promise is about. Its holds say how much of which is not asked for meanwhile."""

    __tablename__ = "promise_invoices"

    promise_id: Mapped[int] = mapped_column(ForeignKey("promises.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), primary_key=True, index=True)


def move(promise: Promise, state: PromiseState) -> None:
    """The only way a promise changes its state. Raises ValueError for a way that is not in the table."""
    if not may_move(promise.state, state):
        raise ValueError(f"a promise that is {promise.state} cannot become {state}")
    promise.state = state


class Dispute(Base):
    """They say an invoice, or part of it, is not owed."""

    __tablename__ = "disputes"
    __table_args__ = (
        Index("ix_disputes_unresolved", "due_on", postgresql_where=UNRESOLVED, sqlite_where=UNRESOLVED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str]
    source: Mapped[str]
    """import, or the disposition of a call"""
    opened_on: Mapped[date]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    due_on: Mapped[date | None]
    resolved_on: Mapped[date | None]
    resolution: Mapped[str | None]
    """upheld (they were right), rejected, withdrawn, or that the file no longer says so"""
    resolved_by: Mapped[str | None]
    created_at: Mapped[datetime]
