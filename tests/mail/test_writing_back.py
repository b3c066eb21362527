"""An answer to a reply leaves once, in its thread, to a contact of theirs, and ends what we owed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from outreach.campaigns.conversations import answering, writing_back
from outreach.ledger import log, policies, replies
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.replies import Reply, ReplyAnswer
from outreach.ledger.touches import Touch
from outreach.mail import posting
from outreach.mail.sending_again import send_again
from tests.mail.post_office import HARBOR, OAK, PostOffice
from tests.web.reply_rows import keep_reply

WORDS = "Hello,\n\nthe copy is on its way."


def received(office: PostOffice, **mail: Any) -> str:
    with office.ledger.writing() as session:
        return keep_reply(session, office.folder / "files", **mail)


def write(office: PostOffice, reply_id: str, words: str = WORDS, contact: int | None = None) -> None:
    with office.ledger.writing() as session:
        writing_back.write_back(
            session,
            session.get_one(Reply, reply_id),
            words,
            contact,
            writer=session.scalars(select(User).where(User.login == "ben")).one(),
            in_force=policies.in_force(session),
            now=office.clock.now(),
        )


def reply(office: PostOffice, reply_id: str) -> Reply:
    found: Reply = office.rows(Reply, Reply.id == reply_id)[0]
    return found


def test_it_leaves_at_once_below_their_mail_and_ends_what_we_owed(office: PostOffice) -> None:
    reply_id = received(office, subject="Re: Invoices past due")
    write(office, reply_id)
    assert reply(office, reply_id).ended_at is None, "it waits until the letter has left"

    progress = office.send()

    assert (progress.sent, progress.held_back) == (1, 0)
    request, theirs = office.request(HARBOR), reply(office, reply_id)
    assert theirs.thread
    assert request["headers"] == {
        "In-Reply-To": f"<{theirs.thread[-1]}>",
        "References": f"<{theirs.thread[-1]}>",
    }
    assert request["personalizations"][0]["to"][0]["email"] == "ap@harbor.example"
    assert request["subject"] == "Re: Invoices past due"
    assert request["reply_to"]["email"].endswith("@reply.outreach.example")
    assert "the copy is on its way." in request["content"][0]["value"]
    assert "INV-1001" not in request["content"][0]["value"]
    letter = office.letter(HARBOR)
    assert (letter.step, letter.automatic, letter.actor) == ("answer", False, "ben")
    assert (theirs.ended_by, theirs.ended_how) == ("ben", "letter")
    (owed,) = office.rows(Firing, Firing.subject == reply_id)
    assert (owed.state, owed.ended_why) == ("done", "letter")
    (said,) = office.rows(LogEntry, LogEntry.what == writing_back.WRITTEN)
    assert (said.actor, said.direction, said.account_id) == ("ben", "out", HARBOR)
    assert [entry.actor for entry in office.entries(letter.id)] == ["ben"]


def test_two_clicks_are_one_answer(office: PostOffice) -> None:
    reply_id = received(office)
    write(office, reply_id)
    with pytest.raises(CommitmentError, match="answered by mail already, by ben"):
        write(office, reply_id)
    office.send()
    with pytest.raises(CommitmentError, match="answered by mail already, by ben"):
        write(office, reply_id)
    assert len(office.rows(Letter)) == 1


def test_a_promise_may_be_confirmed_first(office: PostOffice) -> None:
    reply_id = received(office)
    with office.ledger.writing() as session:
        found = session.get_one(Reply, reply_id)
        policy = policies.in_force(session).policy
        taken = answering.begin(session, found, by="ana", now=office.clock.now(), policy=policy)
        answering.promise(taken, answering.Agreed(on=found.due_on))
    write(office, reply_id)
    assert office.send().sent == 1
    assert reply(office, reply_id).ended_how == "promise taken"


def test_what_came_to_nothing_may_be_written_again(office: PostOffice) -> None:
    reply_id = received(office)
    write(office, reply_id)
    with office.ledger.writing() as session:
        session.execute(update(Contact).where(Contact.account_id == HARBOR).values(do_not_mail=True))
    assert office.send().sent == 0
    (touch,) = office.rows(Touch, Touch.step == "answer")
    assert touch.state == "skipped"
    assert reply(office, reply_id).ended_at is None, "it still waits"
    with office.ledger.writing() as session:
        session.execute(update(Contact).where(Contact.account_id == HARBOR).values(do_not_mail=False))
    write(office, reply_id)
    assert office.send().sent == 1
    assert [row.n for row in written_rows(office)] == [1, 2]


def written_rows(office: PostOffice) -> list[ReplyAnswer]:
    with office.ledger.reading() as session:
        return list(session.scalars(select(ReplyAnswer).order_by(ReplyAnswer.n)))


def test_of_one_in_doubt_the_same_words_go_again(office: PostOffice) -> None:
    reply_id = received(office)
    write(office, reply_id)
    office.sandbox.faults(answers={"error": 1.0})
    office.send()
    with pytest.raises(CommitmentError, match="answered by mail already"):
        write(office, reply_id)
    office.clock.at += timedelta(hours=3)
    posting.settle_doubts(office.room)
    office.sandbox.faults()
    send_again(office.ledger, office.letter(HARBOR).id, by="ana", now=office.clock.now())
    assert office.send().sent == 1
    [arrived] = office.arrived()
    [again] = office.rows(Letter, Letter.id == arrived["mid"])
    assert (again.step, again.subject, again.state) == ("answer", "Re: Invoices past due", "accepted")
    with office.ledger.reading() as session:
        last = replies.written(session, reply_id)
        assert last
        assert (last.n, last.touch.state, last.words) == (2, "done", WORDS)


def test_two_answers_to_one_address_are_two_letters(office: PostOffice) -> None:
    first, second = received(office, subject="One"), received(office, subject="Two", body="What is this?\n")
    write(office, first, "To the first.")
    write(office, second, "To the second.")
    assert office.send().sent == 2
    assert {letter.subject for letter in office.rows(Letter)} == {"Re: One", "Re: Two"}
    assert {reply(office, one).ended_how for one in (first, second)} == {"letter"}


def test_a_person_may_answer_under_a_legal_hold(office: PostOffice) -> None:
    reply_id = received(office)
    with office.ledger.writing() as session:
        day = office.clock.now().date()
        session.execute(update(Account).where(Account.id == HARBOR).values(legal_hold_on=day))
    write(office, reply_id)
    assert office.send().sent == 1


def test_erased_words_are_not_sent(office: PostOffice) -> None:
    reply_id = received(office)
    write(office, reply_id)
    (answer,) = written_rows(office)
    with office.ledger.writing() as session:
        log.erase_text(session, answer.text_id, by="ada", at=office.clock.now())
    assert office.send().unwritable == 1
    assert office.arrived() == []


@pytest.mark.parametrize(
    ("mail", "words", "why"),
    [
        ({}, "  \n ", "Write the answer first"),
        ({}, "x" * 20_001, "at most 20,000 characters"),
        ({}, "a\x00b", "control characters"),
        ({}, "or we SUSPEND the service", "suspension"),
        ({"account_id": None}, WORDS, "whose reply"),
        ({"subject": "Automatic reply: I am away"}, WORDS, "machine"),
        ({"sender": "somebody@else.example"}, WORDS, "Choose a contact|whose reply"),
        ({"body": "Please stop writing to me. Unsubscribe.\n"}, WORDS, "Choose a contact"),
    ],
)
def test_what_is_not_answered(office: PostOffice, mail: dict[str, Any], words: str, why: str) -> None:
    reply_id = received(office, **mail)
    with pytest.raises(CommitmentError, match=why):
        write(office, reply_id, words)
    assert office.rows(Touch, Touch.step == "answer") == []


def test_nobody_of_another_account_is_written_to(office: PostOffice) -> None:
    reply_id = received(office)
    (other,) = office.rows(Contact, Contact.account_id == OAK)
    with pytest.raises(CommitmentError, match="Choose a contact"):
        write(office, reply_id, contact=other.id)


def test_an_address_that_is_bad_is_no_choice(office: PostOffice) -> None:
    reply_id = received(office)
    with office.ledger.writing() as session:
        gone = update(Destination).where(Destination.address == "ap@harbor.example")
        session.execute(gone.values(bad_at=office.clock.now(), bad_why="bounced"))
    with pytest.raises(CommitmentError, match="Choose a contact"):
        write(office, reply_id)
