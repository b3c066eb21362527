"""Unapplied cash that covers what is asked is a task for tomorrow, once for the same cash."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import cash
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Promise
from outreach.ledger.imports import Import
from outreach.ledger.log import LogEntry
from outreach.ledger.receivables import Invoice
from outreach.ledger.tasks import Task, finish
from tests.campaigns.book import Book, at
from tests.rules.given import day

WED = day("2026-11-25")
LATE = WED - timedelta(40)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    return Book(ledger)


def owing(book: Book, number: str, amount: int = 100, *, credit: int = 0, due: date = LATE) -> None:
    book.account(number)
    book.invoice(number, f"I-{number}", due, amount)
    if credit:
        book.invoice(number, f"C-{number}", LATE, -credit)


def run(book: Book, on: date = WED) -> int:
    return cash.open_tasks(book.ledger, at(on))


def tasks(book: Book, *, done: bool = False) -> list[tuple[int | None, str]]:
    query = select(Task).where(Task.done_at.is_not(None) if done else Task.done_at.is_(None))
    with book.ledger.reading() as session:
        return [(one.account_id, one.title) for one in session.scalars(query.order_by(Task.id))]


def test_a_task_for_the_rep_due_the_next_business_day(book: Book) -> None:
    owing(book, "HARBOR", 100, credit=120)
    assert run(book) == 1
    with book.ledger.reading() as session:
        task = session.scalars(select(Task)).one()
    assert (task.kind, task.owner_id, task.due_on) == ("apply cash", 1, day("2026-11-27")), "Thanksgiving"
    assert task.title == "Apply the 120.00 USD of HARBOR Inc.: it covers all that is asked"


def test_only_where_it_covers_all_that_is_asked(book: Book) -> None:
    owing(book, "COVERED", 100, credit=100)
    owing(book, "PARTLY", 100, credit=60)
    owing(book, "NEARLY", 100, credit=90)  # too little is left to ask for: no cash is needed for that
    owing(book, "WITHOUT", 100)
    owing(book, "NOT-DUE", 100, credit=100, due=WED + timedelta(5))
    owing(book, "DISPUTED", 100, credit=100)
    book.hold("I-DISPUTED", "dispute", LATE)
    owing(book, "THE-REST", 100, credit=60)
    book.hold("I-THE-REST", "dispute", LATE, amount=40)
    owing(book, "ABROAD", 100, credit=100)
    book.change(Invoice, Invoice.number == "C-ABROAD", currency="EUR")
    run(book)
    assert [id_ for id_, _ in tasks(book)] == [1, 7]


def test_the_same_again_opens_none_and_more_cash_none_either_while_it_is_open(book: Book) -> None:
    owing(book, "HARBOR", credit=100)
    assert (run(book), run(book)) == (1, 0)
    book.invoice("HARBOR", "C-2", LATE, -50)
    assert run(book) == 0


def test_once_ended_it_is_asked_again_only_if_a_newer_import_shows_it_still(book: Book) -> None:
    owing(book, "HARBOR", credit=100)
    book.imported(WED - timedelta(1))
    run(book)
    with book.ledger.writing() as session:
        finish(session, session.scalars(select(Task)).one(), by="ana", now=at(WED))
    assert run(book) == 0
    for days, opened in ((-1, 0), (1, 1)):
        book.change(Import, Import.id == 1, applied_at=at(WED + timedelta(days)))
        assert run(book) == opened


def test_it_ends_by_itself_once_it_is_so_no_more(book: Book) -> None:
    owing(book, "HARBOR", credit=100)
    run(book)
    book.pay("C-HARBOR")
    book.pay("I-HARBOR")
    assert run(book) == 1
    assert tasks(book) == []
    assert len(tasks(book, done=True)) == 1
    with book.ledger.reading() as session:
        entry = session.scalars(select(LogEntry)).one()
    assert (entry.what, entry.actor) == ("task done", "ledger")
    assert run(book) == 0


@pytest.mark.parametrize(("state", "stays"), [("pending", True), ("kept", False)])
def test_the_task_of_a_promise_whose_cash_waits_counts_and_stays(book: Book, state: str, stays: bool) -> None:
    owing(book, "HARBOR", credit=100)
    told = {
        "promised_on": WED,
        "due_on": WED,
        "grace_on": WED,
        "source": "call",
        "words": "",
        "taken_by": "ana",
    }
    book.add(Promise(account_id=1, amount_minor=1, currency="USD", state=state, created_at=at(WED), **told))
    task = {"kind": "apply cash", "title": "of a promise", "due_on": WED, "created_at": at(WED)}
    book.add(Task(key="apply cash:1", account_id=1, **task))
    assert run(book) == 0
    book.pay("C-HARBOR")
    run(book)
    assert bool(tasks(book)) == stays


def test_in_pieces_it_comes_to_the_same(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cash, "BOOKS_AT_ONCE", 2)
    monkeypatch.setattr(cash, "TASKS_AT_ONCE", 2)
    for n in range(5):
        owing(book, f"A{n}", credit=100)
    assert run(book) == 5
    for n in range(5):
        book.pay(f"C-A{n}")
    run(book)
    assert tasks(book) == []


def test_a_plan_opens_them(book: Book) -> None:
    owing(book, "HARBOR", credit=100)
    book.imported(WED)
    book.plan(WED)
    assert [id_ for id_, _ in tasks(book)] == [1]
    assert book.left_out("HARBOR")["call"] == "unapplied cash"
