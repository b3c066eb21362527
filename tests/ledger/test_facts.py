"""The fold beside the same sums worked out invoice by invoice, and what covers what."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from outreach.ledger import facts
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Hold
from outreach.ledger.covers import Covers
from outreach.ledger.facts import Span
from outreach.ledger.receivables import Account, Invoice
from outreach.rules.commitments import Cover
from outreach.rules.plan_day import Balance, PlanDay
from outreach.rules.steps import FINAL_OVERDUE, OVERDUE_31, STATEMENT
from tests.campaigns.book import Book

DAY = date(2026, 12, 8)
EVERYBODY = Span(0, 1_000_000)


def due(days: int) -> date:
    return DAY - timedelta(days)


@pytest.fixture
def day(book: Book) -> PlanDay:
    with book.ledger.reading() as session:
        from outreach.ledger import policies

        return facts.plan_day(session, DAY, policies.in_force(session).policy)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    return Book(ledger)


def balances(book: Book, day: PlanDay, **how: bool) -> list[Balance]:
    with book.ledger.reading() as session:
        found = facts.books(session, EVERYBODY, day, **how)
    return [balance for some in found.balances.values() for balance in some]


def test_an_account_with_nothing_past_due_has_no_balance(book: Book, day: PlanDay) -> None:
    book.account("A")
    book.invoice("A", "I1", due(0))
    assert balances(book, day) == []
    (whole,) = balances(book, day, everything=True)
    assert (whole.total_open, whole.open_invoices, whole.past_due) == (100000, 1, 0)


def test_each_sum_has_its_own_first_day(book: Book, day: PlanDay) -> None:
    book.account("A")
    for days, amount in ((1, 1), (31, 10), (32, 100)):
        book.invoice("A", f"I{days}", due(days), amount)
        book.invoice("A", f"F{days}", due(days), amount * 1000, kind="final")
    (found,) = balances(book, day)
    assert (found.past_due, found.over_31, found.final_past_due) == (111_111_00, 100_100_00, 111_000_00)
    assert found.oldest_due == due(32)


def test_months_of_mrr_are_counted_once_each(book: Book, day: PlanDay) -> None:
    book.account("A")
    for number, days, month in (("M1", 40, 10), ("M2", 39, 10), ("M3", 9, 11), ("M4", -3, 12)):
        book.invoice("A", number, due(days), kind="mrr", service_month=date(2026, month, 1))
    (found,) = balances(book, day)
    assert (found.mrr_months, found.mrr_oldest_due, found.mrr_asked) == (2, due(40), 300000)


def test_currencies_are_kept_apart(book: Book, day: PlanDay) -> None:
    book.account("A")
    book.invoice("A", "I1", due(9), 100)
    book.invoice("A", "I2", due(9), 200, currency="EUR")
    assert [(one.currency, one.asked) for one in balances(book, day)] == [("EUR", 20000), ("USD", 10000)]


def test_holds_and_credits_come_off_what_is_asked(book: Book, day: PlanDay) -> None:
    book.account("A")
    book.invoice("A", "OLD", due(40), 300)
    book.invoice("A", "NEW", due(9), 500)
    book.invoice("A", "CR", due(2), -100)
    book.hold("NEW", "dispute", due(3), amount=200)
    (found,) = balances(book, day)
    assert (found.past_due, found.asked, found.asked_over_31) == (80000, 50000, 20000)
    assert found.held.disputed == 20000


@pytest.mark.parametrize(
    ("since", "until", "ended", "holds"),
    [
        (0, None, None, True),
        (-1, None, None, False),
        (3, 0, None, True),
        (3, 1, None, False),
        (3, None, 1, False),
    ],
)
def test_a_hold_holds_from_its_first_to_its_last_day(
    book: Book, day: PlanDay, since: int, until: int | None, ended: int | None, holds: bool
) -> None:
    book.account("A")
    book.invoice("A", "I1", due(9))
    hold = book.hold("I1", "promise", due(since), until=None if until is None else due(until))
    if ended is not None:
        book.change(Hold, Hold.id == hold, ended_on=due(ended))
    (found,) = balances(book, day)
    assert (found.asked == 0) is holds


invoices = st.tuples(
    st.integers(-40, 200),  # days past due
    st.integers(1, 500),
    st.sampled_from(["standard", "mrr", "final"]),
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from([None, None, None, "dispute", "promise", "paid"]),
)


@given(rows=st.lists(invoices, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_fold_is_the_sum_of_its_invoices(
    book: Book, day: PlanDay, rows: list[tuple[int, int, str, str, str | None]]
) -> None:
    with book.ledger.writing() as session:
        for table in (Hold, Invoice, Account):
            session.execute(delete(table))
    book.account("A", phone=None, email=None)
    for n, (days, amount, kind, currency, hold) in enumerate(rows):
        month = due(days).replace(day=1) if kind == "mrr" else None
        book.invoice("A", f"I{n}", due(days), amount, kind=kind, currency=currency, service_month=month)
        if hold:
            book.hold(f"I{n}", hold, due(1))
    for found in balances(book, day):
        mine = [
            (days, amount * 100, kind, hold)
            for days, amount, kind, currency, hold in rows
            if currency == found.currency and days > 0
        ]
        free = [(days, amount, kind) for days, amount, kind, hold in mine if not hold]
        assert found.past_due == sum(amount for _, amount, _, _ in mine)
        assert found.over_31 == sum(amount for days, amount, _, _ in mine if days > 31)
        assert found.asked == sum(amount for _, amount, _ in free)
        assert found.asked_over_31 == sum(amount for days, amount, _ in free if days > 31)
        assert found.final_asked == sum(amount for _, amount, kind in free if kind == "final")
        assert found.mrr_asked == sum(amount for _, amount, kind in free if kind == "mrr")
        assert found.oldest_due == (due(max(days for days, _, _ in free)) if free else None)
        assert sum(found.held) == sum(amount for _, amount, _, hold in mine if hold)


def test_only_invoices_below_their_rung_may_climb(book: Book, day: PlanDay) -> None:
    book.account("A")
    for number, days, ladder in (
        ("I4", 4, 0),
        ("I5", 5, 0),
        ("SAID", 9, 3),
        ("UP", 16, 3),
        ("TOP", 60, 5),
        ("OLD", 60, 4),
    ):
        book.invoice("A", number, due(days), ladder=ladder)
    book.account("B")
    book.invoice("B", "B1", due(3))
    with book.ledger.reading() as session:
        found = facts.books(session, EVERYBODY, day)
        climbing = facts.climbing(session, found.climbing, day)
    assert {id_: [one.number for one in some] for id_, some in climbing.items()} == {1: ["OLD", "UP", "I5"]}


def covers(book: Book, day: PlanDay) -> Covers:
    with book.ledger.reading() as session:
        return Covers(1, facts.books(session, EVERYBODY, day), day)


def test_an_invoice_is_covered_by_its_own_hold_else_by_its_accounts(book: Book, day: PlanDay) -> None:
    book.account("A")
    free, held = (book.invoice("A", number, due(9)) for number in ("FREE", "HELD"))
    book.hold("HELD", "dispute", due(3))
    book.hold("HELD", "promise", due(3), until=due(-2))
    with book.ledger.reading() as session:
        rows = facts.invoices(session, [free, held])
    found = covers(book, day)
    assert (found.of(FINAL_OVERDUE, rows[free]), found.until(rows[free])) == (Cover.ASKED, due(-2))
    assert (found.of(FINAL_OVERDUE, rows[held]), found.until(rows[held])) == (Cover.DISPUTE, due(-2))


def cases() -> Iterator[tuple[str, Cover]]:
    yield "dispute", Cover.DISPUTE
    yield "promise", Cover.PROMISE
    yield "plan", Cover.PLAN
    yield "issue", Cover.ISSUE
    yield "paid", Cover.CLAIM


@pytest.mark.parametrize(("kind", "cover"), list(cases()))
def test_a_weekly_step_is_covered_by_what_holds_all_of_it(
    book: Book, day: PlanDay, kind: str, cover: Cover
) -> None:
    book.account("A")
    book.invoice("A", "I1", due(40))
    assert covers(book, day).of(OVERDUE_31, None) is Cover.ASKED
    book.hold("I1", kind, due(3))
    assert covers(book, day).of(OVERDUE_31, None) is cover


def test_what_is_in_one_currency_asked_is_asked(book: Book, day: PlanDay) -> None:
    book.account("A")
    book.invoice("A", "I1", due(40))
    book.hold("I1", "dispute", due(3))
    assert covers(book, day).of(STATEMENT, None) is Cover.DISPUTE
    book.invoice("A", "I2", due(40), currency="EUR")
    assert covers(book, day).of(STATEMENT, None) is Cover.ASKED
