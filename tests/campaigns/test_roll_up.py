"""A parent and its children are one customer: one row of the queue, one letter and one statement with a
section for each child; holds and promises stay on the child."""

import io
import re
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from outreach.campaigns.agreements import commitments
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.queue import queue
from outreach.intake.contact_loading import load_contacts
from outreach.intake.importing import import_file
from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Hold
from outreach.ledger.receivables import Account, Invoice
from outreach.mail.composing import Letterhead, compose, shipped
from outreach.mail.envelopes import envelopes
from outreach.mail.facts import Facts
from outreach.mail.gathering import gather
from outreach.mail.permission import permissions
from outreach.mail.statements import statement
from outreach.rules.policy import Organization
from tests.campaigns.book import POLICY, Book, at
from tests.hand_clock import HandClock

TUE = date(2026, 12, 15)
"""the day of the statements"""
CLOCK = HandClock(at(TUE, 15))
OPEN = """Customer ID,Customer name,Parent,Rep,Invoice number,Invoice date,Due date,Open amount
EAST,Harbor East,HARBOR,ana,E-1,2026-11-01,2026-12-06,700.00
WEST,Harbor West,HARBOR,ana,W-1,2026-11-01,2026-12-06,500.00
QUAY,Quay Foods,,ana,Q-1,2026-11-01,2026-12-06,900.00
"""
CONTACTS = """account,name,phone,email,timezone
HARBOR,Maria,+12125550101,ap@harbor.example,America/New_York
EAST,Eve,+12125550102,east@harbor.example,America/New_York
QUAY,Quinn,+12125550103,ap@quay.example,America/New_York
"""


@pytest.fixture
def book(ledger: Ledger, tmp_path: Path) -> Book:
    book = Book(ledger)
    bring(book, tmp_path)
    return book


def bring(book: Book, folder: Path) -> None:
    (folder / "open.csv").write_text(OPEN)
    (folder / "contacts.csv").write_text(CONTACTS)
    import_file(book.ledger, folder / "open.csv", clock=CLOCK, actor="op", as_of=TUE)
    load_contacts(book.ledger, folder / "contacts.csv", clock=CLOCK, actor="op", mapping=None)


def rows(book: Book) -> dict[str, str]:
    """Customer -> what is asked of them, in the order of the queue."""
    with book.ledger.reading() as session:
        document = queue(session, "ana", TUE, at(TUE, 15))
    assert document
    return {item["account"]: item["value"] for item in document["items"]}


def letters(book: Book) -> dict[str, Facts]:
    """Address -> the facts of the letter that leaves for it."""
    now = at(TUE, 21)
    with book.ledger.reading() as session:
        policy, touches = policies.in_force(session).policy, book.touches(TUE, "email")
        may = permissions(session, touches, now, policy)
        found = envelopes(session, touches, may).values()
        facts = gather(session, [one.occasion for one in found], TUE)
    return {one.address: one for one in facts}


def promise(book: Book, number: str, words: str = "on Friday") -> None:
    with book.ledger.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        policy = policies.in_force(session).policy
        account = session.scalars(select(Account).where(Account.number == "HARBOR")).one()
        told = Told(
            session=session,
            account_id=account.id,
            owner_id=account.rep_id,
            source="call",
            words=words,
            by="ana",
            on=TUE,
            now=at(TUE, 15),
            policy=policy,
        )
        commitments.promise(told, [invoice], date(2026, 12, 18), None)


def test_one_row_of_the_queue_for_the_customer(book: Book) -> None:
    book.plan(TUE)
    assert rows(book) == {"HARBOR": "1200.00", "QUAY": "900.00"}


def test_one_letter_with_a_section_for_each_child_and_one_statement(book: Book) -> None:
    book.plan(TUE)
    found = letters(book)
    assert set(found) == {"ap@harbor.example", "ap@quay.example"}
    harbor = found["ap@harbor.example"]
    assert [section.number for section in harbor.sections if section.lines] == ["EAST", "WEST"]
    we = Letterhead.of(organization(book))
    text = compose(harbor, we, shipped()).text
    assert "Harbor East" in text
    assert "Harbor West" in text
    pages = PdfReader(io.BytesIO(statement(harbor, we))).pages
    [page] = [page.extract_text() for page in pages]
    assert re.findall(r"(Harbor East|Harbor West), account (\w+), in USD", page) == [
        ("Harbor East", "EAST"),
        ("Harbor West", "WEST"),
    ]


def organization(book: Book) -> Organization:
    with book.ledger.reading() as session:
        return policies.in_force(session).policy.organization


def test_a_hold_on_one_child_leaves_the_other_asked(book: Book) -> None:
    book.hold("E-1", "dispute", TUE)
    book.plan(TUE)
    assert rows(book)["HARBOR"] == "500.00"
    assert book.left_out("EAST")["call"] == "held by dispute"
    assert book.left_out("WEST") == {}
    [call] = [touch for touch in book.touches(TUE, "call") if touch.value_minor == 50000]
    assert book.carried(call.id) == {"followup_5 W-1"}


def test_a_promise_that_is_made_for_one_child_holds_that_childs_invoice(book: Book) -> None:
    promise(book, "W-1")
    with book.ledger.reading() as session:
        query = select(Account.number).join(Hold, Hold.account_id == Account.id)
        assert session.scalars(query).all() == ["WEST"]
    book.plan(TUE)
    assert rows(book)["HARBOR"] == "700.00"
    assert book.left_out("WEST")["call"] == "held by promise"


def test_a_stop_on_one_child_stops_that_child_only(book: Book) -> None:
    book.change(Account, Account.number == "EAST", agency_on=TUE)
    book.plan(TUE)
    assert rows(book)["HARBOR"] == "500.00"
    sections = letters(book)["ap@harbor.example"].sections
    assert [one.number for one in sections if one.lines] == ["WEST"]


def test_with_the_roll_up_switched_off_each_is_a_customer_of_its_own(ledger: Ledger, tmp_path: Path) -> None:
    book = Book(ledger, POLICY + "roll_up = false\n")
    bring(book, tmp_path)
    book.plan(TUE)
    assert list(rows(book)) == ["QUAY", "EAST"], "WEST has no contact of its own"


def test_the_switch_applies_at_the_next_import_both_ways(book: Book, tmp_path: Path) -> None:
    def parents() -> int:
        with book.ledger.reading() as session:
            return len(session.scalars(select(Account.id).where(Account.parent_id.is_not(None))).all())

    assert parents() == 2
    for switch, count in (("roll_up = false\n", 0), ("", 2)):
        with book.ledger.writing() as session:
            policies.load(session, POLICY + switch, actor="test", why="switch", now=at(TUE))
        assert parents() == 2 - count
        bring(book, tmp_path)
        assert parents() == count
