"""Settings to an office: the only place that chooses. A second carrier is one more line here."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from outreach import amazon, embedded_redis, settings
from outreach.campaigns.suspension.standard_webhooks import OperationsHook
from outreach.dialer.amazon_connect import AmazonConnect
from outreach.dialer.carrier import Carrier
from outreach.dialer.twilio_voice import TwilioVoice
from outreach.errands import Errands, NoErrands
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock, ShiftedClock, WallClock, is_shifted
from outreach.mail.mailer import Mailer
from outreach.mail.sendgrid_mail import SendGridMailer
from outreach.mail.ses_mail import SesMailer
from outreach.mail.smtp_mail import SmtpMailer
from outreach.news import News
from outreach.office import Addresses, DoorKeys, EventQueue, Notices, Office
from outreach.sandbox import keys as sandbox_keys
from outreach.sandbox import seal
from outreach.settings import Settings
from outreach.webhooks.sns import Sns
from outreach.webhooks.sqs import Sqs

SANDBOX_KEYS = "sandbox.json"
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


def _office(chosen: Settings, ledger: Ledger, errands: Errands | NoErrands, news: News) -> Office:
    sandboxed = "sandbox" in (chosen.carrier, chosen.mailer)
    keys = sandbox_keys.load(chosen.var / SANDBOX_KEYS) if sandboxed else None
    mailers = tuple(mailer for name in chosen.mailers if (mailer := _mailer(name, chosen, keys)))
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
        mailer=mailers[0] if mailers else None,
        standby=mailers[1:],
        caller_ids=_caller_ids(chosen, keys),
        events=_events(chosen, keys),
        operations=_operations(chosen),
    )


def clock_of(ledger: Ledger) -> Clock:
    """The demo's clock wherever its row is; a database without a schema has no demo."""
    if not ledger.has_table("clock_shift"):
        return WallClock()
    with ledger.reading() as session:
        return ShiftedClock(ledger) if is_shifted(session) else WallClock()


def _carrier(chosen: Settings, keys: sandbox_keys.Keys | None) -> Carrier | None:
    if chosen.plays_connect:
        return _amazon_connect(chosen, keys)
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
            api_key=twilio_api_key(chosen),
        )
    return None


def twilio_api_key(chosen: Settings) -> tuple[str, str] | None:
    """What calls are placed with instead of the auth token, where it is set."""
    key, secret = _shown(chosen.twilio_api_key), _shown(chosen.twilio_api_secret)
    return (key, secret) if key and secret else None


def _amazon_connect(chosen: Settings, keys: sandbox_keys.Keys | None) -> AmazonConnect:
    if keys and chosen.carrier == "sandbox":
        return AmazonConnect(
            instance_id=keys.connect_instance_id,
            flow_id=keys.connect_flow_id,
            queue_id=keys.connect_queue_id,
            connect=partial(amazon.client, "connect", **_sandbox_login(chosen, keys)),
            requests_per_second=SANDBOX_CALLS_PER_SECOND,
        )
    try:
        region = amazon.region("OUTREACH_CARRIER=connect")
    except amazon.NoRegion as trouble:
        raise NotConnectedError(str(trouble)) from None
    return AmazonConnect(
        instance_id=chosen.connect_instance_id or "",
        flow_id=chosen.connect_flow_id or "",
        queue_id=chosen.connect_queue_id or "",
        connect=partial(amazon.client, "connect", region_name=region),
    )


def _events(chosen: Settings, keys: sandbox_keys.Keys | None) -> EventQueue | None:
    """The queue of a carrier that does not come to the door."""
    if not chosen.plays_connect:
        return None
    if keys and chosen.carrier == "sandbox":
        url = f"{chosen.sandbox_url}/{sandbox_keys.EVENTS_QUEUE}"
        return Sqs(url, connect=partial(amazon.client, "sqs", **_sandbox_login(chosen, keys)))
    url = chosen.connect_events_queue_url or ""
    region = amazon.region("OUTREACH_CARRIER=connect")
    return Sqs(url, connect=partial(amazon.client, "sqs", region_name=region))


def _sandbox_login(chosen: Settings, keys: sandbox_keys.Keys) -> dict[str, str]:
    """All of it given, so that nothing of the environment's own AWS settings is ever used."""
    return {
        "url": chosen.sandbox_url,
        "region_name": sandbox_keys.AWS_REGION,
        "aws_access_key_id": keys.aws_access_key_id,
        "aws_secret_access_key": keys.auth_token,
    }


def _operations(chosen: Settings) -> OperationsHook | None:
    secret = _shown(chosen.operations_secret)
    return OperationsHook(chosen.operations_url, secret) if chosen.operations_url and secret else None


def _mailer(name: str, chosen: Settings, keys: sandbox_keys.Keys | None) -> Mailer | None:
    if name == "sandbox" and keys and chosen.sandbox_mail_provider == "ses":
        return _sandbox_ses(chosen.sandbox_url, keys)
    if name == "sandbox" and keys:
        return SendGridMailer(keys.sendgrid_api_key, host=chosen.sandbox_url)
    if name == "sendgrid" and chosen.sendgrid_api_key:
        return SendGridMailer(chosen.sendgrid_api_key.get_secret_value(), host=chosen.sendgrid_url)
    if name == "smtp":
        return SmtpMailer(chosen.smtp_url.get_secret_value())
    if name == "ses" and chosen.ses_configuration_set:
        return _ses(chosen.ses_configuration_set)
    return None


def _sandbox_ses(url: str, keys: sandbox_keys.Keys) -> SesMailer:
    """The adapter as it is, with an address and keys that lead nowhere else."""
    login = {"aws_access_key_id": keys.aws_access_key_id, "aws_secret_access_key": keys.api_secret}
    there = partial(amazon.client, "sesv2", url=url, region_name=seal.REGION, **login)
    return SesMailer("sandbox", connect=there)


def _ses(configuration_set: str) -> SesMailer:
    try:
        amazon.region("OUTREACH_MAILER=ses")
    except amazon.NoRegion as trouble:
        raise NotConnectedError(str(trouble)) from None
    return SesMailer(configuration_set)


def _door_keys(chosen: Settings, keys: sandbox_keys.Keys | None) -> DoorKeys:
    """The sandbox signs with keys of its own, real providers with those of the settings."""
    token, public_key = _shown(chosen.twilio_auth_token), _shown(chosen.sendgrid_webhook_key)
    account_sid = _shown(chosen.twilio_account_sid)
    if keys and chosen.carrier == "sandbox":
        token, account_sid = keys.auth_token, keys.account_sid
    if keys and chosen.mailer == "sandbox":
        public_key = keys.sendgrid_webhook_public_key
    topics, sns = _sns(chosen)
    return DoorKeys(
        twilio_auth_token=token,
        twilio_account_sid=account_sid,
        sendgrid_public_key=public_key,
        inbound_tokens=_inbound_tokens(chosen, keys),
        sendgrid_inbound_key=_shown(chosen.sendgrid_inbound_key),
        ses_topics=topics,
        sns=sns,
        connect_instance=_connect_instance(chosen, keys),
        operations_secret=_shown(chosen.operations_secret),
    )


def _sns(chosen: Settings) -> tuple[tuple[str, ...], Notices | None]:
    """Whose notices of SES are believed: Amazon's, the sandbox's, or nobody's; never both."""
    if "ses" in chosen.mailers:
        return chosen.ses_topics, Sns()
    if chosen.mailer == "sandbox" and chosen.sandbox_mail_provider == "ses":
        return (seal.TOPIC,), seal.load(chosen.var / SANDBOX_KEYS)
    return (), None


def _connect_instance(chosen: Settings, keys: sandbox_keys.Keys | None) -> str | None:
    if not chosen.plays_connect:
        return None
    return keys.connect_instance_id if keys and chosen.carrier == "sandbox" else chosen.connect_instance_id


def _inbound_tokens(chosen: Settings, keys: sandbox_keys.Keys | None) -> tuple[str, ...]:
    """Those of the settings, besides the sandbox's own."""
    given = tuple(secret.get_secret_value() for secret in chosen.inbound_tokens or ())
    return (*given, keys.inbound_token) if keys and chosen.mailer == "sandbox" else given


def _shown(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _caller_ids(chosen: Settings, keys: sandbox_keys.Keys | None) -> tuple[str, ...]:
    return keys.caller_ids if keys and chosen.carrier == "sandbox" else chosen.caller_ids
