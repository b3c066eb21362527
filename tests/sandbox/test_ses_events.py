"""SES's events as the sandbox posts them: believed by our own door, in the words that SES uses."""

import json
import stat
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from outreach.mail.ses_mail import SesMailer, connect
from outreach.mail.ses_reports import translate
from outreach.sandbox import seal
from outreach.sandbox.letters import LIVES
from outreach.webhooks import sns
from outreach.webhooks.post import Papers
from tests.mail.test_smtp_mail import LETTER
from tests.sandbox.playing import Sandbox


def send(sandbox: Sandbox, *behaviour: str) -> None:
    sandbox.script(addresses={LETTER.to.address: list(behaviour)})
    keys = {"aws_access_key_id": sandbox.keys.aws_access_key_id, "aws_secret_access_key": "secret"}
    there = partial(connect, url=sandbox.url, region_name=seal.REGION, **keys)
    SesMailer("letters", connect=there).send(LETTER)
    sandbox.truth()


def notices(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(post.body) for post in sandbox.door.at("/webhooks/ses")]


EXPECTED = {
    "delivered": ["processed", "delivered"],
    "opened": ["processed", "delivered", "opened"],
    "deferred": ["processed", "deferred", "delivered"],
    "bounced": ["processed", "bounced"],
    "bounced-late": ["processed", "delivered", "bounced"],
    "blocked": ["processed", "blocked"],
    "complained": ["processed", "delivered", "complained"],
    "unsubscribed": ["processed", "delivered", "unsubscribed"],
    "dropped": ["dropped"],
}


@pytest.mark.parametrize("behaviour", EXPECTED)
def test_what_becomes_of_a_letter_is_told_as_ses_tells_it(
    sandbox: Sandbox, tmp_path: Path, behaviour: str
) -> None:
    send(sandbox, behaviour)
    heard = []
    for notice in notices(sandbox):
        signer = seal.load(tmp_path / "sandbox.json")
        assert sns.papers(notice, [seal.TOPIC], signer, datetime.now(UTC)) is Papers.GOOD
        report = translate(json.loads(notice["Message"]))
        assert report
        assert (report.mid, report.address) == (LETTER.mid, LETTER.to.address)
        heard.append(report)
    assert sorted(report.kind for report in heard) == sorted(EXPECTED[behaviour])  # SNS keeps no order
    assert {report.ref for report in heard} == {sandbox.truth()["letters"][0]["message_id"]}
    assert set(EXPECTED) == {*LIVES, "dropped"}


def test_an_address_that_has_bounced_is_not_written_to_again(sandbox: Sandbox) -> None:
    send(sandbox, "bounced")
    send(sandbox, "delivered")
    reports = [translate(json.loads(notice["Message"])) for notice in notices(sandbox)]
    assert ("dropped", "bad") in {(report.kind, report.objection) for report in reports if report}


def test_a_notice_comes_again_until_it_is_taken(sandbox: Sandbox) -> None:
    sandbox.door.status("/webhooks/ses", 503, 503, 204)
    send(sandbox, "dropped")
    first, *again = notices(sandbox)
    assert again == [first, first]


def test_faults(sandbox: Sandbox) -> None:
    sandbox.faults(webhooks={"duplicate": 1.0})
    send(sandbox, "delivered")
    ids = [notice["MessageId"] for notice in notices(sandbox)]
    assert (len(ids), len(set(ids))) == (4, 2)
    sandbox.faults(webhooks={"lost": 1.0})
    send(sandbox, "delivered")
    assert len(notices(sandbox)) == 4


def test_the_seal_is_made_once_for_the_owners_eyes(tmp_path: Path) -> None:
    made = seal.load(tmp_path / "keys.json")
    [file] = tmp_path.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("keys-sns.pem", 0o600)
    assert seal.load(tmp_path / "keys.json").sign(b"x") == made.sign(b"x")
    assert made.certificate("https://sns.us-east-1.amazonaws.com/another.pem") == b""
    file.write_text("nonsense")
    with pytest.raises(ValueError, match=r"keys-sns\.pem holds no key of the sandbox; remove it"):
        seal.load(tmp_path / "keys.json")
