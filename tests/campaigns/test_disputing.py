"""Disputes: each holds its part, and leaves nothing to do once it is resolved (product.md 4)."""

from datetime import date

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import commitments, disputing
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.agreements.disputing import Resolution
from outreach.ledger import policies
from outreach.ledger.commitments import CommitmentError, Dispute, Hold
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.tasks import Task
from tests.campaigns.book import Book, at

MON, TUE = date(2026, 11, 30), date(2026, 12, 1)


@pytest.fixture
def owing(book: Book) -> Book:
    """A parent and its child with an invoice of 1,000 each, past due."""
    book.account("P")
    book.account("C", parent="P")
    book.invoice("P", "I1", date(2026, 11, 10))
    book.invoice("C", "I2", date(2026, 11, 10))
    return book


def dispute(book: Book, *numbers: str, amount: int | None = None) -> None:
    """Told on the phone by the parent."""
    with book.ledger.writing() as session:
        customer = session.scalars(select(Account).where(Account.number == "P")).one()
        invoices = session.scalars(select(Invoice).where(Invoice.number.in_(numbers))).all()
        told = Told(
            session=session,
            account_id=customer.id,
            owner_id=None,
            source="call",
            words="the wrong price",
            by="ana",
            on=MON,
            now=at(MON),
            policy=policies.in_force(session).policy,
        )
        due_on = commitments.dispute(told, invoices, "price", None if amount is None else amount * 100)
        commitments.write_entry(told, "dispute opened", invoices, due_on)


def resolve(book: Book, number: str) -> None:
    with book.ledger.writing() as session:
        found = select(Dispute).join(Invoice, Invoice.id == Dispute.invoice_id)
        row = session.scalars(found.where(Invoice.number == number, Dispute.resolved_on.is_(None))).first()
        assert row
        policy = policies.in_force(session).policy
        disputing.resolve(session, row, Resolution.UPHELD, "a credit", by="sue", now=at(TUE), policy=policy)


def escalations(book: Book) -> list[str]:
    """Those that wait."""
    waiting = select(Task.title).where(Task.kind == "escalation", Task.done_at.is_(None))
    with book.ledger.reading() as session:
        return list(session.scalars(waiting.order_by(Task.id)))


def test_its_escalation_ends_when_all_that_was_disputed_is_resolved(owing: Book) -> None:
    dispute(owing, "I1", "I2")
    dispute(owing, "I2")
    resolve(owing, "I2")
    assert escalations(owing) == ["They dispute 2 invoices: P Inc.", "They dispute I2: P Inc."]
    resolve(owing, "I2")
    assert escalations(owing) == ["They dispute 2 invoices: P Inc."]
    resolve(owing, "I1")
    assert escalations(owing) == []


def test_parts_in_dispute_are_together_no_more_than_is_open(owing: Book) -> None:
    dispute(owing, "I1", amount=600)
    with pytest.raises(CommitmentError, match=r"no more than is open and undisputed of I1: 400\.00 USD"):
        dispute(owing, "I1", amount=401)
    dispute(owing, "I1", amount=400)
    with pytest.raises(CommitmentError, match="All that is open of I1 is in dispute already"):
        dispute(owing, "I1", amount=1)
    resolve(owing, "I1")
    dispute(owing, "I1", amount=600)
    with owing.ledger.reading() as session:
        held = session.scalars(select(Hold.amount_minor).where(Hold.ended_on.is_(None))).all()
    assert sorted(minor or 0 for minor in held) == [40_000, 60_000]


def test_a_part_is_one_of_one_invoice(owing: Book) -> None:
    with pytest.raises(CommitmentError, match="choose just that one"):
        dispute(owing, "I1", "I2", amount=5)
