"""Settings to an office."""

from datetime import timedelta
from pathlib import Path

import pytest

from outreach import amazon, bootstrap, settings
from outreach.dialer import connect_account, twilio_account
from outreach.dialer.amazon_connect import AmazonConnect
from outreach.dialer.twilio_voice import TwilioVoice
from outreach.doctor import examining, providers
from outreach.doctor.finding import Finding
from outreach.doctor.providers import Calling
from outreach.errands import Errands
from outreach.ledger.people import User
from outreach.mail import sendgrid_account, ses_account
from outreach.mail.ses_mail import SesMailer
from outreach.mail.smtp_mail import SmtpMailer
from outreach.sandbox import keys as sandbox_keys
from outreach.sandbox import seal
from outreach.webhooks.sns import Sns
from outreach.webhooks.sqs import Sqs
from tests.mail.mail_server import serving


def test_the_sandbox_is_not_paced_like_a_new_twilio_account(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {
        "VAR": str(tmp_path),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "9f2c47ab81d05e36b7a4c1f08e5d239a",
    }
    for name, value in {**own, "CARRIER": "sandbox", "MAILER": "sandbox"}.items():
        monkeypatch.setenv(f"OUTREACH_{name}", value)
    office = bootstrap.service_office(settings.load())
    assert office.carrier
    assert office.carrier.interval < timedelta(seconds=0.1)
    office.errands.close()
    office.ledger.close()


CONNECT = {
    "OUTREACH_CARRIER": "connect",
    "OUTREACH_CALLER_IDS": "+13125550190",
    "OUTREACH_CONNECT_INSTANCE_ID": "9f2c47ab-81d0-4e36-b7a4-c1f08e5d239a",
    "OUTREACH_CONNECT_FLOW_ID": "1f2c47ab-81d0-4e36-b7a4-c1f08e5d239a",
    "OUTREACH_CONNECT_QUEUE_ID": "2f2c47ab-81d0-4e36-b7a4-c1f08e5d239a",
    "OUTREACH_CONNECT_EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/555501005550/events",
}
COMPLETE = {
    "OUTREACH_MAIL_FROM": "Billing <billing@company.com>",
    "OUTREACH_REPLY_DOMAIN": "reply.company.com",
    "OUTREACH_BASE_URL": "https://outreach.company.com",
    "OUTREACH_SMTP_URL": "smtp://ann:s3cretw0rd@mail.company.com",
    "OUTREACH_SES_TOPICS": "arn:aws:sns:us-east-1:123456789012:letters",
    "OUTREACH_SES_CONFIGURATION_SET": "letters",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything each mailer needs, but for the choice of one."""
    for name, value in {**COMPLETE, "OUTREACH_VAR": str(tmp_path), "AWS_CONFIG_FILE": "/nonexistent"}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize(("choice", "kind"), [("smtp", SmtpMailer), ("ses", SesMailer)])
def test_one_variable_chooses_the_mailer(desk: pytest.MonkeyPatch, choice: str, kind: type) -> None:
    desk.setenv("OUTREACH_MAILER", choice)
    office = bootstrap.desk_office(settings.load())
    assert office.mailer
    assert isinstance(office.mailer, kind)
    assert office.mailer.name == choice
    assert "s3cretw0rd" not in repr(office)
    office.ledger.close()


def test_ses_without_a_region_is_refused_in_one_sentence(desk: pytest.MonkeyPatch) -> None:
    desk.setenv("OUTREACH_MAILER", "ses")
    desk.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(bootstrap.NotConnectedError, match="AWS_DEFAULT_REGION is not set"):
        bootstrap.desk_office(settings.load())


SENDGRID = {
    "OUTREACH_MAILER": "sendgrid",
    "SENDGRID_API_KEY": "SG.k3yk3yk3yk3yk3yk3yk3yQ",
    "SENDGRID_WEBHOOK_KEY": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjlM7b6C/e0YluzBmfAH7YH75+LioD+9bMA"
    "YocDGHsqNz6x294DMYNm0Gn4Om9ZAAU8c2M8sEGyHFXhqGwfQAtA==",
}
SES = {"OUTREACH_MAILER": "ses"}


@pytest.mark.parametrize(
    ("own", "ok", "words"),
    [
        ({"OUTREACH_MAILER": "sandbox"}, True, "sandbox"),
        ({"OUTREACH_MAILER": "smtp"}, True, "smtp by mail.company.com:587, with a login"),
        (
            {"OUTREACH_MAILER": "smtp", "OUTREACH_SMTP_URL": ""},
            True,
            "smtp by 127.0.0.1:25, without a login",
        ),
        (SES, True, "ses in us-east-1, configuration set letters"),
        ({**SES, "AWS_DEFAULT_REGION": ""}, False, "AWS_DEFAULT_REGION is not set"),
        ({**SES, "OUTREACH_SES_TOPICS": "letters"}, False, "OUTREACH_SES_TOPICS must hold"),
        ({**SES, "AWS_DEFAULT_REGION": "eu-west-1"}, False, "OUTREACH_SES_TOPICS names a topic outside"),
        ({**SES, "OUTREACH_BASE_URL": ""}, False, "OUTREACH_BASE_URL"),
        ({**SES, "OUTREACH_BASE_URL": "http://127.0.0.1:8000"}, False, "Amazon cannot post to http://127"),
        (SENDGRID, True, "sendgrid for company.com, replies to reply.company.com"),
        (
            {**SENDGRID, "OUTREACH_REPLY_DOMAIN": "company.com"},
            False,
            "OUTREACH_REPLY_DOMAIN must be a domain of its own, such as reply.company.com",
        ),
        ({**SENDGRID, "OUTREACH_BASE_URL": "http://localhost"}, False, "SendGrid cannot post to"),
        (
            {**SENDGRID, "SENDGRID_WEBHOOK_KEY": "MFkwEwYHKoZIzj0C"},
            False,
            "SENDGRID_WEBHOOK_KEY is no",
        ),
    ],
)
def test_the_doctor_s_line_on_the_mailer(
    desk: pytest.MonkeyPatch, own: dict[str, str], ok: bool, words: str
) -> None:
    _nobody_asked(desk)
    for name, value in own.items():
        desk.setenv(name, value)
    try:
        found = next(providers.mailers(settings.load()))
    except settings.BadSettings as refused:
        found = Finding("mailer", False, refused.sentences[0])
    assert (found.what, found.ok) == ("mailer", ok)
    assert found.words.startswith(words)
    assert "s3cretw0rd" not in found.words


def _nobody_asked(desk: pytest.MonkeyPatch) -> None:
    """What providers answer is looked at in tests/mail and tests/dialer."""
    desk.setattr(sendgrid_account, "trouble", lambda key, host: None)
    desk.setattr(ses_account, "troubles", lambda *asked: iter(()))
    desk.setattr(connect_account, "troubles", lambda *asked: iter(()))


@pytest.mark.parametrize(
    ("own", "ok", "words"),
    [
        (SENDGRID, False, "OUTREACH_INBOUND_TOKEN is not set: what customers answer to reply.company.com"),
        (
            {**SENDGRID, "OUTREACH_INBOUND_TOKEN": "9f2c47ab81d05e36b7a4c1f08e5d239a"},
            True,
            "come in by SendGrid's inbound parse of reply.company.com",
        ),
        (
            {**SENDGRID, "SENDGRID_INBOUND_KEY": "MFkwEwYHKoZIzj0C"},
            False,
            "SENDGRID_INBOUND_KEY is no",
        ),
        (SES, True, "OUTREACH_INBOUND_TOKEN is not set"),
    ],
)
def test_the_doctor_s_line_on_replies(
    desk: pytest.MonkeyPatch, own: dict[str, str], ok: bool, words: str
) -> None:
    _nobody_asked(desk)
    for name, value in own.items():
        desk.setenv(name, value)
    found = list(providers.mailers(settings.load()))[-1]
    assert (found.what, found.ok) == ("replies", ok)
    assert found.words.startswith(words)


def test_what_the_providers_say_is_passed_on(desk: pytest.MonkeyPatch) -> None:
    _nobody_asked(desk)
    desk.setattr(sendgrid_account, "trouble", lambda key, host: "no such key")
    desk.setattr(ses_account, "troubles", lambda *asked: iter(["not verified"]))
    desk.setattr(connect_account, "troubles", lambda *asked: iter(["no rule"]))
    for name, value in {**SENDGRID, **CONNECT, "OUTREACH_MAILER": "sendgrid,ses"}.items():
        desk.setenv(name, value)
    ill = [one.words for one in providers.mailers(settings.load()) if not one.ok]
    assert ill[:2] == ["no such key", "not verified"]
    assert [one.words for one in providers.carrier(settings.load(), Calling()) if not one.ok] == ["no rule"]


TWILIO = {
    "OUTREACH_CARRIER": "twilio",
    "TWILIO_ACCOUNT_SID": "AC9f2c47ab81d05e36b7a4c1f08e5d239a",
    "TWILIO_AUTH_TOKEN": "9f2c47ab81d05e36b7a4c1f08e5d239a",
    "OUTREACH_CALLER_IDS": "+13125550190",
}


def test_a_rep_without_a_phone_and_an_address_twilio_cannot_reach(desk: pytest.MonkeyPatch) -> None:
    desk.setattr(twilio_account, "troubles", lambda expected: iter(()))
    for name, value in TWILIO.items():
        desk.setenv(name, value)
    reps = [User(login="ana", phone="+13125550111"), User(login="ben")]
    assert [
        (one.ok, one.words.split(" ")[0]) for one in providers.carrier(settings.load(), Calling(reps))
    ] == [
        (False, "ben"),
        (True, "twilio;"),
    ]
    desk.setenv("OUTREACH_BASE_URL", "http://127.0.0.1:8000")
    (found,) = providers.carrier(settings.load(), Calling(reps))
    assert (found.ok, found.words.startswith("Twilio cannot post to")) == (False, True)


def test_calls_are_placed_with_the_api_key_where_there_is_one(desk: pytest.MonkeyPatch) -> None:
    key = {"TWILIO_API_KEY": "SK9f2c47ab81d05e36b7a4c1f08e5d239a", "TWILIO_API_SECRET": "s3cretw0rds3cret"}
    for name, value in {**TWILIO, **key}.items():
        desk.setenv(name, value)
    office = bootstrap.desk_office(settings.load())
    assert isinstance(office.carrier, TwilioVoice)
    shown = office.carrier._client
    assert (shown.username, shown.password) == tuple(key.values())
    assert shown.account_sid == TWILIO["TWILIO_ACCOUNT_SID"]
    assert office.keys.twilio_auth_token == TWILIO["TWILIO_AUTH_TOKEN"], "webhooks are signed with the token"
    office.ledger.close()


@pytest.mark.parametrize(("version", "ok"), [((7, 2, 4), True), ((6, 2), True), ((6, 0), False), ((), False)])
def test_the_doctor_s_line_on_redis(
    desk: pytest.MonkeyPatch, redis_url: str, version: tuple[int, ...], ok: bool
) -> None:
    desk.setenv("OUTREACH_REDIS_URL", redis_url)
    assert examining._redis(settings.load()).ok, "the one of these tests"
    desk.setattr(Errands, "redis_version", lambda self: version)
    assert examining._redis(settings.load()).ok is ok


def test_a_folder_that_cannot_be_written_to(desk: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert examining._files(settings.load()).ok
    (tmp_path / "taken").write_text("a file")
    desk.setenv("OUTREACH_FILES", str(tmp_path / "taken"))
    found = examining._files(settings.load())
    assert (found.ok, "OUTREACH_FILES" in found.words) == (False, True)


def test_the_doctor_knocks_at_the_mail_server_and_leaves_no_letter(desk: pytest.MonkeyPatch) -> None:
    with serving() as mail:
        desk.setenv("OUTREACH_MAILER", "smtp")
        desk.setenv("OUTREACH_SMTP_URL", f"smtp://127.0.0.1:{mail.port}")
        assert [one.words for one in providers.mailers(settings.load())][1] == "lets us in"
        mail.says["GREETING"] = "554 5.7.1 you are on a list"
        [_, refused, _] = providers.mailers(settings.load())
        assert (refused.ok, refused.words) == (
            False,
            "the mail server does not want us: 554 5.7.1 you are on a list",
        )
        assert not {"MAIL", "DATA"} & {command[:4] for command in mail.commands}


def test_a_second_mailer_stands_by(desk: pytest.MonkeyPatch) -> None:
    desk.setenv("OUTREACH_MAILER", "ses,smtp")
    office = bootstrap.desk_office(settings.load())
    assert office.mailer
    assert (office.mailer.name, [one.name for one in office.standby]) == ("ses", ["smtp"])
    assert office.keys.ses_topics == ("arn:aws:sns:us-east-1:123456789012:letters",)
    office.ledger.close()


@pytest.mark.parametrize("choice", ["sandbox,smtp", "ses,ses", "ses,mailgun"])
def test_mailers_that_do_not_go_together(desk: pytest.MonkeyPatch, choice: str) -> None:
    desk.setenv("OUTREACH_MAILER", choice)
    with pytest.raises(settings.BadSettings, match="OUTREACH_MAILER must"):
        settings.load()


def test_the_sandbox_plays_ses_and_a_real_ses_never_believes_it(desk: pytest.MonkeyPatch) -> None:
    desk.setenv("OUTREACH_MAILER", "sandbox")
    desk.setenv("OUTREACH_SANDBOX_MAIL_PROVIDER", "ses")
    office = bootstrap.desk_office(settings.load())
    assert isinstance(office.mailer, SesMailer)
    assert (office.keys.ses_topics, type(office.keys.sns)) == ((seal.TOPIC,), seal.Seal)
    office.ledger.close()
    desk.setenv("OUTREACH_MAILER", "ses")
    office = bootstrap.desk_office(settings.load())
    assert seal.TOPIC not in office.keys.ses_topics
    assert type(office.keys.sns) is Sns
    office.ledger.close()


def test_connect_rings_customers_first_and_its_events_are_fetched(desk: pytest.MonkeyPatch) -> None:
    for name, value in CONNECT.items():
        desk.setenv(name, value)
    office = bootstrap.desk_office(settings.load())
    assert office.carrier
    assert (office.carrier.name, office.carrier.rings_first) == ("connect", "customer")
    assert office.carrier.interval == timedelta(seconds=0.5), "what a new instance may ask for"
    assert isinstance(office.events, Sqs)
    assert office.keys.connect_instance == CONNECT["OUTREACH_CONNECT_INSTANCE_ID"]
    office.ledger.close()


def test_the_sandbox_plays_connect_without_any_of_the_environment_s_aws(
    desk: pytest.MonkeyPatch,
) -> None:
    desk.setenv("OUTREACH_CARRIER", "sandbox")
    desk.setenv("OUTREACH_SANDBOX_PROVIDER", "connect")
    desk.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    desk.setenv("AWS_PROFILE", "another")
    chosen = settings.load()
    office = bootstrap.desk_office(chosen)
    assert isinstance(office.carrier, AmazonConnect)
    assert isinstance(office.events, Sqs)
    login = bootstrap._sandbox_login(chosen, sandbox_keys.load(chosen.var / "sandbox.json"))
    client = amazon.client("connect", **login)
    assert client.meta.endpoint_url == chosen.sandbox_url
    assert client._request_signer._credentials.access_key == login["aws_access_key_id"]
    office.ledger.close()


def test_connect_without_a_region_is_refused_in_one_sentence(desk: pytest.MonkeyPatch) -> None:
    for name, value in CONNECT.items():
        desk.setenv(name, value)
    desk.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(bootstrap.NotConnectedError, match="AWS_DEFAULT_REGION is not set"):
        bootstrap.desk_office(settings.load())


@pytest.mark.parametrize(
    ("region", "ok", "words"),
    [
        ("us-east-1", True, "connect in us-east-1, instance 9f2c47ab-81d0-4e36-b7a4-c1f08e5d239a, flow 1f2c"),
        ("eu-west-2", False, "OUTREACH_CONNECT_EVENTS_QUEUE_URL is not of eu-west-2"),
        ("", False, "AWS_DEFAULT_REGION is not set"),
    ],
)
def test_the_doctor_s_line_on_connect(desk: pytest.MonkeyPatch, region: str, ok: bool, words: str) -> None:
    _nobody_asked(desk)
    for name, value in {**CONNECT, "AWS_DEFAULT_REGION": region}.items():
        desk.setenv(name, value)
    [found] = providers.carrier(settings.load(), Calling())
    assert (found.what, found.ok) == ("carrier", ok)
    assert found.words.startswith(words)
