"""Action plans: for what is late enough, one an account, and as far as what was applied since."""

from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import action_plans as campaign
from outreach.campaigns.agreements.action_plans import Beginning
from outreach.ledger import action_plans
from outreach.ledger.action_plans import Progress
from outreach.ledger.base import Ledger
from outreach.ledger.log import LogEntry
from outreach.ledger.naming import Unclear
from outreach.ledger.receivables import Application, Invoice
from outreach.ledger.tasks import Task
from tests.campaigns.book import Book, at
from tests.rules.given import POLICY, day

TODAY = day("2026-11-23")
NOW = at(TODAY, 15)
DUE = day("2026-12-18")


@pytest.fixture
def book(ledger: Ledger) -> Book:
    book = Book(ledger)
    book.account("HARBOR")
    book.account("QUAY")
    book.invoice("HARBOR", "OLD-1", day("2026-09-01"), 300)
    book.invoice("HARBOR", "OLD-2", day("2026-10-22"), 100)
    book.invoice("HARBOR", "YOUNG", day("2026-10-23"), 50)
    book.invoice("QUAY", "Q-1", day("2026-10-23"), 50)
    return book


def begin(book: Book, account: str = "HARBOR", **it: Any) -> int:
    with book.ledger.writing() as session:
        beginning = Beginning(account=account, **{"owner": "ana", "due_on": DUE, **it})
        return campaign.begin(session, beginning, POLICY, by="ana", now=NOW).id


def stand(book: Book) -> Progress:
    with book.ledger.reading() as session:
        [found] = action_plans.progress(session)
        return found


def paid(book: Book, number: str, amount: int, *, hours: int = 1, dated: str = "2026-11-23") -> None:
    with book.ledger.reading() as session:
        invoice_id = session.scalars(select(Invoice.id).where(Invoice.number == number)).one()
    row = {"invoice_id": invoice_id, "amount_minor": amount * 100, "kind": "payment", "dated_on": day(dated)}
    book.add(Application(**row, recorded_at=at(TODAY, 15 + hours)))


def open_tasks(book: Book) -> list[str]:
    with book.ledger.reading() as session:
        found = select(Task.title).where(Task.done_at.is_(None)).order_by(Task.id)
        return list(session.scalars(found))


def test_a_plan_is_about_what_is_more_than_31_days_past_due(book: Book) -> None:
    begin(book)
    it = stand(book)
    assert it.invoices == ["OLD-1", "OLD-2"], "32 days, and not 31"
    assert (it.plan.amount_minor, it.plan.currency, it.owner, it.share) == (40000, "USD", "ana", 0.0)
    with book.ledger.reading() as session:
        entry = session.scalars(select(LogEntry)).one()
    assert (entry.what, entry.invoices, entry.follow_up_on) == ("action plan opened", ["OLD-1", "OLD-2"], DUE)


def test_progress_is_what_was_applied_since_it_began(book: Book) -> None:
    paid(book, "OLD-1", 5, hours=-1)
    begin(book)
    paid(book, "OLD-1", 80, dated="2026-11-20")
    paid(book, "OLD-2", 40)
    paid(book, "YOUNG", 50)
    assert (stand(book).applied_minor, stand(book).share) == (12000, 0.3)
    paid(book, "OLD-2", -40, hours=2)
    assert stand(book).share == 0.2
    paid(book, "OLD-1", 900, hours=3)
    assert stand(book).share == 1.0


def test_invoices_may_be_named(book: Book) -> None:
    begin(book, invoices=["YOUNG", "OLD-2"])
    assert stand(book).invoices == ["OLD-2", "YOUNG"]


@pytest.mark.parametrize(
    ("it", "why"),
    [
        ({"account": "QUAY"}, "nothing of QUAY is more than 31 days"),
        ({"owner": "zoe"}, "zoe does not work here"),
        ({"due_on": day("2026-11-22")}, "has passed"),
        ({"invoices": ["Q-1"]}, "no invoice Q-1"),
        ({"invoices": ["EUR-1", "OLD-1"]}, "several currencies"),
        ({"invoices": ["GONE"]}, "is not open"),
    ],
)
def test_what_no_plan_can_be_made_of(book: Book, it: dict[str, Any], why: str) -> None:
    book.invoice("HARBOR", "EUR-1", day("2026-11-20"), 1, currency="EUR")
    book.invoice("HARBOR", "GONE", day("2026-09-01"), 1)
    book.pay("GONE")
    with pytest.raises(Unclear, match=why):
        begin(book, **it)


def test_an_account_has_one_plan_at_a_time(book: Book) -> None:
    first = begin(book)
    with pytest.raises(Unclear, match="has an action plan already"):
        begin(book)
    with book.ledger.writing() as session:
        campaign.close(session, first, by="ana", why="paid", now=NOW)
    assert begin(book) != first


def test_a_step_is_a_task_until_it_is_done_or_the_plan_is_over(book: Book) -> None:
    plan = begin(book)
    with book.ledger.writing() as session:
        for what in ("Call their controller", "Send the contract", "Visit"):
            campaign.add_step(session, plan, what, TODAY, POLICY, by="ana", now=NOW)
        campaign.finish_step(session, plan, 2, by="ana", now=NOW)
    assert open_tasks(book) == ["Call their controller", "Visit"]
    assert [(step.n, bool(step.done_at)) for step in stand(book).steps] == [(1, False), (2, True), (3, False)]
    with book.ledger.writing() as session, pytest.raises(Unclear, match="no open step 2"):
        campaign.finish_step(session, plan, 2, by="ana", now=NOW)
    with book.ledger.writing() as session:
        campaign.close(session, plan, by="ana", why="paid", now=NOW)
    assert open_tasks(book) == []
    with book.ledger.writing() as session, pytest.raises(Unclear, match="no open action plan"):
        campaign.add_step(session, plan, "More", TODAY, POLICY, by="ana", now=NOW)
