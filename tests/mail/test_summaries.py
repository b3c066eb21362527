"""The invoice summary: every figure from the rows, the same rows the same bytes."""

import base64
import io
from datetime import date, timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from outreach.ledger import papers
from outreach.ledger.documents import Document
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.mail import drafting
from outreach.mail.bills import Applied, Bill, bills_of
from outreach.mail.summaries import summary
from tests.mail.given import DAY, WE
from tests.mail.post_office import EAST, PostOffice
from tests.web.cast import NOW, TODAY

BILL = Bill(
    account="Harbor Clinic, account 1001",
    number="INV-7",
    kind="final",
    po_number="4711",
    invoiced_on=DAY - timedelta(40),
    due_on=DAY - timedelta(10),
    service_month=date(2026, 10, 1),
    currency="USD",
    gross_minor=431_050,
    open_minor=331_050,
    applied=(Applied(DAY - timedelta(5), "Payment", 100_000),),
)


def words(*bills: Bill) -> str:
    pages = PdfReader(io.BytesIO(summary(bills, DAY, WE))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_what_stands_on_it() -> None:
    page = words(BILL)
    for part in (
        "Invoice summary As of 23 November 2026",
        "Final invoice INV-7 Harbor Clinic, account 1001",
        "Invoice date 14 October 2026, due 13 November 2026, 30 days from the invoice date, "
        "purchase order 4711, service of October 2026",
        "14 Oct 2026 Invoiced 4,310.50",
        "18 Nov 2026 Payment -1,000.00",
        "Open 3,310.50 USD",
        "How to pay: ACH or check",
        "Online: https://pay.example.com/",
        "Page 1",
    ):
        assert part in page


def test_several_are_added_up_by_currency() -> None:
    others = (BILL._replace(open_minor=100), BILL._replace(currency="EUR", open_minor=5000))
    assert "Open on all of them: 50.00 EUR and 3,311.50 USD" in words(BILL, *others)
    assert "Open on all" not in words(BILL)


def test_the_same_facts_give_the_same_bytes() -> None:
    assert summary([BILL], DAY, WE) == summary([BILL], DAY, WE)


def test_settled_and_due_on_receipt() -> None:
    page = words(BILL._replace(open_minor=0, due_on=BILL.invoiced_on, currency="JPY", gross_minor=5_000))
    assert "due on receipt" in page
    assert "Settled in full 0 JPY" in page
    assert "Invoiced 5,000" in page


@pytest.mark.parametrize("name", ["<b>Bold & Brave</b>", "Łódź", "x" * 300])
def test_any_name(name: str) -> None:
    assert words(BILL._replace(account=name, number=name, po_number=name))


def test_many() -> None:
    page = words(*[BILL._replace(number=f"INV-{n:02}") for n in range(40)])
    assert "Summary of 40 invoices" in page
    assert all(f"Final invoice INV-{n:02}" in page for n in range(40))


def test_a_final_check_carries_it(office: PostOffice) -> None:
    with office.ledger.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.account_id == EAST)).one()
        for kind, minor in (("payment", 50_00), ("restated", 20_00), ("restated", -20_00)):
            session.add(
                Application(
                    invoice_id=invoice.id,
                    amount_minor=minor,
                    kind=kind,
                    dated_on=TODAY,
                    recorded_at=NOW,
                )
            )
        account = session.get_one(Account, EAST)
        session.flush()
        [bill] = bills_of(session, [(account, invoice)], TODAY)
    assert bill.applied == (Applied(TODAY, "Payment", 50_00),)

    office.fire(EAST, "final_check")
    office.clock.at += timedelta(hours=1)
    office.plan(EAST)
    office.send()

    [pdf] = office.request(EAST)["attachments"]
    assert pdf["filename"] == f"invoices-{TODAY}.pdf"


def test_a_final_check_carries_the_invoice_itself(office: PostOffice) -> None:
    file_invoice(office, b"%PDF-1.4 the invoice as we filed it")
    office.fire(EAST, "final_check")
    office.clock.at += timedelta(hours=1)
    office.plan(EAST)
    office.send()
    summed_up, own = office.request(EAST)["attachments"]
    assert summed_up["filename"] == f"invoices-{TODAY}.pdf"
    assert own["filename"] == "INV-0999.pdf"
    assert base64.b64decode(own["content"]) == b"%PDF-1.4 the invoice as we filed it"


def test_what_is_too_large_stays_at_home(office: PostOffice) -> None:
    file_invoice(office, b"%PDF-1.4 " + bytes(drafting.MOST_BYTES))
    office.fire(EAST, "final_check")
    office.clock.at += timedelta(hours=1)
    office.plan(EAST)
    office.send()
    assert len(office.request(EAST)["attachments"]) == 1


def file_invoice(office: PostOffice, content: bytes) -> None:
    digest = papers.write(office.room.files, content)
    with office.ledger.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.account_id == EAST)).one()
        paper = papers.record(
            session, digest, size=len(content), media_type="application/pdf", retention="document", now=NOW
        )
        session.add(
            Document(
                account_id=EAST,
                invoice_id=invoice.id,
                kind="invoice",
                file_name="INV.pdf",
                paper_id=paper.id,
                changed_at=NOW,
            )
        )
