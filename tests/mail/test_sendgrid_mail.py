"""The adapter on the wire: one request a letter, and what each answer proves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.mail.mailer import Accepted, Attachment, Mailbox, Message, Refused, Unknown
from outreach.mail.sendgrid_mail import SendGridMailer, payload
from tests.sandbox.openapi import SENDGRID
from tests.sandbox.playing import Door, Sandbox, open_door, playing

LETTER = Message(
    mid="abcdefghijklmno",
    sender=Mailbox("billing@outreach.example", "Accounts Receivable"),
    to=Mailbox("ap@harbor.example", "Maria Ortiz"),
    reply_to=Mailbox("r+x@reply.outreach.example"),
    subject="Invoice 7",
    text="text",
    html="<p>html</p>",
    headers={"Auto-Submitted": "auto-generated"},
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with open_door() as door, playing(tmp_path, door) as running:
        yield running


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def mailer(sandbox: Sandbox) -> SendGridMailer:
    return SendGridMailer(sandbox.keys.sendgrid_api_key, host=sandbox.url)


def test_accepted(sandbox: Sandbox) -> None:
    answer = mailer(sandbox).send(LETTER)
    [taken] = sandbox.truth()["letters"]
    assert answer == Accepted(taken["message_id"])
    assert (taken["mid"], taken["to"], taken["subject"]) == (LETTER.mid, "ap@harbor.example", "Invoice 7")


def test_what_is_asked_for() -> None:
    body = payload(replace(LETTER, attachments=(Attachment("s.pdf", "application/pdf", b"%PDF"),)))
    assert body["personalizations"] == [{"to": [{"email": "ap@harbor.example", "name": "Maria Ortiz"}]}]
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert body["custom_args"] == {"mid": LETTER.mid}
    assert body["tracking_settings"]["click_tracking"] == {"enable": False, "enable_text": False}
    assert body["tracking_settings"]["subscription_tracking"] == {"enable": False}
    assert body["attachments"][0]["content"] == "JVBERg=="
    assert "asm" not in body
    assert SENDGRID.faults(body, SENDGRID.request("/mail/send")) == []


def test_many_at_once_each_once(sandbox: Sandbox) -> None:
    one = mailer(sandbox)
    for n in range(20):
        assert isinstance(one.send(replace(LETTER, mid=f"{n:015}")), Accepted)
    assert len({taken["mid"] for taken in sandbox.truth()["letters"]}) == 20


def test_refused_for_what_it_is(sandbox: Sandbox) -> None:
    answer = mailer(sandbox).send(replace(LETTER, to=Mailbox("no address")))
    assert isinstance(answer, Refused)
    assert answer.why.startswith("SendGrid does not accept this letter: personalizations")
    assert (answer.again_in, answer.everyone) == (None, False)


def test_refused_for_the_key(sandbox: Sandbox) -> None:
    answer = SendGridMailer("SG.wrong", host=sandbox.url).send(LETTER)
    assert isinstance(answer, Refused)
    assert (answer.again_in, answer.everyone) == (None, True)
    assert "SG.wrong" not in answer.why


def test_asked_to_slow_down(sandbox: Sandbox) -> None:
    sandbox.faults(answers={"throttled": 1.0, "retry_after": 120})
    answer = mailer(sandbox).send(LETTER)
    assert isinstance(answer, Refused)
    assert answer.everyone
    assert answer.again_in
    assert timedelta(seconds=100) < answer.again_in <= timedelta(seconds=121)
    assert sandbox.truth()["letters"] == []


@pytest.mark.parametrize(
    ("fault", "taken"), [("lost", 1), ("garbled", 1), ("error_accepted", 1), ("error", 0), ("dropped", 0)]
)
def test_no_proof_either_way(sandbox: Sandbox, fault: str, taken: int) -> None:
    """Whether it was taken cannot be told from here, and it is asked once (P1)."""
    sandbox.faults(answers={fault: 1.0})
    assert isinstance(mailer(sandbox).send(LETTER), Unknown)
    assert len(sandbox.truth()["letters"]) == taken


@pytest.mark.parametrize("status", [403, 404, 405])
def test_refused_for_everybody(door: Door, status: int) -> None:
    door.status("/v3/mail/send", status)
    answer = SendGridMailer("SG.key", host=door.url).send(LETTER)
    assert isinstance(answer, Refused)
    assert (answer.again_in, answer.everyone) == (None, True)


@pytest.mark.parametrize("status", [413, 415])
def test_refused_by_itself(door: Door, status: int) -> None:
    door.status("/v3/mail/send", status)
    answer = SendGridMailer("SG.key", host=door.url).send(LETTER)
    assert isinstance(answer, Refused)
    assert not answer.everyone


@pytest.mark.parametrize("status", [200, 201, 202, 302, 307, 418, 500, 502, 503, 504])
def test_an_answer_that_proves_nothing(door: Door, status: int) -> None:
    """A 2xx without an id, a redirect (not followed), trouble of theirs: one request, and nobody knows."""
    door.status("/v3/mail/send", status)
    assert isinstance(SendGridMailer("SG.key", host=door.url).send(LETTER), Unknown)
    assert len(door.posts) == 1


def test_nobody_there() -> None:
    answer = SendGridMailer("SG.key", host="http://127.0.0.1:9").send(LETTER)
    assert answer == Refused("SendGrid cannot be reached", timedelta(seconds=30), everyone=True)
