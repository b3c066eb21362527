"""Issues on final invoices and the end of disputes: each holds its own invoice and nothing else."""

from datetime import date

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import disputing, issues
from outreach.campaigns.agreements.disputing import Resolution
from outreach.campaigns.planning import settling
from outreach.ledger import policies
from outreach.ledger.commitments import CommitmentError, Dispute, Hold
from outreach.ledger.issues import InvoiceIssue
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Invoice
from outreach.ledger.tasks import Task
from outreach.rules.issues import IssueKind
from tests.campaigns.book import Book, at

MON, TUE = date(2026, 11, 30), date(2026, 12, 1)
FRI, WED, LATER = date(2026, 12, 4), date(2026, 12, 16), date(2026, 12, 17)


@pytest.fixture
def final(book: Book) -> Book:
    book.imported(LATER)
    book.account("A")
    book.invoice("A", "F1", date(2026, 11, 20), kind="final")
    book.invoice("A", "I1", date(2026, 11, 20))
    return book


def open_issue(book: Book, number: str = "F1") -> int:
    with book.ledger.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        policy = policies.in_force(session).policy
        kind = IssueKind.TAX_EXEMPT
        return issues.open_issue(session, invoice, kind, "asked", by="ana", now=at(MON), policy=policy).id


def held(book: Book, day: date) -> set[str]:
    """Invoices that nobody is asked for on a day."""
    book.plan(day)
    return {
        subject
        for (_, subject), firing in book.firings().items()
        if firing.invoice_id and firing.state == "open" and firing.call_rule == "held by issue"
    }


def test_it_holds_its_invoice_and_no_other(final: Book) -> None:
    open_issue(final)
    assert held(final, TUE) == {"F1"}
    assert final.called(TUE) == ["A"]


def test_only_final_invoices_have_issues(final: Book) -> None:
    with pytest.raises(CommitmentError, match="no open final invoice"):
        open_issue(final, "I1")


def test_the_same_issue_is_open_once(final: Book) -> None:
    open_issue(final)
    with pytest.raises(CommitmentError, match="renew it, or close it"):
        open_issue(final)


def test_after_ten_business_days_it_holds_no_more_unless_it_is_renewed(final: Book) -> None:
    issue_id = open_issue(final)
    assert held(final, date(2026, 12, 14)) == {"F1"}
    assert held(final, date(2026, 12, 15)) == set()
    with final.ledger.writing() as session:
        policy, issue = policies.in_force(session).policy, session.get_one(InvoiceIssue, issue_id)
        issues.renew(session, issue, "they wait for it", by="ana", now=at(date(2026, 12, 14)), policy=policy)
    assert held(final, WED) == {"F1"}


def test_it_is_closed_with_its_document_only(final: Book) -> None:
    issue_id = open_issue(final)
    paper_id = final.add(
        Paper(sha256="0" * 64, media_type="application/pdf", size=3, retention="document", created_at=at(MON))
    )
    with final.ledger.writing() as session:
        policy, issue = policies.in_force(session).policy, session.get_one(InvoiceIssue, issue_id)
        with pytest.raises(CommitmentError, match="give the file"):
            issues.close(session, issue, None, by="ana", now=at(TUE), policy=policy)
        paper = session.get_one(Paper, paper_id)
        issues.close(session, issue, paper, by="ana", now=at(TUE), policy=policy)
    assert held(final, TUE) == set()
    with final.ledger.reading() as session:
        assert session.scalars(select(Hold.ended_on)).all() == [TUE]
        assert session.scalars(select(Task.done_by).where(Task.kind == "issue")).all() == ["ana"]


def test_past_its_due_date_the_supervisor_is_told_once(final: Book) -> None:
    open_issue(final)
    assert settling.settle(final.ledger, at(date(2026, 12, 3))) == 0
    assert [settling.settle(final.ledger, at(FRI)) for _ in range(2)] == [1, 0]
    with final.ledger.reading() as session:
        task = session.scalars(select(Task).where(Task.for_role == "supervisor")).one()
    assert task.title == "Overdue since 2026-12-03: tax-exempt certificate for F1"


def dispute(book: Book, *, source: str = "call") -> int:
    with book.ledger.reading() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == "I1")).one()
    told = {"account_id": invoice.account_id, "invoice_id": invoice.id}
    row = Dispute(reason="price", source=source, opened_on=MON, created_at=at(MON), **told)
    dispute_id = int(book.add(row))
    book.add(Hold(kind="dispute", dispute_id=dispute_id, since=MON, **told))
    return dispute_id


@pytest.mark.parametrize(("how", "asks"), [("rejected", 1), ("withdrawn", 1), ("upheld", 0)])
def test_a_resolved_dispute_is_asked_for_again_and_a_day_is_proposed(
    final: Book, how: str, asks: int
) -> None:
    dispute_id = dispute(final)
    with final.ledger.writing() as session:
        policy, row = policies.in_force(session).policy, session.get_one(Dispute, dispute_id)
        proposed = disputing.resolve(
            session, row, Resolution(how), "it was delivered", by="sue", now=at(TUE), policy=policy
        )
    assert proposed == date(2026, 12, 8)
    final.plan(TUE)
    firing = final.firings()[("followup_5", "I1")]
    assert (firing.days_past_due, firing.call_rule) == (11, None)
    with final.ledger.reading() as session:
        assert len(session.scalars(select(Task).where(Task.kind == "dispute")).all()) == asks


def test_a_dispute_of_the_ledgers_file_ends_there(final: Book) -> None:
    dispute_id = dispute(final, source="import")
    with final.ledger.writing() as session:
        policy, row = policies.in_force(session).policy, session.get_one(Dispute, dispute_id)
        with pytest.raises(CommitmentError, match="end it there"):
            disputing.resolve(session, row, Resolution.REJECTED, "", by="sue", now=at(TUE), policy=policy)
