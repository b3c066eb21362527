"""Settings refuse nonsense by the variable's name and never show its value."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from outreach import settings
from outreach.settings import FIELDS, NEEDS, TOGETHER, BadSettings

EXAMPLE = Path(__file__).parent.parent / "config" / "example.env"

HEX = "9f2c47ab81d05e36b7a4c1f08e5d239a"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SERVICE = {
    "OUTREACH_CARRIER": "twilio",
    "TWILIO_ACCOUNT_SID": f"AC{HEX}",
    "TWILIO_AUTH_TOKEN": HEX,
    "OUTREACH_CALLER_IDS": "+13125550100, +14155550101",
    "OUTREACH_BASE_URL": "https://outreach.company.com",
    "OUTREACH_SECRET_KEY": HEX,
    "OUTREACH_MAILER": "sendgrid",
    "SENDGRID_API_KEY": f"SG.{HEX}",
    "SENDGRID_WEBHOOK_KEY": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + HEX,
    "OUTREACH_MAIL_FROM": "Billing <billing@company.com>",
    "OUTREACH_REPLY_DOMAIN": "reply.company.com",
}
"""Everything Twilio and SendGrid need, and nothing else."""

Give = Callable[[dict[str, str]], None]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Give:
    def give(variables: dict[str, str]) -> None:
        for name in [*FIELDS, *(f"{name}_FILE" for name in FIELDS)]:
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return give


def refusal() -> str:
    with pytest.raises(BadSettings) as refused:
        settings.load().check_service()
    return str(refused.value)


def test_an_empty_environment_serves_the_commands_that_need_only_a_database(
    environment: Give,
) -> None:
    environment({})
    assert settings.load().database_url == "sqlite:///var/outreach.sqlite3"


def test_a_complete_environment_serves(environment: Give) -> None:
    environment(SERVICE)
    loaded = settings.load()
    loaded.check_service()
    assert loaded.caller_ids == ("+13125550100", "+14155550101")
    assert loaded.twilio_auth_token is not None
    assert loaded.twilio_auth_token.get_secret_value() == HEX


@pytest.mark.parametrize("name", SERVICE)
def test_each_variable_is_missed_by_its_name(environment: Give, name: str) -> None:
    environment({other: value for other, value in SERVICE.items() if other != name})
    assert name in refusal()


@pytest.mark.parametrize("name", SERVICE)
def test_an_empty_variable_is_a_missing_one(environment: Give, name: str) -> None:
    environment({**SERVICE, name: ""})
    assert name in refusal()


CHOICES = [
    (variable, choice, name)
    for variable, kinds in NEEDS.items()
    for choice in kinds
    for name in kinds[choice]
]


@pytest.mark.parametrize(("variable", "choice", "name"), CHOICES)
def test_a_carrier_or_mailer_alone_names_everything_it_needs(
    environment: Give, variable: str, choice: str, name: str
) -> None:
    environment({variable: choice})
    assert f"{name} is not set; {variable}={choice} needs it." in refusal()


@pytest.mark.parametrize(("one", "other"), [*TOGETHER, *(pair[::-1] for pair in TOGETHER)])
def test_half_a_pair_names_the_other_half(environment: Give, one: str, other: str) -> None:
    value = "https://operations.company.com" if one.endswith("URL") else HEX
    value = f"SK{HEX}" if one == "TWILIO_API_KEY" else value
    value = WEBHOOK_SECRET if one == "OUTREACH_OPERATIONS_SECRET" else value
    environment({one: value})
    assert f"{other} is not set; {one} is, and needs it." in refusal()


NONSENSE = [
    ("OUTREACH_DATABASE_URL", "mysql://root@host/outreach"),
    ("OUTREACH_DATABASE_URL", "C:\\outreach.db"),
    ("OUTREACH_REDIS_URL", "http://127.0.0.1:6379"),
    ("OUTREACH_BASE_URL", "http://outreach.company.com"),
    ("OUTREACH_BASE_URL", "https://outreach.company.com/?a=1"),
    ("OUTREACH_BASE_URL", "outreach.elsewhere.com"),
    ("OUTREACH_SECRET_KEY", "short-but-not-sweet"),
    ("OUTREACH_SECRET_KEY", f"{HEX},{HEX},{HEX}"),
    ("OUTREACH_SECRET_KEY", "changeme-changeme-changeme-changeme"),
    ("OUTREACH_INBOUND_TOKEN", f"{HEX},short"),
    ("OUTREACH_CARRIER", "Twilio"),
    ("OUTREACH_CARRIER", "none"),
    ("OUTREACH_MAILER", "mailgun"),
    ("OUTREACH_CALLER_IDS", "312-555-0100"),
    ("OUTREACH_CALLER_IDS", "+13125550100;+13125550101"),
    ("TWILIO_ACCOUNT_SID", "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"),
    ("TWILIO_ACCOUNT_SID", "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
    ("TWILIO_ACCOUNT_SID", HEX),
    ("TWILIO_AUTH_TOKEN", "your_auth_token"),
    ("TWILIO_AUTH_TOKEN", "[AuthToken]xxxxxxxx"),
    ("TWILIO_AUTH_TOKEN", "<your token here>"),
    ("TWILIO_API_KEY", f"AC{HEX}"),
    ("TWILIO_TWIML_APP_SID", f"SK{HEX}"),
    ("OUTREACH_TWILIO_URL", "http://api.twilio.com"),
    ("OUTREACH_TWILIO_URL", "http://127.0.0.1.attacker.net"),
    ("SENDGRID_API_KEY", "SG.xxxxxxxx"),
    ("SENDGRID_API_KEY", HEX),
    ("SENDGRID_WEBHOOK_KEY", HEX),
    ("OUTREACH_SENDGRID_URL", "ftp://api.sendgrid.com"),
    ("OUTREACH_MAIL_FROM", "accounts"),
    ("OUTREACH_MAIL_FROM", "Billing <billing@company.com>\r\nBcc: all@company.com"),
    ("OUTREACH_REPLY_DOMAIN", "https://reply.company.com"),
    ("OUTREACH_REPLY_DOMAIN", "reply_company"),
    ("OUTREACH_OPERATIONS_URL", "http://operations.company.com/suspensions"),
    ("OUTREACH_OPERATIONS_SECRET", HEX),
    ("OUTREACH_OPERATIONS_SECRET", "whsec_bm90IGxvbmc="),
    ("OUTREACH_OPERATIONS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"),
    ("OUTREACH_SMTP_URL", "mail.company.com:587"),
    ("OUTREACH_SMTP_URL", "smtp://mail.company.com:submission"),
    ("OUTREACH_SMTP_URL", "smtp://ann@mail.company.com"),
    ("OUTREACH_SMTP_URL", "smtp://ann:p#ssword@mail.company.com"),
    ("OUTREACH_SANDBOX_URL", "https://sandbox.company.com"),
    ("OUTREACH_SANDBOX_PROVIDER", "vonage"),
    ("OUTREACH_OPERATIONS_URL", "http://10.0.0.7/hook"),
    ("OUTREACH_CONNECT_EVENTS_QUEUE_URL", "sqs"),
    ("OUTREACH_CONNECT_EVENTS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/"),
    ("OUTREACH_CONNECT_EVENTS_QUEUE_URL", "http://sqs.us-east-1.amazonaws.com/555501005550/events"),
    ("OUTREACH_CONNECT_INSTANCE_ID", "our-instance"),
    ("OUTREACH_CONNECT_INSTANCE_ID", "00000000-0000-0000-0000-000000000000"),
    ("OUTREACH_CONNECT_FLOW_ID", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
    ("OUTREACH_CONNECT_QUEUE_ID", "<your queue id>"),
]


@pytest.mark.parametrize(("name", "value"), NONSENSE)
def test_nonsense_is_refused_by_name_and_never_shown(environment: Give, name: str, value: str) -> None:
    environment({**SERVICE, name: value})
    words = refusal()
    assert words.startswith(f"{name} ")
    assert value not in words


GOOD = [
    ("OUTREACH_DATABASE_URL", "postgresql://me@host/outreach", "postgresql+psycopg://me@host/outreach"),
    (
        "OUTREACH_DATABASE_URL",
        "postgres://me:secret@host/outreach",
        "postgresql+psycopg://me:secret@host/outreach",
    ),
    ("OUTREACH_DATABASE_URL", "sqlite:////srv/outreach.sqlite3", "sqlite:////srv/outreach.sqlite3"),
    (
        "OUTREACH_REDIS_URL",
        "rediss://:word@redis.company.com:6380/1",
        "rediss://:word@redis.company.com:6380/1",
    ),
    ("OUTREACH_BASE_URL", "https://outreach.company.com/", "https://outreach.company.com"),
    ("OUTREACH_TWILIO_URL", "http://127.0.0.1:8010", "http://127.0.0.1:8010"),
    ("OUTREACH_SANDBOX_URL", "http://[::1]:8010", "http://[::1]:8010"),
    ("OUTREACH_REPLY_DOMAIN", "Reply.Company.com", "reply.company.com"),
    ("OUTREACH_SES_TOPICS", "arn:one, arn:two", ("arn:one", "arn:two")),
]


def test_one_folder_moves_everything(environment: Give) -> None:
    environment({"OUTREACH_VAR": "/srv/outreach"})
    loaded = settings.load()
    assert loaded.database_url == "sqlite:////srv/outreach/outreach.sqlite3"
    assert loaded.files == Path("/srv/outreach/files")


@pytest.mark.parametrize(("name", "value", "held"), GOOD)
def test_what_fits_is_held_in_one_form(environment: Give, name: str, value: str, held: object) -> None:
    environment({name: value})
    assert getattr(settings.load(), FIELDS[name]) == held


@pytest.mark.parametrize("name", ["OUTREACH_SECRET_KEY", "OUTREACH_INBOUND_TOKEN"])
def test_a_rotated_secret_holds_two_values_the_new_one_first(environment: Give, name: str) -> None:
    old, new = HEX, HEX[::-1]
    environment({name: f"{new}, {old}"})
    held = getattr(settings.load(), FIELDS[name])
    assert [secret.get_secret_value() for secret in held] == [new, old]


@pytest.mark.parametrize("name", ["TWILIO_AUTH_TOKEN", "OUTREACH_SECRET_KEY", "OUTREACH_CALLER_IDS"])
def test_a_variable_may_come_from_a_file(environment: Give, name: str, tmp_path: Path) -> None:
    given = {**SERVICE}
    secret = tmp_path / "secret"
    secret.write_text(given.pop(name) + "\n")
    environment(SERVICE)
    direct = getattr(settings.load(), FIELDS[name])
    environment({**given, f"{name}_FILE": str(secret)})
    assert getattr(settings.load(), FIELDS[name]) == direct


def test_a_variable_and_its_file_are_one_too_many(environment: Give, tmp_path: Path) -> None:
    environment({**SERVICE, "TWILIO_AUTH_TOKEN_FILE": str(tmp_path)})
    assert refusal() == "TWILIO_AUTH_TOKEN and TWILIO_AUTH_TOKEN_FILE are both set; keep one."


def test_a_file_that_cannot_be_read_is_named(environment: Give, tmp_path: Path) -> None:
    environment({"TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "absent")})
    assert refusal() == "TWILIO_AUTH_TOKEN_FILE names a file that cannot be read."


def test_settings_show_no_secret_and_never_change(environment: Give) -> None:
    environment({**SERVICE, "OUTREACH_DATABASE_URL": f"postgresql://me:{HEX}@host/outreach"})
    loaded = settings.load()
    assert HEX not in repr(loaded)
    assert HEX not in str(loaded)
    with pytest.raises(ValueError, match="frozen"):
        loaded.base_url = "https://elsewhere.company.com"  # type: ignore[misc]


def test_the_example_lists_every_variable_with_a_sentence() -> None:
    lines = EXAMPLE.read_text().splitlines()
    listed = {
        name: lines[number - 1]
        for number, line in enumerate(lines)
        if (name := line.removesuffix("=")) != line
    }
    assert set(listed) == set(FIELDS)
    assert all(re.fullmatch(r"# .+\.", sentence) for sentence in listed.values())
