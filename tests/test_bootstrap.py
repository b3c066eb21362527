"""Settings to an office."""

from datetime import timedelta
from pathlib import Path

import pytest

from outreach import bootstrap, doctor, settings
from outreach.dialer import amazon_client
from outreach.dialer.amazon_connect import AmazonConnect
from outreach.doctor import Finding
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
    "SENDGRID_WEBHOOK_KEY": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
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
    ],
)
def test_the_doctor_s_line_on_the_mailer(
    desk: pytest.MonkeyPatch, own: dict[str, str], ok: bool, words: str
) -> None:
    for name, value in own.items():
        desk.setenv(name, value)
    try:
        found = next(doctor._mailers(settings.load()))
    except settings.BadSettings as refused:
        found = Finding("mailer", False, refused.sentences[0])
    assert (found.what, found.ok) == ("mailer", ok)
    assert found.words.startswith(words)
    assert "s3cretw0rd" not in found.words


def test_the_doctor_knocks_at_the_mail_server_and_leaves_no_letter(desk: pytest.MonkeyPatch) -> None:
    with serving() as mail:
        desk.setenv("OUTREACH_MAILER", "smtp")
        desk.setenv("OUTREACH_SMTP_URL", f"smtp://127.0.0.1:{mail.port}")
        assert [one.words for one in doctor._mailers(settings.load())][1:] == ["lets us in"]
        mail.says["GREETING"] = "554 5.7.1 you are on a list"
        [_, refused] = doctor._mailers(settings.load())
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
    client = amazon_client.client("connect", **login)
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
    for name, value in {**CONNECT, "AWS_DEFAULT_REGION": region}.items():
        desk.setenv(name, value)
    [found] = doctor._carrier(settings.load())
    assert (found.what, found.ok) == ("carrier", ok)
    assert found.words.startswith(words)
