"""SMTP on the wire: what each moment of the talk proves about a letter, and what travels."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from outreach.mail import mime, smtp_line, smtp_mail
from outreach.mail.mailer import Accepted, Answer, Attachment, Mailbox, Message, Refused, Unknown
from outreach.mail.smtp_line import LINE_DOWN
from outreach.mail.smtp_mail import SmtpMailer, server
from tests.mail.mail_server import HANG_UP, LOGIN, SILENCE, MailServer, server_tls, serving

LETTER = Message(
    mid="abcdefghijklmno",
    sender=Mailbox("billing@outreach.example", "Accounts Receivable"),
    to=Mailbox("ap@harbor.example", "María Ortiz"),
    reply_to=Mailbox("r+abcdefghijklmno.abcdefghijklmnop@reply.outreach.example"),
    subject="Invoice 7 – Müller",
    text="Good day,\n.\nFrom here on: ümlaut\n..\n",
    html="<p>Good day, ümlaut</p>",
    headers={"Auto-Submitted": "auto-generated", "List-Unsubscribe": f"<https://x.example/{'u' * 90}>"},
    attachments=(Attachment("statement.pdf", "application/pdf", b"%PDF\n.\r\n\x00"),),
)
SECONDS = 0.3
"""how long the adapter waits in tests"""


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with serving() as running:
        yield running


@contextmanager
def mailer(
    mail: MailServer, *, scheme: str = "smtp", login: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[SmtpMailer]:
    one = SmtpMailer(f"{scheme}://{login}127.0.0.1:{mail.port}", tls=tls, takeover=SECONDS)
    try:
        yield one
    finally:
        one.close()


def sent(mail: MailServer, letter: Message = LETTER) -> Answer:
    with mailer(mail) as one:
        return one.send(letter)


# What travels


def test_accepted_under_our_own_message_id(mail: MailServer) -> None:
    assert sent(mail) == Accepted("abcdefghijklmno@outreach.example")
    [(sender, to, _)] = mail.taken
    assert (sender, to) == ("billing@outreach.example", "ap@harbor.example")
    assert mail.letters[0]["Message-ID"] == "<abcdefghijklmno@outreach.example>"


def test_what_is_read_is_what_was_written(mail: MailServer) -> None:
    sent(mail)
    [letter] = mail.letters
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    [attached] = letter.iter_attachments()
    assert text
    assert html
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content().strip() == LETTER.html
    assert (attached.get_filename(), attached.get_content_type()) == ("statement.pdf", "application/pdf")
    assert attached.get_content() == LETTER.attachments[0].content
    assert letter["Subject"] == LETTER.subject
    assert letter["To"].addresses[0].display_name == "María Ortiz"
    assert letter["Reply-To"] == LETTER.reply_to.address
    assert letter["Auto-Submitted"] == "auto-generated"


def test_the_bytes_are_plain_and_short_lined() -> None:
    content = mime.write(LETTER)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert f"List-Unsubscribe: <https://x.example/{'u' * 90}>".encode() in content  # not as encoded words
    assert all(len(word) <= 76 for word in content.split() if word.startswith(b"=?"))


@pytest.mark.parametrize(
    "bad",
    [
        {"subject": "Invoice\r\nBcc: all@harbor.example"},
        {"to": Mailbox("ap@harbor.example", "A\r\nBcc: all@harbor.example")},
        {"to": Mailbox("ap@harbor.example>\r\nRCPT TO:<all@harbor.example")},
        {"to": Mailbox("no address")},
        {"to": Mailbox("")},
        {"to": Mailbox("ümlaut@harbor.example")},
        {"to": Mailbox("ap@har bor.example")},
        {"headers": {"X-One": "1\nX-Two: 2"}},
    ],
    ids=str,
)
def test_a_letter_that_mail_cannot_carry_is_refused_before_it_leaves(
    mail: MailServer, bad: dict[str, object]
) -> None:
    answer = sent(mail, replace(LETTER, **bad))  # type: ignore[arg-type]
    assert isinstance(answer, Refused)
    assert (answer.again_in, answer.everyone) == (None, False)
    assert mail.connections == 0


def test_a_foreign_domain_travels_as_punycode(mail: MailServer) -> None:
    sent(mail, replace(LETTER, to=Mailbox("ap@müller.example")))
    assert mail.taken[0][1] == "ap@xn--mller-kva.example"


# One connection for many letters


def test_letters_that_follow_use_the_same_line(mail: MailServer) -> None:
    with mailer(mail) as one:
        answers = [one.send(replace(LETTER, mid=f"{n:015}")) for n in range(5)]
    assert [answer.ref for answer in answers if isinstance(answer, Accepted)] == [
        f"{n:015}@outreach.example" for n in range(5)
    ]
    assert (mail.connections, len(mail.taken)) == (1, 5)


def test_a_refusal_spoils_no_letter_after_it(mail: MailServer) -> None:
    with mailer(mail) as one:
        mail.says["RCPT"] = "550 5.1.1 no such user"
        assert isinstance(one.send(LETTER), Refused)
        del mail.says["RCPT"]
        assert isinstance(one.send(LETTER), Accepted)
    assert (mail.connections, len(mail.taken)) == (1, 1)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_kept_line_that_was_cut_off_is_opened_anew(mail: MailServer, verb: str) -> None:
    with mailer(mail) as one:
        one.send(LETTER)
        mail.says[verb] = HANG_UP
        assert one.send(LETTER) == LINE_DOWN  # over a new line too
        del mail.says[verb]
        assert isinstance(one.send(LETTER), Accepted)
    assert (mail.connections, len(mail.taken)) == (3, 2)


def test_an_idle_line_is_not_trusted(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_line, "IDLE", -1.0)
    with mailer(mail) as one:
        one.send(LETTER)
        one.send(LETTER)
    assert mail.connections == 2


def test_many_threads_share_few_lines(mail: MailServer) -> None:
    with mailer(mail) as one:
        threads = [threading.Thread(target=one.send, args=[LETTER]) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(mail.taken) == 20
    assert mail.connections <= smtp_mail.LANES


# What each moment proves

AGAIN, NEVER = True, False


@pytest.mark.parametrize(
    ("verb", "says", "again", "everyone"),
    [
        ("GREETING", "554 5.7.1 you are on a list", NEVER, True),
        ("GREETING", "421 too many connections", AGAIN, True),
        ("GREETING", HANG_UP, AGAIN, True),
        ("EHLO", HANG_UP, AGAIN, True),
        ("MAIL", "550 5.7.1 sender not allowed", NEVER, True),
        ("MAIL", "530 5.7.0 must authenticate", NEVER, True),
        ("MAIL", "552 5.3.4 message too big", NEVER, False),
        ("MAIL", "451 4.3.0 try later", AGAIN, True),
        ("MAIL", HANG_UP, AGAIN, True),
        ("MAIL", "gibberish", NEVER, True),
        ("RCPT", "550 5.1.1 no such user", NEVER, False),
        ("RCPT", "450 4.2.0 greylisted", AGAIN, False),
        ("RCPT", "421 4.7.0 slow down", AGAIN, True),
        ("RCPT", "554 5.7.1 Relay access denied", NEVER, True),
        ("RCPT", HANG_UP, AGAIN, True),
        ("DATA", "554 5.5.1 no valid recipients", NEVER, False),
        ("DATA", "451 4.3.0 try later", AGAIN, False),
        ("DATA", "250 what letter?", NEVER, False),
        ("DATA", HANG_UP, AGAIN, True),
        ("END", "554 5.7.1 looks like spam", NEVER, False),
        ("END", "552 5.3.4 message too big", NEVER, False),
        ("END", "451 4.3.0 try later", AGAIN, False),
        ("END", "421 4.3.2 shutting down", AGAIN, True),
    ],
)
def test_a_no_is_proof(mail: MailServer, verb: str, says: str, again: bool, everyone: bool) -> None:
    mail.says[verb] = says
    answer = sent(mail)
    assert isinstance(answer, Refused)
    assert (answer.again_in is not None, answer.everyone) == (again, everyone)
    assert mail.taken == []


@pytest.mark.parametrize("says", [HANG_UP, SILENCE, "gibberish", "354 go on", "200", "250" * 4000])
def test_a_letter_handed_over_without_an_answer_is_in_doubt(mail: MailServer, says: str) -> None:
    """The server took it, and we cannot know: handed over once, and never asked again (P1)."""
    mail.says["END"] = says
    assert isinstance(sent(mail), Unknown)
    assert len(mail.taken) == 1
    assert mail.connections == 1


def test_a_line_cut_in_the_middle_of_the_letter_is_in_doubt(mail: MailServer) -> None:
    mail.says["CONTENT"] = HANG_UP
    big = Attachment("statement.pdf", "application/pdf", b"x" * 3_000_000)
    assert isinstance(sent(mail, replace(LETTER, attachments=(big,))), Unknown)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_silence_before_the_letter_is_proof(
    mail: MailServer, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_mail, "COMMAND", SECONDS)
    mail.says[verb] = SILENCE
    assert sent(mail) == LINE_DOWN


def test_nobody_there() -> None:
    assert SmtpMailer("smtp://127.0.0.1:9").send(LETTER) == LINE_DOWN


def test_too_slow_for_all(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mail, "PATIENCE", 0.0)
    with mailer(mail) as one:
        for _ in range(smtp_mail.LANES):
            one._lanes.acquire()
        assert one.send(LETTER) == smtp_mail.BUSY


# Login and TLS

WHO = f"{LOGIN[0]}:{quote(LOGIN[1], safe='')}@"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_the_login_goes_over_tls_only(certificate: Path, scheme: str) -> None:
    options = {"tls": server_tls(certificate), "from_the_start": scheme == "smtps"}
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(extensions=["AUTH PLAIN"], **options) as mail:
        with mailer(mail, scheme=scheme, login=WHO, tls=trusting) as one:
            assert isinstance(one.send(LETTER), Accepted)
        assert mail.logins == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for(certificate: Path, scheme: str) -> None:
    options = {"tls": server_tls(certificate), "from_the_start": scheme == "smtps"}
    with serving(extensions=["AUTH PLAIN"], **options) as mail:
        with mailer(mail, scheme=scheme, login=WHO) as one:
            assert one.send(LETTER) == smtp_mail.NO_CERTIFICATE
        assert mail.logins == []


def test_no_open_line_to_another_machine(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mail.Server, "is_near", False)
    with mailer(mail, login=WHO) as one:
        assert one.send(LETTER) == smtp_mail.UNSAFE
    assert mail.taken == []


@pytest.mark.parametrize(
    ("extensions", "says", "again"),
    [
        (["AUTH PLAIN"], "535 5.7.8 who is p@ss:word?", NEVER),
        (["AUTH PLAIN"], "454 4.7.0 later", AGAIN),
        (["AUTH PLAIN"], HANG_UP, AGAIN),
        (["AUTH GSSAPI"], "", NEVER),
        ([], "", NEVER),
    ],
)
def test_a_login_that_fails_stops_everyone(extensions: list[str], says: str, again: bool) -> None:
    with serving(extensions=extensions, says={"AUTH": says}) as mail, mailer(mail, login=WHO) as one:
        answer = one.send(LETTER)
    assert isinstance(answer, Refused)
    assert (answer.again_in is not None, answer.everyone) == (again, True)
    assert "p@ss" not in repr(answer)


def test_an_address_of_a_server() -> None:
    found = server("smtps://ann%40x:p%3A@mail.example")
    assert (found.host, found.port, found.secret, found.user, found.password) == (
        "mail.example",
        465,
        True,
        "ann@x",
        "p:",
    )
    assert "p:" not in repr(found)
    assert server("smtp://mail.example").port == 587
