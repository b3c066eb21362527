"""A reply that waits stops dunning letters to its customer, until a person has answered it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.campaigns.conversations import answering
from outreach.campaigns.conversations.wrapup import WrapUp, save
from outreach.dialer.clicks import Requested
from outreach.ledger import policies, replies
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.replies import Reply
from outreach.mail import answers
from outreach.rules.outcomes import Disposition
from tests.campaigns.book import Book, at
from tests.dialer.centre import HARBOR, Desk, desk
from tests.web.cast import NOW, TODAY
from tests.web.reply_rows import keep_reply

MON, TUE = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def staffed(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Desk]:
    with desk(ledger, redis_url, tmp_path) as found:
        yield found


def wrote(book: Book, files: Path, account: str) -> str:
    with book.ledger.writing() as session:
        return keep_reply(session, files, account_id=None, sender=f"ap@{account.lower()}.example")


def handled(ledger: Ledger, reply_id: str) -> None:
    with ledger.writing() as session:
        reply, policy = session.get_one(Reply, reply_id), policies.in_force(session).policy
        answering.handled(answering.begin(session, reply, by="ana", now=at(MON, 20), policy=policy))


def letters(book: Book, day: date) -> int:
    return len(book.touches(day, "email"))


def test_no_plan_writes_to_who_waits_for_an_answer(book: Book, tmp_path: Path) -> None:
    book.account("LATE")
    book.invoice("LATE", "L-1", MON - timedelta(days=6), 900)
    book.imported(MON)
    reply_id = wrote(book, tmp_path, "LATE")
    book.plan(MON)
    assert letters(book, MON) == 0
    assert book.firings()[("followup_5", "L-1")].email_rule == "reply waiting"
    assert book.called(MON) == ["LATE"], "they are called: that answers them"
    handled(book.ledger, reply_id)
    book.imported(TUE)
    book.plan(TUE)
    assert letters(book, TUE) == 1


def test_a_child_speaks_for_its_family(book: Book, tmp_path: Path) -> None:
    book.account("PARENT")
    book.account("CHILD", parent="PARENT")
    book.account("OTHER", parent="PARENT")
    book.invoice("OTHER", "O-1", MON - timedelta(days=6), 900)
    book.imported(MON)
    wrote(book, tmp_path, "CHILD")
    book.plan(MON)
    assert letters(book, MON) == 0
    assert book.firings()[("followup_5", "O-1")].email_rule == "reply waiting"


def test_the_handled_reply_takes_its_call_back(book: Book, tmp_path: Path) -> None:
    book.account("CALM")
    book.imported(MON)
    reply_id = wrote(book, tmp_path, "CALM")
    (touch,) = book.touches(channel="call")
    handled(book.ledger, reply_id)
    assert [(one.id, one.state, one.reason) for one in book.touches(channel="call")] == [
        (touch.id, "skipped", "reply handled")
    ]
    assert book.firings()[("reply_waiting", reply_id)].state == "done"


def test_a_call_answers_what_they_wrote(staffed: Desk, tmp_path: Path) -> None:
    with staffed.ledger.writing() as session:
        reply_id = keep_reply(session, tmp_path, account_id=HARBOR)
    made = staffed.click(HARBOR, "ana")
    assert isinstance(made, Requested), made
    with staffed.ledger.writing() as session:
        attempt = session.get_one(CallAttempt, made.attempt_id)
        attempt.state, attempt.bridging_at = "bridging", staffed.clock.now()
    save(staffed.ledger, staffed.clock, made.attempt_id, WrapUp(disposition=Disposition.REFUSED), by="ana")
    (reply,) = staffed.rows(Reply)
    assert (reply.id, reply.ended_by, reply.ended_how) == (reply_id, "ana", "call")


def test_a_letter_by_hand_answers_what_had_come_by_then(staffed: Desk, tmp_path: Path) -> None:
    with staffed.ledger.writing() as session:
        before = keep_reply(session, tmp_path, account_id=HARBOR)
        letter = Letter(
            id="a" * 15,
            account_id=HARBOR,
            covers={str(HARBOR): []},
            destination_id=2 * HARBOR,
            day=TODAY,
            step="confirmation",
            automatic=False,
            actor="ana",
            provider="sendgrid",
            created_at=NOW,
        )
        session.add(letter)
        session.flush()
        answers.accept(session, [letter], now=NOW)
    with staffed.ledger.reading() as session:
        assert session.get_one(Reply, before).ended_how == "letter"
        assert session.scalars(select(Firing.state).where(Firing.subject == before)).one() == "done"
        assert replies.customers(session) == set()
