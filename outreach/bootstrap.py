"""Settings to an office: the only place that chooses. A second carrier is one more line here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

import outreach
from outreach import embedded_redis, settings
from outreach.dialer.carrier import Carrier
from outreach.dialer.twilio_voice import TwilioVoice
from outreach.errands import Errands, NoErrands
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock, ShiftedClock, WallClock, is_shifted
from outreach.mail import ses_mail
from outreach.mail.mailer import Mailer
from outreach.mail.sendgrid_mail import SendGridMailer
from outreach.mail.ses_mail import NoRegion, SesMailer
from outreach.mail.smtp_mail import SmtpMailer
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.sandbox import keys as sandbox_keys
from outreach.settings import Settings
from outreach.webhooks.sns import Sns

SANDBOX_MAIL_FROM = "Accounts Receivable <billing@outreach.example>"
SANDBOX_REPLY_DOMAIN = "reply.outreach.example"
SANDBOX_CALLS_PER_SECOND = 50.0
"""it queues no calls, whereas a new Twilio account creates one a second"""


class NotConnectedError(Exception):
    """Something a service needs is not there; the sentence says what to do."""


@contextmanager
def ledger_only() -> Iterator[Ledger]:
    """The database alone, for commands that need neither Redis nor a carrier."""
    ledger = open_ledger(settings.load())
    try:
        yield ledger
    finally:
        ledger.close()


def open_ledger(chosen: Settings, *, pooled: bool = True) -> Ledger:
    if chosen.database_url.startswith("sqlite:///"):
        Path(chosen.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return Ledger(chosen.database_url, pooled=pooled)


def desk_office(chosen: Settings) -> Office:
    """An office for commands: whatever is configured, without insisting on Redis, carrier or mailer."""
    ledger = open_ledger(chosen)
    redis_url = chosen.redis_url or embedded_redis.live(chosen.var)
    errands = Errands(redis_url) if redis_url else NoErrands()
    return _office(chosen, ledger, errands, News(redis_url))


def service_office(chosen: Settings, *, pooled: bool = True) -> Office:
    """The office of `web`, `worker` and `tick`. Raises BadSettings or NotConnectedError."""
    chosen.check_service()
    redis_url = redis_of(chosen)
    return _office(chosen, open_ledger(chosen, pooled=pooled), Errands(redis_url), News(redis_url))


def redis_of(chosen: Settings) -> str:
    """The Redis to use: the one the settings name, else the one the demo runs."""
    found = chosen.redis_url or embedded_redis.live(chosen.var)
    if found is None:
        raise NotConnectedError("There is no Redis: set OUTREACH_REDIS_URL, or start `outreach demo`.")
    return found


def policy_file() -> Path:
    """`config/outreach.toml` of this folder, else the one that came with outreach."""
    here = Path("config/outreach.toml")
    return here if here.exists() else Path(outreach.__file__).parents[1] / here


def _office(chosen: Settings, ledger: Ledger, errands: Errands | NoErrands, news: News) -> Office:
    sandboxed = "sandbox" in (chosen.carrier, chosen.mailer)
    keys = sandbox_keys.load(chosen.var / "sandbox.json") if sandboxed else None
    return Office(
        ledger=ledger,
        clock=clock_of(ledger),
        errands=errands,
        news=news,
        files=chosen.files,
        addresses=Addresses(
            base_url=chosen.base_url,
            mail_from=chosen.mail_from or SANDBOX_MAIL_FROM,
            reply_domain=chosen.reply_domain or SANDBOX_REPLY_DOMAIN,
        ),
        keys=_door_keys(chosen, keys),
        secret_keys=tuple(secret.get_secret_value() for secret in chosen.secret_keys or ()),
        carrier=_carrier(chosen, keys),
        mailer=_mailer(chosen, keys),
        caller_ids=_caller_ids(chosen, keys),
    )


def clock_of(ledger: Ledger) -> Clock:
    """The demo's clock wherever its row is; a database without a schema has no demo."""
    if not ledger.has_table("clock_shift"):
        return WallClock()
    with ledger.reading() as session:
        return ShiftedClock(ledger) if is_shifted(session) else WallClock()


def _carrier(chosen: Settings, keys: sandbox_keys.Keys | None) -> Carrier | None:
    if chosen.carrier == "sandbox" and keys:
        return TwilioVoice(
            keys.account_sid,
            keys.auth_token,
            url=chosen.sandbox_url,
            base_url=chosen.base_url,
            calls_per_second=SANDBOX_CALLS_PER_SECOND,
        )
    if chosen.carrier == "twilio" and chosen.twilio_account_sid and chosen.twilio_auth_token:
        return TwilioVoice(
            chosen.twilio_account_sid.get_secret_value(),
            chosen.twilio_auth_token.get_secret_value(),
            url=chosen.twilio_url,
            base_url=chosen.base_url,
        )
    if chosen.carrier == "connect":
        raise NotConnectedError("OUTREACH_CARRIER=connect is not built yet: use twilio or sandbox.")
    return None


def _mailer(chosen: Settings, keys: sandbox_keys.Keys | None) -> Mailer | None:
    if chosen.mailer == "sandbox" and keys:
        return SendGridMailer(keys.sendgrid_api_key, host=chosen.sandbox_url)
    if chosen.mailer == "sendgrid" and chosen.sendgrid_api_key:
        return SendGridMailer(chosen.sendgrid_api_key.get_secret_value(), host=chosen.sendgrid_url)
    if chosen.mailer == "smtp" and chosen.smtp_url:
        return SmtpMailer(chosen.smtp_url.get_secret_value())
    if chosen.mailer == "ses" and chosen.ses_configuration_set:
        return _ses(chosen.ses_configuration_set)
    return None


def _ses(configuration_set: str) -> SesMailer:
    try:
        ses_mail.region()
    except NoRegion as trouble:
        raise NotConnectedError(str(trouble)) from None
    return SesMailer(configuration_set)


def _door_keys(chosen: Settings, keys: sandbox_keys.Keys | None) -> DoorKeys:
    """The sandbox signs with keys of its own, real providers with those of the settings."""
    token, public_key = _shown(chosen.twilio_auth_token), _shown(chosen.sendgrid_webhook_key)
    if keys and chosen.carrier == "sandbox":
        token = keys.auth_token
    if keys and chosen.mailer == "sandbox":
        public_key = keys.sendgrid_webhook_public_key
    ses = chosen.mailer == "ses"
    return DoorKeys(
        twilio_auth_token=token,
        sendgrid_public_key=public_key,
        inbound_tokens=_inbound_tokens(chosen, keys),
        sendgrid_inbound_key=_shown(chosen.sendgrid_inbound_key),
        ses_topics=chosen.ses_topics if ses else (),
        sns=Sns() if ses else None,
    )


def _inbound_tokens(chosen: Settings, keys: sandbox_keys.Keys | None) -> tuple[str, ...]:
    """Those of the settings, besides the sandbox's own."""
    given = tuple(secret.get_secret_value() for secret in chosen.inbound_tokens or ())
    return (*given, keys.inbound_token) if keys and chosen.mailer == "sandbox" else given


def _shown(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _caller_ids(chosen: Settings, keys: sandbox_keys.Keys | None) -> tuple[str, ...]:
    return keys.caller_ids if keys and chosen.carrier == "sandbox" else chosen.caller_ids
