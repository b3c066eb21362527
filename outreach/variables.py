"""The kinds of value an environment variable may hold; each refuses nonsense in words that never show it.

The words complete a sentence that begins with the variable's name.
"""

import base64
import ipaddress
import re
from email.utils import parseaddr
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PLACEHOLDER = re.compile(
    r"change.?me|replace.?me|your.|placeholder|example|dummy|\btodo\b|^x{3,}$|x{6,}|\.\.\.|[<>]|0123456789|1234567890",
    re.I,
)
AMAZON_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAIL_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.I)


def _no_placeholder(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if PLACEHOLDER.search(value) or len(set(value)) < 6:
        raise ValueError("still holds a placeholder; set the real one")
    return secret


def shaped(pattern: str, words: str) -> AfterValidator:
    def check(secret: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, secret.get_secret_value()):
            raise ValueError(f"must be {words}")
        return secret

    return AfterValidator(check)


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _webhook_secret(secret: SecretStr) -> SecretStr:
    """As Standard Webhooks writes it."""
    value = secret.get_secret_value()
    try:
        size = len(base64.b64decode(value.removeprefix("whsec_"), validate=True))
    except ValueError:
        size = 0
    if not value.startswith("whsec_") or not 24 <= size <= 64:
        raise ValueError("must be whsec_ and the base64 of 24 to 64 random bytes: see docs/suspension.md")
    return secret


def _one_or_two_long(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not 1 <= len(secrets) <= 2:
        raise ValueError("takes one value, or two separated by a comma, the new one first")
    if any(len(secret.get_secret_value()) < 32 for secret in secrets):
        raise ValueError("needs 32 characters or more, such as `openssl rand -hex 32` gives")
    return secrets


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://outreach.company.com, without a query")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("must begin with https://: plain http is for loopback only")
    return value.rstrip("/")


def _loopback_url(value: str) -> str:
    if not _is_loopback(urlsplit(value).hostname):
        raise ValueError("must be an address on loopback: the sandbox plays on this machine only")
    return _web_url(value)


def _database_url(value: str) -> str:
    """SQLAlchemy's form; the PostgreSQL driver is psycopg 3 whatever the address says."""
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("must be a database address such as postgresql://user@host/outreach") from None
    kind = url.get_backend_name()
    if kind not in ("sqlite", "postgresql", "postgres"):
        raise ValueError("must name a SQLite or a PostgreSQL database")
    driver = "sqlite" if kind == "sqlite" else "postgresql+psycopg"
    return url.set(drivername=driver).render_as_string(hide_password=False)


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return value


def _smtp_url(secret: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(secret.get_secret_value())
        fits = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number: urlsplit's own words would show it
        parts, fits = urlsplit(""), False
    if not fits or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must be smtp://user:password@host:587 or smtps://user:password@host:465")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("needs both a user and a password, or neither")
    return secret


def _numbers(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"\+[1-9]\d{7,14}", value) for value in values):
        raise ValueError("must hold numbers such as +13125550100, separated by commas")
    return values


def _mail_from(value: str) -> str:
    address = parseaddr(value)[1]
    if not MAIL_DOMAIN.fullmatch(address.partition("@")[2]) or re.search(r"[\r\n]", value):
        raise ValueError("must be a mail address such as Billing <billing@company.com>")
    return value


def _mail_domain(value: str) -> str:
    if not MAIL_DOMAIN.fullmatch(value):
        raise ValueError("must be a domain such as reply.company.com")
    return value.lower()


def _amazon_id(value: str) -> str:
    if PLACEHOLDER.search(value) or len(set(value)) < 6:
        raise ValueError("still holds a placeholder; set the real one")
    if not AMAZON_ID.fullmatch(value):
        raise ValueError("must be the id that ends its ARN: 32 hex digits in five groups, joined by hyphens")
    return value


def _queue_url(value: str) -> str:
    if not re.fullmatch(r"/[0-9]{12}/[A-Za-z0-9_-]{1,80}", urlsplit(_web_url(value)).path):
        raise ValueError("must be a queue's URL, which ends in the account's 12 digits and the queue's name")
    return value


def one_of(*choices: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return BeforeValidator(check)


def some_of(*choices: str, alone: str) -> AfterValidator:
    """Some of them, separated by commas, each once; `alone` takes no other beside it."""

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        if not set(values) <= set(choices):
            raise ValueError(f"must be one of {', '.join(choices)}")
        if len(set(values)) < len(values) or (alone in values and len(values) > 1):
            raise ValueError(f"must name each mailer once, and {alone} only by itself")
        return values

    return AfterValidator(check)


Secret = Annotated[SecretStr, AfterValidator(_no_placeholder)]
RotatingSecret = Annotated[
    tuple[Secret, ...], NoDecode, BeforeValidator(_split), AfterValidator(_one_or_two_long)
]
WebhookSecret = Annotated[Secret, AfterValidator(_webhook_secret)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
AmazonId = Annotated[str, AfterValidator(_amazon_id)]
QueueUrl = Annotated[str, AfterValidator(_queue_url)]
LoopbackUrl = Annotated[str, AfterValidator(_loopback_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
SmtpUrl = Annotated[Secret, AfterValidator(_smtp_url)]
Numbers = Annotated[Words, AfterValidator(_numbers)]
MailFrom = Annotated[str, AfterValidator(_mail_from)]
MailDomain = Annotated[str, AfterValidator(_mail_domain)]
