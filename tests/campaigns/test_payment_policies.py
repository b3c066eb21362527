"""How they pay is written down, and a call before the cut-off comes first in its tier."""

from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements.payment_policies import HowTheyPay, put
from outreach.ledger.log import LogEntry
from outreach.ledger.naming import Unclear
from outreach.ledger.payment_policies import PaymentPolicy, before_cut_off
from outreach.ledger.receivables import Invoice
from outreach.rules.pay_runs import PayRuns
from tests.campaigns.book import Book, at
from tests.rules.given import POLICY, day

MON, TUE = day("2026-12-07"), day("2026-12-08")
CALENDAR = POLICY.business_days
THURSDAYS = HowTheyPay(runs=PayRuns.parse("thu"))


def tell(book: Book, account: str, how: HowTheyPay = THURSDAYS, by: str = "ana") -> None:
    with book.ledger.writing() as session:
        put(session, account, how, by=by, now=at(MON))


def late(book: Book, number: str, amount: int, *, days: int = 9, **account: Any) -> None:
    book.account(number, **account)
    book.invoice(number, f"I-{number}", TUE - timedelta(days), amount)


def test_the_newest_word_stands_and_the_log_keeps_both(book: Book) -> None:
    book.account("HARBOR")
    tell(book, "HARBOR")
    more = {"terms_days": 45, "portal": "https://portal.example/harbor"}
    tell(book, "HARBOR", HowTheyPay(runs=PayRuns.parse("15,31", 2, time(17)), **more))  # type: ignore[arg-type]
    with book.ledger.reading() as session:
        row = session.scalars(select(PaymentPolicy)).one()
        told = session.scalars(select(LogEntry.what)).all()
    assert (row.pay_runs, row.terms_days) == (PayRuns.parse("15,31", 2, time(17)), 45)
    assert told == ["payment policy set"] * 2


@pytest.mark.parametrize(
    ("account", "how", "by", "why"),
    [
        ("NOBODY", THURSDAYS, "ana", "no account NOBODY"),
        ("HARBOR", THURSDAYS, "zoe", "zoe does not work here"),
        ("HARBOR", HowTheyPay(runs=THURSDAYS.runs, portal="http://portal.example"), "ana", "https"),
        ("HARBOR", HowTheyPay(runs=THURSDAYS.runs, portal="https://a:b@portal.example"), "ana", "password"),
        ("HARBOR", HowTheyPay(runs=THURSDAYS.runs, portal="javascript:alert(1)"), "ana", "https"),
        ("HARBOR", HowTheyPay(runs=THURSDAYS.runs, portal="https://[portal"), "ana", "https"),
    ],
)
def test_what_cannot_be_written_down(book: Book, account: str, how: HowTheyPay, by: str, why: str) -> None:
    book.account("HARBOR")
    with pytest.raises(Unclear, match=why):
        tell(book, account, how, by)


def test_longer_terms_than_the_invoices_are_those_they_keep(book: Book) -> None:
    book.account("HARBOR")
    book.invoice("HARBOR", "I-1", day("2026-12-01"), invoiced_on=day("2026-11-01"))
    tell(book, "HARBOR", HowTheyPay(runs=THURSDAYS.runs, terms_days=45))
    with book.ledger.reading() as session:
        row, invoice = session.get_one(PaymentPolicy, 1), session.scalars(select(Invoice)).one()
    assert row.expected_on(invoice, MON, CALENDAR) == day("2026-12-17"), "the first Thursday after Dec 16"


def test_a_call_before_the_cut_off_comes_first_in_its_tier_and_says_why(book: Book) -> None:
    book.imported(MON)
    late(book, "DEAR", 900)
    late(book, "CHEAP", 100)
    late(book, "OLDER", 50, days=16)
    tell(book, "CHEAP")
    book.plan(TUE)
    assert book.called(TUE) == ["OLDER", "CHEAP", "DEAR"]
    reasons = {touch.account_id: touch.reasons for touch in book.touches(TUE, "call")}
    assert reasons[2][-1] == "pay run Thursday, cut-off Wednesday noon"
    assert len(reasons[1]) == 1


def test_on_another_day_it_comes_where_its_value_puts_it(book: Book) -> None:
    book.imported(MON)
    late(book, "DEAR", 900)
    late(book, "CHEAP", 100)
    tell(book, "CHEAP")
    book.plan(MON)
    assert book.called(MON) == ["DEAR", "CHEAP"]


def test_a_childs_pay_run_counts_for_the_parent_that_is_called(book: Book) -> None:
    book.account("GROUP")
    late(book, "CHILD", 100, parent="GROUP", phone=None, email=None)
    late(book, "DEAR", 900)
    tell(book, "CHILD")
    book.imported(MON)
    book.plan(TUE)
    assert book.called(TUE) == ["GROUP", "DEAR"]


def test_only_the_accounts_that_are_asked_for(book: Book) -> None:
    for number in ("A", "B", "C"):
        book.account(number)
    tell(book, "A")
    tell(book, "B")
    tell(book, "C", HowTheyPay(runs=PayRuns.parse("mon")))
    with book.ledger.reading() as session:
        assert before_cut_off(session, [2, 3], TUE, CALENDAR).keys() == {2}
        assert before_cut_off(session, None, TUE, CALENDAR).keys() == {1, 2}
