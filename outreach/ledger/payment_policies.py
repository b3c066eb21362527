"""How each customer pays: pay runs, cut-off, the terms they keep, their portal; beside their contract."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base
from outreach.ledger.receivables import Account, Invoice
from outreach.rules.calendar import BusinessCalendar
from outreach.rules.pay_runs import PayRuns


class PaymentPolicy(Base):
    """What an account has told us of how it pays; its newest word."""

    __tablename__ = "payment_policies"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    runs: Mapped[str]
    """as `PayRuns` writes itself: thu, or 15,31"""
    cut_off_days: Mapped[int]
    cut_off_at: Mapped[time]
    terms_days: Mapped[int | None]
    """the terms they keep, whatever the invoice says; None: the invoice's"""
    portal: Mapped[str | None]
    set_by: Mapped[str]
    set_at: Mapped[datetime]

    @property
    def pay_runs(self) -> PayRuns:
        return PayRuns.parse(self.runs, self.cut_off_days, self.cut_off_at)

    def expected_on(self, invoice: Invoice, on: date, calendar: BusinessCalendar) -> date:
        """When an invoice will be paid, seen from `on`, by their own terms if these are longer."""
        due_on = invoice.due_on
        if self.terms_days is not None:
            due_on = max(due_on, invoice.invoiced_on + timedelta(self.terms_days))
        return self.pay_runs.expected(due_on, on, calendar)


def before_cut_off(
    session: Session, account_ids: Collection[int] | None, on: date, calendar: BusinessCalendar
) -> Mapping[int, str]:
    """Account id -> why a call on this date comes before a cut-off; those of which it is not so are absent.

    `account_ids` None: all accounts. A child counts for its parent, with whom it is called.
    """
    query = select(PaymentPolicy, Account.parent_id).join(Account, Account.id == PaymentPolicy.account_id)
    if account_ids is not None:
        query = query.where(PaymentPolicy.account_id.in_(account_ids))
    found: dict[int, str] = {}
    known: dict[PayRuns, str | None] = {}  # a few ways to pay, and very many customers
    for row, parent_id in session.execute(query.order_by(PaymentPolicy.account_id)):
        runs = row.pay_runs
        if runs not in known:
            known[runs] = runs.before_cut_off(on, calendar)
        if why := known[runs]:
            found[row.account_id] = why
            if parent_id is not None and account_ids is None:
                found.setdefault(parent_id, why)
    return found


def open_invoices(session: Session, account_id: int) -> Sequence[Invoice]:
    """What the account is to pay, the oldest due date first."""
    ours = (Invoice.account_id == account_id, Invoice.open_minor > 0)
    return session.scalars(select(Invoice).where(*ours).order_by(Invoice.due_on, Invoice.id)).all()
