"""A second mailer carries what the first certainly did not take, and nothing else (P1)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from outreach.ledger.letters import Letter
from outreach.ledger.stops import Stop
from outreach.mail import posting
from outreach.mail.mailer import Mailer
from outreach.mail.posting import Progress
from outreach.mail.sendgrid_mail import SendGridMailer
from outreach.mail.smtp_mail import SmtpMailer
from tests.mail.mail_server import SILENCE, MailServer, serving
from tests.mail.post_office import HARBOR, OAK, PostOffice
from tests.web.cast import NOW


@contextmanager
def behind(office: PostOffice, first: Mailer) -> Iterator[Callable[[], Progress]]:
    """`first` sends, and SendGrid's sandbox stands by."""
    room = replace(office.room, mailer=first, standby=(office.mailer,))
    yield lambda: posting.send_due(room)
    if isinstance(first, SmtpMailer):
        first.close()


def by_provider(office: PostOffice) -> list[tuple[str, str]]:
    return sorted((letter.provider, letter.state) for letter in office.rows(Letter))


def smtp(mail: MailServer, takeover: float = 0.5) -> SmtpMailer:
    return SmtpMailer(f"smtp://127.0.0.1:{mail.port}", takeover=takeover)


def test_the_first_is_down_and_the_second_sends_once(office: PostOffice) -> None:
    office.plan(HARBOR, OAK)
    with behind(office, SmtpMailer("smtp://127.0.0.1:9")) as send:
        progress = send()
        assert (progress.sent, progress.refused) == (2, 2)
        send()
    assert sorted(letter["to"] for letter in office.arrived()) == ["ap@harbor.example", "ap@oak.example"]
    assert by_provider(office) == [
        ("sendgrid", "accepted"),
        ("sendgrid", "accepted"),
        ("smtp", "refused"),
        ("smtp", "refused"),
    ]
    assert (office.touch(HARBOR).state, office.firing(HARBOR).emails) == ("done", 1)
    assert office.rows(Stop) == []


@pytest.mark.parametrize("says", [SILENCE, "gibberish", "200 what?"])
def test_what_is_in_doubt_is_never_given_to_another(office: PostOffice, says: str) -> None:
    """The first took the letter, and its answer was lost: the second is never asked, then or later."""
    office.plan(HARBOR)
    with serving() as mail:
        mail.says["END"] = says
        with behind(office, smtp(mail)) as send:
            assert send().unknown == 1
            office.clock.at += timedelta(hours=3)
            posting.settle_doubts(office.room)
            send()
        assert len(mail.taken) == 1
    assert office.arrived() == []
    assert by_provider(office) == [("smtp", "unconfirmed")]


@pytest.mark.parametrize(
    ("verb", "says", "second"),
    [
        ("GREETING", "421 too many connections", True),
        ("MAIL", "451 4.3.0 try later", True),
        ("END", "421 4.3.2 shutting down", True),
        ("RCPT", "450 4.2.0 greylisted", False),  # their mailbox's word, not our provider's
        ("RCPT", "550 5.1.1 no such user", False),
        ("END", "554 5.7.1 looks like spam", False),
    ],
)
def test_only_the_providers_own_trouble_is_passed_on(
    office: PostOffice, verb: str, says: str, second: bool
) -> None:
    office.plan(HARBOR)
    with serving() as mail:
        mail.says[verb] = says
        with behind(office, smtp(mail)) as send:
            send()
    assert len(office.arrived()) == second


def test_a_first_that_throws_us_out_is_stopped_alone(office: PostOffice) -> None:
    office.plan(HARBOR)
    with serving() as mail:
        mail.says["MAIL"] = "550 5.7.1 sender not allowed"
        with behind(office, smtp(mail)) as send:
            send()
            office.plan(OAK)
            send()
        assert len(mail.commands) < 10
    [stop] = office.rows(Stop)
    assert (stop.scope, len(office.arrived())) == ("mailer:smtp", 2)
    assert [task.for_role for task in office.tasks(None)] == ["admin"]


def test_when_the_last_is_stopped_all_letters_are(office: PostOffice) -> None:
    """The gate says so then, and one word of a person lets the first try again."""
    office.plan(HARBOR)
    office.mailer = SendGridMailer("SG.somebody else's", host=office.sandbox.url)
    with serving() as mail:
        mail.says["MAIL"] = "550 5.7.1 sender not allowed"
        with behind(office, smtp(mail)) as send:
            send()
            assert [stop.scope for stop in office.rows(Stop)] == ["mailer:smtp", "emails"]
            assert (office.touch(HARBOR).state, office.firing(HARBOR).email_rule) == ("open", "paused")
            with office.ledger.writing() as session:
                session.execute(update(Stop).values(lifted_at=NOW, lifted_by="ada"))
            del mail.says["MAIL"]
            office.clock.at += timedelta(minutes=16)
            assert send().sent == 1


def test_the_first_is_used_again_when_it_opens(office: PostOffice) -> None:
    office.plan(HARBOR)
    with serving() as mail:
        mail.says["MAIL"] = "451 4.3.0 try later"
        with behind(office, smtp(mail)) as send:
            send()
            del mail.says["MAIL"]
            office.clock.ahead = timedelta(minutes=16)
            office.plan(OAK)
            send()
        assert [to for _, to, _ in mail.taken] == ["ap@oak.example"]
    assert [letter["to"] for letter in office.arrived()] == ["ap@harbor.example"]
