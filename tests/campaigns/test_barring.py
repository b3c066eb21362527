"""Legal hold and insolvency: begun by anybody, lifted by a supervisor, and nobody is contacted meanwhile."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import barring
from outreach.campaigns.agreements.barring import Bar
from outreach.ledger import naming, policies, receivables
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.log import LogEntry
from tests.campaigns.book import Book, at

MON, TUE = date(2026, 12, 7), date(2026, 12, 8)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    """A customer with a child, and another; each has something past due."""
    book = Book(ledger)
    book.rep("sue", role="supervisor")
    book.account("P")
    book.account("C", parent="P")
    book.account("Q")
    for number in ("P", "C", "Q"):
        book.invoice(number, f"I-{number}", MON - timedelta(10))
    book.imported(MON)
    return book


def say(book: Book, how: str, number: str, bar: Bar, by: str, why: str = "the court says so") -> int:
    with book.ledger.writing() as session:
        account, person = naming.account(session, number), naming.person(session, by)
        policy = policies.in_force(session).policy
        return {"begin": barring.begin, "lift": barring.lift}[how](
            session, account, bar, why, by=person, now=at(MON), policy=policy
        )


@pytest.mark.parametrize("bar", list(Bar))
def test_nobody_is_contacted_until_a_supervisor_lifts_it(book: Book, bar: Bar) -> None:
    assert say(book, "begin", "P", bar, "ana") == 2
    assert say(book, "begin", "P", bar, "ana") == 0, "both are barred already"
    book.plan(MON)
    assert book.called(MON) == ["Q"]
    assert book.left_out("C") == {"call": bar.value, "email": bar.value}
    with book.ledger.reading() as session:
        assert [row[0] for row in receivables.barred(session)] == ["P", "C"]
    with pytest.raises(CommitmentError, match="Only a supervisor"):
        say(book, "lift", "P", bar, "ana")
    assert say(book, "lift", "P", bar, "sue") == 2
    book.imported(TUE)
    book.plan(TUE)
    assert "P" in book.called(TUE)
    with book.ledger.reading() as session:
        told = session.scalars(select(LogEntry.what).order_by(LogEntry.id)).all()
    assert [what for what in told if bar.value in what] == [f"{bar} begun"] * 2 + [f"{bar} lifted"] * 2


def test_a_childs_bar_is_its_own(book: Book) -> None:
    assert say(book, "begin", "C", Bar.LEGAL_HOLD, "ana") == 1
    book.plan(MON)
    assert book.called(MON) == ["P", "Q"]


def test_it_must_be_said_why(book: Book) -> None:
    with pytest.raises(CommitmentError, match="Say why"):
        say(book, "begin", "P", Bar.INSOLVENCY, "ana", " ")
