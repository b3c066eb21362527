"""The gate's facts for calls and letters, each from the rows that make it so."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from outreach.ledger import policies, standing
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.standing import Dial
from outreach.ledger.stops import Stop
from outreach.ledger.touches import Touch
from outreach.rules.commitments import Cover
from outreach.rules.standing import Standing
from tests.campaigns.book import Book, at

DAY = date(2026, 12, 8)
YESTERDAY = DAY - timedelta(1)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    """One account with one invoice, called and written to today."""
    book = Book(ledger)
    book.imported(DAY)
    book.account("A")
    book.invoice("A", "I1", DAY - timedelta(9), 500)
    book.plan(DAY)
    return book


def call(book: Book, *, attempt_id: str | None = None, **how: Any) -> Standing:
    """What the gate knows of the firing that today's call carries."""
    with book.ledger.reading() as session:
        firings = session.scalars(select(Firing)).all()
        who = {"account_id": 1, "contact_id": 1, "destination_id": 1, "rep_id": 1} | how
        policy = policies.in_force(session).policy
        return standing.for_call(
            session, Dial(**who, firings=firings), at(DAY, 15), policy, attempt_id=attempt_id
        ).of[1]


def letter(book: Book) -> Standing:
    with book.ledger.reading() as session:
        touches = session.scalars(select(Touch).where(Touch.channel == "email")).all()
        found = standing.for_letters(session, touches, at(DAY, 15), policies.in_force(session).policy)
        return found[touches[0].id].of[1]


def rang(book: Book, day: date = DAY, outcome: str | None = "no_answer", **columns: Any) -> str:
    """An attempt that was made."""
    made = {"account_id": 1, "contact_id": 1, "destination_id": 1, "rep_id": 1, "step": "followup_5"}
    made |= {"id": new_id(), "day": day, "state": "ended", "outcome": outcome, "provider": "twilio"}
    row = CallAttempt(**made | {"requested_at": at(day), "moved_at": at(day)} | columns)
    return str(book.add(row))


def test_nothing_speaks_against_a_call_that_was_planned(book: Book) -> None:
    found = call(book)
    assert (found.cover, found.destination, found.total_open) == (Cover.ASKED, "+12125550001", 50000)
    assert (found.ledger_as_of, found.place.zones) == (DAY, ("America/New_York",))
    assert found.duty
    assert str(found.duty.hours) == "08:00-17:00"
    quiet = Standing()._asdict().keys() - {
        "cover",
        "destination",
        "total_open",
        "ledger_as_of",
        "place",
        "duty",
    }
    assert all(not getattr(found, name) for name in quiet)


@pytest.mark.parametrize(
    ("change", "fact", "value"),
    [
        (
            lambda book: book.add(Stop(scope="everything", why="x", set_by="s", set_at=at(DAY))),
            "kill_switch",
            True,
        ),
        (
            lambda book: book.add(Stop(scope="calls", why="storm", set_by="s", set_at=at(DAY))),
            "paused",
            "storm",
        ),
        (
            lambda book: book.add(Stop(scope="step:followup_5", why="wording", set_by="s", set_at=at(DAY))),
            "paused",
            "wording",
        ),
        (lambda book: book.change(Account, Account.id == 1, agency_on=DAY), "barred", "outside agency"),
        (
            lambda book: book.hold("I1", "promise", DAY, until=DAY + timedelta(2)),
            "covered_until",
            DAY + timedelta(2),
        ),
        (lambda book: book.hold("I1", "dispute", DAY), "cover", Cover.DISPUTE),
        (lambda book: book.pay("I1"), "cover", Cover.NOTHING),
        (lambda book: book.change(Contact, Contact.id == 1, do_not_call=True), "opted_out", True),
        (
            lambda book: book.change(Destination, Destination.id == 1, bad_at=at(DAY), bad_why="fax"),
            "bad",
            "fax",
        ),
        (
            lambda book: book.change(
                Destination, Destination.id == 1, suppressed_at=at(DAY), suppressed_why="no"
            ),
            "suppressed",
            "no",
        ),
        (lambda book: rang(book, outcome=None, state="accepted"), "attempt", "live"),
        (lambda book: rang(book, outcome=None, state="unknown"), "attempt", "in doubt"),
        (lambda book: rang(book), "rang", (DAY,)),
        (lambda book: rang(book), "rang_account", (DAY,)),
        (lambda book: rang(book, outcome="busy", counts=False), "rang_account", ()),
        (lambda book: rang(book, DAY - timedelta(6)), "rang", (DAY - timedelta(6),)),
        (lambda book: rang(book, DAY - timedelta(7)), "rang", ()),
        (lambda book: rang(book, outcome="failed", counts=False), "rang", ()),
        (lambda book: rang(book, outcome="busy", counts=False), "busy_today", 1),
        (lambda book: rang(book, outcome="voicemail_left"), "reached_contact_today", 1),
        (lambda book: rang(book, outcome="voicemail_left", contact_id=None), "reached_account_today", 1),
        (lambda book: rang(book, YESTERDAY, "answered_human"), "conversation_on", YESTERDAY),
        (
            lambda book: rang(book, YESTERDAY, "answered_human", disposition="wrong_number"),
            "conversation_on",
            None,
        ),
        (lambda book: rang(book, outcome="answered_human", disposition="refused"), "spoken_today", True),
        (
            lambda book: rang(book, outcome="answered_human", disposition="left_message"),
            "spoken_today",
            False,
        ),
        (lambda book: rang(book), "rep_attempts_today", 1),
        (
            lambda book: book.add(
                Firing(
                    account_id=1,
                    step="reply_waiting",
                    subject="m",
                    cycle="m",
                    fired_on=DAY,
                    raw_on=DAY,
                    touch_on=DAY,
                    created_at=at(DAY),
                )
            ),
            "reply_waiting",
            True,
        ),
    ],
)
def test_each_fact_comes_from_its_row(book: Book, change: Any, fact: str, value: Any) -> None:
    change(book)
    assert getattr(call(book), fact) == value


def test_the_attempt_that_asks_is_not_in_its_own_way(book: Book) -> None:
    asking = rang(book, outcome=None, state="sending")
    found = call(book, attempt_id=asking)
    assert (found.attempt, found.rang, found.rep_attempts_today) == ("", (), 0)


def test_caps_hold_for_the_number_over_all_accounts(book: Book) -> None:
    book.account("B")
    rang(book, account_id=2, contact_id=2, outcome="voicemail_left")
    found = call(book)
    assert (found.rang, found.reached_contact_today) == ((DAY,), 1)
    assert (found.rang_account, found.reached_account_today) == ((), 0)


@pytest.fixture
def family(ledger: Ledger) -> Book:
    """A child with one invoice, of which its parent is called and written to today."""
    book = Book(ledger)
    book.imported(DAY)
    book.account("P")
    book.account("C", parent="P", phone=None, email=None)
    book.invoice("C", "I1", DAY - timedelta(9), 500)
    book.plan(DAY)
    return book


def test_a_call_to_the_customer_counts_for_the_account_it_was_about(family: Book) -> None:
    rang(family, YESTERDAY, "answered_human", contact_id=None)
    rang(family, outcome="voicemail_left", contact_id=None)
    found = call(family)
    assert (found.conversation_on, found.reached_account_today) == (YESTERDAY, 1)
    assert found.rang_account == (YESTERDAY, DAY)


def test_a_closing_word_of_the_customer_speaks_to_a_letter_about_its_child(family: Book) -> None:
    assert letter(family).spoken_today is False
    rang(family, outcome="answered_human", disposition="refused")
    assert letter(family).spoken_today is True


def test_a_number_that_is_nobodys_here_is_not_allowed(book: Book) -> None:
    book.account("B")
    strangers = call(book, contact_id=2, destination_id=3)
    assert strangers.not_allowed == "+12125550002 belongs to no contact of this account."
    book.change(Contact, Contact.id == 1, left_on=DAY)
    assert "belongs to no contact" in call(book).not_allowed


def test_the_policy_of_now_judges_the_number_not_the_one_of_the_import(book: Book) -> None:
    book.change(Destination, Destination.id == 1, address="+442071838750", not_allowed=None)
    assert "allowed are US, CA" in call(book).not_allowed


def test_a_rep_has_hours_of_their_own(book: Book) -> None:
    book.change(User, User.id == 1, hours="10:00-15:00", timezone="America/Denver")
    duty = call(book).duty
    assert duty
    assert (str(duty.hours), duty.zone.key) == ("10:00-15:00", "America/Denver")
    assert call(book, rep_id=None).duty is None


@pytest.mark.parametrize(
    ("letters", "fact", "value"),
    [
        ([{"state": "delivered"}], "automatic_on", DAY),
        ([{"state": "delivered", "day": YESTERDAY}, {"state": "accepted"}], "automatic_on", DAY),
        ([{"state": "delivered", "automatic": False}], "automatic_on", None),
        ([{"state": "refused"}], "automatic_on", None),
        ([{"state": "sending"}], "attempt", "live"),
        ([{"state": "unknown"}], "attempt", "in doubt"),
        ([{"state": "delivered"}], "attempt", ""),
    ],
)
def test_letters_that_went_before(book: Book, letters: list[dict[str, Any]], fact: str, value: Any) -> None:
    for columns in letters:
        sent = {
            "account_id": 1,
            "destination_id": 2,
            "day": DAY,
            "step": "followup_5",
            "provider": "sendgrid",
        }
        book.add(Letter(**sent | {"id": new_id(), "created_at": at(DAY), "covers": [1]} | columns))
    assert getattr(letter(book), fact) == value


def test_a_letter_has_its_address_and_its_last_dunning(book: Book) -> None:
    book.change(Destination, Destination.id == 2, mailed_on=YESTERDAY)
    found = letter(book)
    assert (found.destination, found.dunned_on, found.duty) == ("ap@a.example", YESTERDAY, None)


def test_a_closing_word_today_speaks_to_the_letter(book: Book) -> None:
    assert letter(book).spoken_today is False
    rang(book, outcome="answered_human", disposition="refused")
    assert letter(book).spoken_today is True


def test_many_letters_take_as_many_statements_as_few(ledger: Ledger) -> None:
    book = Book(ledger)
    book.imported(DAY)
    for n in range(8):
        book.account(f"A{n}")
        book.invoice(f"A{n}", f"I{n}", DAY - timedelta(9), 500)
        book.hold(f"I{n}", "dispute", DAY, amount=100)
    book.plan(DAY)
    assert _statements(book, 2) == _statements(book, 8)


def _statements(book: Book, letters: int) -> int:
    """How many statements the facts of so many letters take."""
    said: list[str] = []
    with book.ledger.reading() as session:
        query = select(Touch).where(Touch.channel == "email").order_by(Touch.id).limit(letters)
        touches = session.scalars(query).all()
        policy = policies.in_force(session).policy
        engine = book.ledger.engine
        listening = (engine, "before_cursor_execute", lambda *about: said.append(about[2]))
        event.listen(*listening)
        assert len(standing.for_letters(session, touches, at(DAY, 15), policy)) == letters
        event.remove(*listening)
    return len(said)
