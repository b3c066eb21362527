"""The environment, read once into frozen values. Nonsense is refused by its variable's name alone.

Every variable may also be given as NAME_FILE, the path of a file that holds it; `config/example.env` says
what each is for. A real carrier or mailer is used only when asked for by name and with every secret it needs.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from outreach.variables import (
    AmazonId,
    DatabaseUrl,
    LoopbackUrl,
    MailDomain,
    MailFrom,
    Numbers,
    QueueUrl,
    RedisUrl,
    RotatingSecret,
    Secret,
    SmtpUrl,
    WebhookSecret,
    WebUrl,
    Words,
    one_of,
    shaped,
    some_of,
)

CarrierName = Literal["sandbox", "twilio", "connect"]

TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "OUTREACH_CALLER_IDS", "OUTREACH_BASE_URL")
CONNECT = tuple(
    f"OUTREACH_CONNECT_{name}" for name in ("INSTANCE_ID", "FLOW_ID", "QUEUE_ID", "EVENTS_QUEUE_URL")
)
MAIL = ("OUTREACH_MAIL_FROM", "OUTREACH_REPLY_DOMAIN", "OUTREACH_BASE_URL")
NEEDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "OUTREACH_CARRIER": {"sandbox": (), "twilio": TWILIO, "connect": (*CONNECT, "OUTREACH_CALLER_IDS")},
        "OUTREACH_MAILER": {
            "sandbox": (),
            "sendgrid": ("SENDGRID_API_KEY", "SENDGRID_WEBHOOK_KEY", *MAIL),
            "ses": ("OUTREACH_SES_TOPICS", "OUTREACH_SES_CONFIGURATION_SET", *MAIL),
            "smtp": MAIL,
        },
    }
)
"""What each choice of a carrier or mailer needs besides its name."""

TOGETHER = (
    ("TWILIO_API_KEY", "TWILIO_API_SECRET"),
    ("OUTREACH_OPERATIONS_URL", "OUTREACH_OPERATIONS_SECRET"),
)


class BadSettings(Exception):
    """The environment does not fit; each sentence names a variable and what it needs."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(BaseSettings):
    """What the environment says. Every field is named by its variable in `config/example.env`."""

    model_config = SettingsConfigDict(
        frozen=True,
        case_sensitive=True,
        env_ignore_empty=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
        extra="ignore",
    )

    var: Path = Field(Path("var"), alias="OUTREACH_VAR")
    database_url: DatabaseUrl = Field(
        default_factory=lambda data: f"sqlite:///{data['var'] / 'outreach.sqlite3'}",
        alias="OUTREACH_DATABASE_URL",
        repr=False,
    )
    redis_url: RedisUrl | None = Field(None, alias="OUTREACH_REDIS_URL", repr=False)
    files: Path = Field(default_factory=lambda data: data["var"] / "files", alias="OUTREACH_FILES")
    base_url: WebUrl = Field("http://127.0.0.1:8000", alias="OUTREACH_BASE_URL")
    secret_keys: RotatingSecret | None = Field(None, alias="OUTREACH_SECRET_KEY")

    carrier: Annotated[CarrierName, one_of("sandbox", "twilio", "connect")] | None = Field(
        None, alias="OUTREACH_CARRIER"
    )
    caller_ids: Numbers = Field((), alias="OUTREACH_CALLER_IDS")
    twilio_account_sid: Annotated[Secret, shaped("AC[0-9a-f]{32}", "AC and 32 hex digits")] | None = Field(
        None, alias="TWILIO_ACCOUNT_SID"
    )
    twilio_auth_token: Secret | None = Field(None, alias="TWILIO_AUTH_TOKEN")
    twilio_api_key: Annotated[Secret, shaped("SK[0-9a-f]{32}", "SK and 32 hex digits")] | None = Field(
        None, alias="TWILIO_API_KEY"
    )
    twilio_api_secret: Secret | None = Field(None, alias="TWILIO_API_SECRET")
    twilio_twiml_app_sid: Annotated[Secret, shaped("AP[0-9a-f]{32}", "AP and 32 hex digits")] | None = Field(
        None, alias="TWILIO_TWIML_APP_SID"
    )
    twilio_url: WebUrl = Field("https://api.twilio.com", alias="OUTREACH_TWILIO_URL")
    connect_instance_id: AmazonId | None = Field(None, alias="OUTREACH_CONNECT_INSTANCE_ID")
    connect_flow_id: AmazonId | None = Field(None, alias="OUTREACH_CONNECT_FLOW_ID")
    connect_queue_id: AmazonId | None = Field(None, alias="OUTREACH_CONNECT_QUEUE_ID")
    connect_events_queue_url: QueueUrl | None = Field(None, alias="OUTREACH_CONNECT_EVENTS_QUEUE_URL")

    mailers: Annotated[Words, some_of("sandbox", "sendgrid", "ses", "smtp", alone="sandbox")] = Field(
        (), alias="OUTREACH_MAILER"
    )
    mail_from: MailFrom | None = Field(None, alias="OUTREACH_MAIL_FROM")
    reply_domain: MailDomain | None = Field(None, alias="OUTREACH_REPLY_DOMAIN")
    inbound_tokens: RotatingSecret | None = Field(None, alias="OUTREACH_INBOUND_TOKEN")
    sendgrid_api_key: Annotated[Secret, shaped(r"SG\..{20,}", "a key that begins with SG.")] | None = Field(
        None, alias="SENDGRID_API_KEY"
    )
    sendgrid_webhook_key: (
        Annotated[
            Secret, shaped(r"MFkw[A-Za-z0-9+/]+=*", "the public key SendGrid shows, beginning with MFkw")
        ]
        | None
    ) = Field(None, alias="SENDGRID_WEBHOOK_KEY")
    sendgrid_inbound_key: Secret | None = Field(None, alias="SENDGRID_INBOUND_KEY")
    sendgrid_url: WebUrl = Field("https://api.sendgrid.com", alias="OUTREACH_SENDGRID_URL")
    ses_topics: Words = Field((), alias="OUTREACH_SES_TOPICS")
    ses_configuration_set: str | None = Field(None, alias="OUTREACH_SES_CONFIGURATION_SET")
    smtp_url: SmtpUrl = Field(SecretStr("smtp://127.0.0.1:25"), alias="OUTREACH_SMTP_URL")

    sandbox_url: LoopbackUrl = Field("http://127.0.0.1:8010", alias="OUTREACH_SANDBOX_URL")
    sandbox_provider: Annotated[Literal["twilio", "connect"], one_of("twilio", "connect")] = Field(
        "twilio", alias="OUTREACH_SANDBOX_PROVIDER"
    )
    sandbox_mail_provider: Annotated[Literal["sendgrid", "ses"], one_of("sendgrid", "ses")] = Field(
        "sendgrid", alias="OUTREACH_SANDBOX_MAIL_PROVIDER"
    )
    operations_url: WebUrl | None = Field(None, alias="OUTREACH_OPERATIONS_URL")
    operations_secret: WebhookSecret | None = Field(None, alias="OUTREACH_OPERATIONS_SECRET")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, NamedFiles(settings_cls)

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        missing = [
            f"{name} is not set; {variable}={choice} needs it."
            for variable, choice in self._choices()
            for name in NEEDS[variable].get(choice, ())
            if not self.has(name)
        ]
        missing += [
            f"{one} is not set; {other} is, and needs it."
            for pair in TOGETHER
            for one, other in (pair, pair[::-1])
            if self.has(other) and not self.has(one)
        ]
        if missing:
            raise ValueError("\n".join(missing))
        return self

    @property
    def mailer(self) -> str | None:
        """The first choice."""
        return self.mailers[0] if self.mailers else None

    def _choices(self) -> list[tuple[str, str]]:
        return [("OUTREACH_CARRIER", self.carrier or ""), *(("OUTREACH_MAILER", one) for one in self.mailers)]

    @property
    def plays_connect(self) -> bool:
        """Amazon Connect rings, or the sandbox plays it."""
        sandboxed = self.carrier == "sandbox" and self.sandbox_provider == "connect"
        return sandboxed or self.carrier == "connect"

    def has(self, variable: str) -> bool:
        """True if this variable was given, whatever its default."""
        field = FIELDS[variable]
        return field in self.model_fields_set and bool(getattr(self, field))

    def check_service(self) -> None:
        """`web`, `worker` and `tick` choose nothing by themselves. Raises BadSettings."""
        unset = [
            name
            for name in ("OUTREACH_CARRIER", "OUTREACH_MAILER", "OUTREACH_SECRET_KEY")
            if not self.has(name)
        ]
        if unset:
            raise BadSettings([f"{name} is not set; see config/example.env." for name in unset])


class NamedFiles(PydanticBaseSettingsSource):
    """NAME_FILE: the path of a file that holds NAME, as container platforms hand out secrets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = str(field.alias)
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, name, False
        if os.environ.get(name):
            raise BadSettings([f"{name} and {name}_FILE are both set; keep one."])
        try:
            return Path(path).read_text(encoding="utf-8").strip(), name, False
        except (OSError, UnicodeDecodeError):
            raise BadSettings([f"{name}_FILE names a file that cannot be read."]) from None

    def __call__(self) -> dict[str, Any]:
        found = (self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items())
        return {name: value for value, name, _ in found if value}


FIELDS: Mapping[str, str] = MappingProxyType(
    {str(field.alias): name for name, field in Settings.model_fields.items()}
)
"""Every variable of the environment and the field that holds it."""


def load() -> Settings:
    """This process's settings. Raises BadSettings, with a sentence for each variable that does not fit."""
    try:
        return Settings()
    except ValidationError as error:
        sentences = [sentence for problem in error.errors() for sentence in _sentences(problem)]
        raise BadSettings(list(dict.fromkeys(sentences))) from None


def _sentences(problem: Any) -> list[str]:
    words = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else "does not fit"
    return [f"{problem['loc'][0]} {words}."] if problem["loc"] else words.splitlines()
