"""SES: the request as botocore's model of it checks it, and what each answer proves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.stub import ANY, Stubber

from outreach import amazon
from outreach.mail.mailer import Accepted, Answer, Mailbox, Refused, Unknown
from outreach.mail.ses_mail import (
    BAD_LOGIN,
    LINE_DOWN,
    NO_LOGIN,
    SesMailer,
    connect,
    request,
)
from tests.mail.mail_server import server_tls, serving
from tests.mail.test_smtp_mail import LETTER
from tests.sandbox.playing import Door, open_door

KEYS = {
    "aws_access_key_id": "AKIATESTS",
    "aws_secret_access_key": "secret-of-the-tests",
    "region_name": "us-east-1",
}
REF = "0100018f2b3c4d5e-11111111-2222-3333-4444-555555555555-000000"
ROUTE = "/v2/email/outbound-emails"


@contextmanager
def stubbed() -> Iterator[tuple[SesMailer, Stubber]]:
    client = connect(**KEYS)
    with Stubber(client) as stub:
        yield SesMailer("letters", connect=lambda: client), stub
    stub.assert_no_pending_responses()


def failed(code: str, words: str = "", status: int = 400) -> Answer:
    with stubbed() as (mailer, stub):
        stub.add_client_error("send_email", code, words, status)
        return mailer.send(LETTER)


def test_what_is_asked_for() -> None:
    with stubbed() as (mailer, stub):
        expected = {
            "FromEmailAddress": "billing@outreach.example",
            "Destination": {"ToAddresses": ["ap@harbor.example"]},
            "Content": {"Raw": {"Data": ANY}},
            "ConfigurationSetName": "letters",
            "EmailTags": [{"Name": "mid", "Value": LETTER.mid}],
        }
        stub.add_response("send_email", {"MessageId": REF}, expected)
        assert mailer.send(LETTER) == Accepted(REF)


def test_the_letter_travels_whole() -> None:
    content = request(LETTER, "letters")["Content"]["Raw"]["Data"]
    letter = message_from_bytes(content, policy=policy.default)
    kinds = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "application/pdf"]
    assert letter["Auto-Submitted"] == "auto-generated"


def test_asked_once_and_not_for_long() -> None:
    config = connect(**KEYS).meta.config
    assert config.retries["total_max_attempts"] == 1
    assert (config.connect_timeout, config.read_timeout) == (5, 10)


def test_an_answer_without_an_id_is_in_doubt() -> None:
    with stubbed() as (mailer, stub):
        stub.add_response("send_email", {})
        assert isinstance(mailer.send(LETTER), Unknown)


def test_a_letter_that_mail_cannot_carry_is_refused_before_it_leaves() -> None:
    with stubbed() as (mailer, _):
        answer = mailer.send(replace(LETTER, to=Mailbox("ap@harbor.example\r\nBcc: all@harbor.example")))
    assert isinstance(answer, Refused)
    assert not answer.everyone


@pytest.mark.parametrize(
    ("code", "words", "again", "everyone"),
    [
        ("TooManyRequestsException", "Maximum sending rate exceeded.", 60, True),
        ("TooManyRequestsException", "Daily message quota exceeded.", 900, True),
        ("ThrottlingException", "Rate exceeded", 60, True),
        ("LimitExceededException", "", 900, True),
        ("AccountSuspendedException", "", None, True),
        ("SendingPausedException", "", None, True),
        ("MailFromDomainNotVerifiedException", "", None, True),
        ("NotFoundException", "Configuration set <letters> does not exist.", None, True),
        ("MessageRejected", "Email address is not verified. The following identities failed", None, True),
        ("MessageRejected", "Virus found", None, False),
        ("BadRequestException", "Missing final '@domain'", None, False),
        ("RequestEntityTooLarge", "", None, False),
        ("AccessDeniedException", "User arn:aws:iam::1:user/x is not authorized", None, True),
        ("UnrecognizedClientException", "The security token is invalid.", None, True),
        ("InvalidSignatureException", "The request signature we calculated AKIATESTS", None, True),
        ("ExpiredTokenException", "", None, True),
    ],
)
def test_a_no_is_proof(code: str, words: str, again: int | None, everyone: bool) -> None:
    answer = failed(code, words)
    assert isinstance(answer, Refused)
    assert (answer.again_in, answer.everyone) == (again and timedelta(seconds=again), everyone)
    assert "AKIA" not in answer.why


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalFailure", 500),
        ("InternalServiceErrorException", 500),
        ("ServiceUnavailable", 503),
        ("TooManyRequestsException", 503),
        ("MessageRejected", 500),
        ("SomethingNew", 400),
        ("", 400),
        ("504", 504),
    ],
)
def test_an_answer_that_proves_nothing(code: str, status: int) -> None:
    assert isinstance(failed(code, "words", status), Unknown)


class Broken:
    """A client whose request ends in an exception of botocore's."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send_email(self, **_: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), Unknown),
        (ConnectionClosedError(endpoint_url="https://x"), Unknown),
        (SSLError(endpoint_url="https://x", error="EOF in the middle"), Unknown),
        (NoCredentialsError(), Refused),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_line_that_breaks(error: Exception, expected: type) -> None:
    assert isinstance(SesMailer("letters", connect=lambda: Broken(error)).send(LETTER), expected)


def test_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    here = partial(connect, region_name="us-east-1", url="http://127.0.0.1:9")
    assert SesMailer("letters", connect=here).send(LETTER) == NO_LOGIN


def test_without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(amazon.NoRegion, match="AWS_DEFAULT_REGION"):
        amazon.region("OUTREACH_MAILER=ses")


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert SesMailer("letters").send(LETTER) == NO_LOGIN
    with pytest.raises(amazon.NoRegion, match="nobody"):
        amazon.region("OUTREACH_MAILER=ses")


# On the wire


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def over(url: str) -> SesMailer:
    return SesMailer("letters", connect=partial(connect, url=url, **KEYS))


def test_nobody_there() -> None:
    assert over("http://127.0.0.1:9").send(LETTER) == LINE_DOWN


def test_a_certificate_that_nobody_vouches_for(certificate: Path) -> None:
    with serving(tls=server_tls(certificate), from_the_start=True) as elsewhere:
        answer = over(f"https://127.0.0.1:{elsewhere.port}").send(LETTER)
    assert answer == replace(LINE_DOWN, why="Amazon SES's certificate cannot be verified")


@pytest.mark.parametrize("status", [200, 302, 307, 418, 500, 502, 503, 504])
def test_one_request_whatever_comes_back(door: Door, status: int) -> None:
    door.status(ROUTE, status)
    assert isinstance(over(door.url).send(LETTER), Unknown)
    assert len(door.posts) == 1


def test_refused_for_the_key(door: Door) -> None:
    door.answers[ROUTE] = lambda post: (
        403,
        "application/x-amzn-json-1.1",
        '{"__type": "AccessDeniedException"}',
    )
    assert over(door.url).send(LETTER) == BAD_LOGIN


def test_letters_that_follow_after_a_pause(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amazon, "IDLE", -1.0)
    door.answers[ROUTE] = lambda post: (200, "application/json", '{"MessageId": "m-1"}')
    mailer = over(door.url)
    assert [mailer.send(LETTER) for _ in range(3)] == [Accepted("m-1")] * 3
