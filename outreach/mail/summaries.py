"""Invoices on a page, with their payments: for a final check, and whenever somebody asks for one."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.receivables import Account, Invoice
from outreach.mail.bills import Bill, bills_of
from outreach.mail.composing import Letterhead
from outreach.mail.letter_templates import amount, day, number, short_day
from outreach.mail.statements import (
    ACCOUNT,
    BODY,
    HEAD,
    HEAD_RIGHT,
    ITEMS,
    SMALL,
    STRONG,
    TITLE,
    booklet,
    para,
)

VERSION = "summary-pdf@2"
MOST = 500
"""invoices in one: who wants more wants a statement"""


def summary(bills: Sequence[Bill], on: date, we: Letterhead, country: str = "US") -> bytes:
    """The PDF. Deterministic, as a statement is."""
    title = "Invoice summary" if len(bills) == 1 else f"Summary of {len(bills)} invoices"
    return booklet(f"{title}, {day(on)}", we, country, lambda width: _story(bills, title, on, we, width))


def of_account(
    session: Session, account: Account, on: date, we: Letterhead, country: str, invoice_number: str = ""
) -> bytes | None:
    """The summary of one invoice of an account, open or settled, or of all that are open. None: there is
    none."""
    query = select(Invoice).where(Invoice.account_id == account.id, Invoice.gross_minor > 0)
    asked = Invoice.number == invoice_number if invoice_number else Invoice.open_minor > 0
    found = session.scalars(query.where(asked).order_by(Invoice.due_on, Invoice.number).limit(MOST)).all()
    bills = bills_of(session, [(account, one) for one in found], on)
    return summary(bills, on, we, country) if bills else None


def _story(bills: Sequence[Bill], title: str, on: date, we: Letterhead, width: float) -> Iterator[Flowable]:
    yield para(we.name, STRONG)
    yield para(title, TITLE)
    yield para(f"As of {day(on)}", BODY)
    for bill in bills:
        yield KeepTogether(list(_bill(bill, width)))
    yield Spacer(0, 6 * mm)
    if len(bills) > 1:
        yield para(f"Open on all of them: {' and '.join(_open_on(bills))}", STRONG)
    if we.remittance:
        yield para(f"How to pay: {we.remittance}", BODY)
    if we.pay_link:
        yield para(f"Online: {we.pay_link}", BODY)
    yield para("Payments and credits that reached us after this date are not in it.", SMALL)


def _open_on(bills: Sequence[Bill]) -> Iterator[str]:
    """The sum, currency by currency."""
    for currency in sorted({bill.currency for bill in bills}):
        yield amount(sum(bill.open_minor for bill in bills if bill.currency == currency), currency)


def _bill(bill: Bill, width: float) -> Iterator[Flowable]:
    kind = "Final invoice" if bill.kind == "final" else "Invoice"
    yield para(f"{kind} {bill.number}", ACCOUNT)
    yield para(bill.account, BODY)
    yield para(", ".join(_particulars(bill)), SMALL)
    yield Spacer(0, 2 * mm)
    yield _account_of(bill, width)


def _particulars(bill: Bill) -> Iterator[str]:
    yield f"Invoice date {day(bill.invoiced_on)}"
    yield f"due {day(bill.due_on)}"
    yield bill.terms.lower()
    if bill.po_number:
        yield f"purchase order {bill.po_number}"
    if bill.service_month:
        yield f"service of {bill.service_month:%B %Y}"


def _account_of(bill: Bill, width: float) -> Table:
    """From what was invoiced, by what was applied, to what is open."""
    lines = [(short_day(bill.invoiced_on), "Invoiced", _figure(bill, bill.gross_minor))]
    lines += [(short_day(one.on), one.words, _figure(bill, -one.amount_minor)) for one in bill.applied]
    ending = "Open" if bill.open_minor else "Settled in full"
    lines.append(("", ending, amount(bill.open_minor, bill.currency)))
    rows: list[list[Any]] = [[para("Date", HEAD), "", para(bill.currency, HEAD_RIGHT)]]
    table = Table([*rows, *lines], colWidths=[width * 0.2, width * 0.5, width * 0.3])
    table.setStyle(ITEMS)
    table.setStyle([("ALIGN", (1, 0), (1, -1), "LEFT")])
    return table


def _figure(bill: Bill, minor: int) -> str:
    return number(minor, bill.currency)
