"""SES as the sandbox plays it: asked by our own adapter through boto3, over the wire."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from outreach.mail.mailer import Accepted, Mailbox, Refused, Unknown
from outreach.mail.ses_mail import BAD_LOGIN, SesMailer, connect, request
from outreach.sandbox.people import SES_REFUSALS
from tests.mail.test_smtp_mail import LETTER
from tests.sandbox.playing import Door, Sandbox, playing, until


def mailer(sandbox: Sandbox, key: str = "") -> SesMailer:
    keys = {"aws_access_key_id": key or sandbox.keys.aws_access_key_id, "aws_secret_access_key": "secret"}
    return SesMailer("letters", connect=partial(connect, url=sandbox.url, region_name="us-east-1", **keys))


def test_accepted(sandbox: Sandbox) -> None:
    answer = mailer(sandbox).send(LETTER)
    truth = sandbox.truth()
    [taken], [asked] = truth["letters"], truth["requests"]
    assert answer == Accepted(taken["message_id"])
    assert (taken["mid"], taken["to"], taken["subject"]) == (LETTER.mid, "ap@harbor.example", LETTER.subject)
    assert (asked["provider"], asked["order"], asked["answer"]) == ("ses", LETTER.mid, 200)


def test_refused_for_the_key(sandbox: Sandbox) -> None:
    assert mailer(sandbox, "AKIAWRONG").send(LETTER) == BAD_LOGIN


def test_refused_for_what_it_is(sandbox: Sandbox) -> None:
    answer = mailer(sandbox).send(replace(LETTER, mid="no tag!"))
    assert isinstance(answer, Refused)
    assert answer.why.startswith("Amazon SES does not accept this letter: Invalid tag")
    assert not answer.everyone


def test_an_address_without_a_domain_is_refused(sandbox: Sandbox) -> None:
    keys = {"aws_access_key_id": sandbox.keys.aws_access_key_id, "aws_secret_access_key": "secret"}
    client = connect(url=sandbox.url, region_name="us-east-1", **keys)
    asked = request(LETTER, "letters") | {"Destination": {"ToAddresses": ["nobody"]}}
    with pytest.raises(ClientError, match="Missing final"):
        client.send_email(**asked)


def test_asked_to_slow_down(sandbox: Sandbox) -> None:
    sandbox.faults(answers={"throttled": 1.0})
    answer = mailer(sandbox).send(LETTER)
    assert isinstance(answer, Refused)
    assert answer.everyone
    assert answer.again_in
    assert sandbox.truth()["letters"] == []


@pytest.mark.parametrize(
    ("fault", "taken"), [("lost", 1), ("garbled", 1), ("error_accepted", 1), ("error", 0), ("dropped", 0)]
)
def test_no_proof_either_way(sandbox: Sandbox, fault: str, taken: int) -> None:
    """Whether it was taken cannot be told from here, and it is asked once (P1)."""
    sandbox.faults(answers={fault: 1.0})
    assert isinstance(mailer(sandbox).send(LETTER), Unknown)
    truth = sandbox.truth()
    assert (len(truth["letters"]), len(truth["requests"])) == (taken, 1)


@pytest.mark.parametrize("name", SES_REFUSALS)
def test_a_sender_is_refused_as_the_script_says(sandbox: Sandbox, name: str) -> None:
    sandbox.script(senders={LETTER.sender.address: name})
    answer = mailer(sandbox).send(LETTER)
    assert isinstance(answer, Refused)
    assert answer.everyone, "it is the account's trouble, not this letter's"
    assert sandbox.truth()["letters"] == []
    sandbox.script()
    assert isinstance(mailer(sandbox).send(LETTER), Accepted)


def test_an_address_that_is_not_ascii_is_refused(sandbox: Sandbox) -> None:
    keys = {"aws_access_key_id": sandbox.keys.aws_access_key_id, "aws_secret_access_key": "secret"}
    client = connect(url=sandbox.url, region_name="us-east-1", **keys)
    asked = request(LETTER, "letters") | {"Destination": {"ToAddresses": ["müller@harbor.example"]}}
    with pytest.raises(ClientError, match="Local address"):
        client.send_email(**asked)


def test_whoever_got_a_letter_by_ses_writes_back_as_well(tmp_path: Path, door: Door) -> None:
    with playing(tmp_path, door, replies=True) as sandbox:
        people = [f"ap{n}@example.com" for n in range(40)]
        sandbox.script(addresses=dict.fromkeys(people, "delivered"))
        for n, address in enumerate(people):
            mailer(sandbox).send(replace(LETTER, mid=f"m{n}", to=Mailbox(address)))
        until(lambda: sandbox.get("/sandbox/quiet")["quiet"])
        wrote = sandbox.truth()["replies"]
    assert 0 < len(wrote) < 25
    assert {one["to"] for one in wrote} == {LETTER.reply_to.address}
