"""A rep's queue as `outreach queue --json` tells it."""

from datetime import date, timedelta
from typing import Any

import pytest

from outreach.campaigns.queue import queue
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.receivables import Account
from tests.campaigns.book import Book, at

MON, TUE = date(2026, 12, 7), date(2026, 12, 8)


@pytest.fixture
def planned(book: Book) -> Book:
    book.imported(MON)
    book.account("A", timezone="America/Denver")
    book.invoice("A", "I1", MON - timedelta(17), 1200)
    book.account("B")
    book.invoice("B", "I2", MON - timedelta(9), 300)
    book.account("MUTE", phone=None)
    book.invoice("MUTE", "I3", MON - timedelta(9))
    book.plan(MON)
    return book


def ask(book: Book, login: str = "ana", day: date = MON) -> dict[str, Any]:
    with book.ledger.reading() as session:
        document = queue(session, login, day, at(day, 15))
    assert document is not None
    return document


def test_an_item_has_all_that_a_call_needs(planned: Book) -> None:
    document = ask(planned)
    assert (document["rep"], document["date"], document["target"]) == ("ana", "2026-12-07", 75)
    first, second = document["items"]
    assert first == {
        "rank": 1,
        "account": "A",
        "name": "A Inc.",
        "tier": 6,
        "steps": ["followup_15"],
        "reasons": ["I1 is 17 days past due, 1,200.00 USD"],
        "value": "1200.00",
        "currency": "USD",
        "contact": "Payables",
        "phone": "+12125550001",
        "extension": None,
        "callable_from": "2026-12-07T08:00:00-07:00",
        "callable_until": "2026-12-07T15:00:00-07:00",
        "blocked": None,
        "blocked_words": None,
    }
    assert (second["rank"], second["account"]) == (2, "B")


def test_the_hours_are_told_by_the_clock_of_the_contacts_state(planned: Book) -> None:
    planned.change(Contact, Contact.id == 1, timezone=None, country="US", state="CA")
    planned.change(Destination, Destination.id == 1, zones="America/New_York")
    assert ask(planned)["items"][0]["callable_from"] == "2026-12-07T07:00:00-08:00"


def test_a_reason_goes_with_what_it_is_about(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    for number, days in (("PAID", 20), ("OWED", 9), ("FIN", 2)):
        book.invoice("A", number, MON - timedelta(days), kind="final" if number == "FIN" else "standard")
    book.plan(MON)
    assert len(ask(book)["items"][0]["reasons"]) == 3
    book.pay("PAID")
    book.pay("FIN")
    book.plan(MON)
    (item,) = ask(book)["items"]
    assert item["reasons"] == ["OWED is 9 days past due, 1,000.00 USD"]


def test_who_had_a_reason_and_cannot_be_called_is_left_out(planned: Book) -> None:
    assert ask(planned)["left_out"] == [{"account": "MUTE", "why": "no number"}]


@pytest.mark.parametrize(
    ("between", "rule"),
    [
        (lambda book: book.hold("I1", "promise", MON, until=TUE), "held by promise"),
        (lambda book: book.pay("I1"), "nothing asked"),
        (
            lambda book: book.change(
                Destination, Destination.id == 1, suppressed_at=at(MON), suppressed_why="they asked"
            ),
            "suppressed",
        ),
        (lambda book: book.change(Contact, Contact.id == 1, do_not_call=True), "do not call"),
        (lambda book: book.change(Account, Account.number == "A", insolvent_on=MON), "insolvency"),
    ],
)
def test_what_came_between_blocks_the_call_and_says_why(planned: Book, between: Any, rule: str) -> None:
    between(planned)
    first = ask(planned)["items"][0]
    assert (first["account"], first["blocked"]) == ("A", rule)
    assert first["blocked_words"]


def test_a_call_made_is_no_item_any_more(planned: Book) -> None:
    planned.end(planned.touches(MON, "call")[0], MON, closes=True)
    assert [one["account"] for one in ask(planned)["items"]] == ["B"]


def test_who_covers_sees_the_calls_and_who_is_left_out(book: Book) -> None:
    ben = book.rep("ben")
    book.rep("cay", active=False, cover_id=ben)
    book.imported(MON)
    for number, phone in (("A", ""), ("MUTE", None)):
        book.account(number, rep="cay", phone=phone)
        book.invoice(number, f"I-{number}", MON - timedelta(9))
    book.plan(MON)
    document = ask(book, "ben")
    assert [one["account"] for one in document["items"]] == ["A"]
    assert document["left_out"] == [{"account": "MUTE", "why": "no number"}]


def test_nobody_has_that_login(book: Book) -> None:
    with book.ledger.reading() as session:
        assert queue(session, "nobody", MON, at(MON)) is None
