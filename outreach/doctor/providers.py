"""The carrier's and the mailers' side of an installation: what the settings show, and what they say.

They are asked without ringing or writing to anybody. What can be seen here comes first: while that is wrong,
asking would only hide it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from pydantic import SecretStr

from outreach import amazon
from outreach.bootstrap import twilio_api_key
from outreach.dialer import connect_account, twilio_account
from outreach.doctor.finding import Finding
from outreach.ledger.people import User
from outreach.mail import sendgrid_account, ses_account, smtp_mail
from outreach.mail.smtp_mail import SmtpMailer
from outreach.settings import Settings
from outreach.webhooks.sendgrid_mail import public_key
from outreach.webhooks.sns import TOPIC


@dataclass(frozen=True, slots=True)
class Calling:
    """Who shall call, and the countries that our own rules let them call."""

    reps: Sequence[User] = ()
    countries: Sequence[str] = ()


def carrier(chosen: Settings, calling: Calling) -> Iterator[Finding]:
    looks = {"twilio": _twilio, "connect": _connect}
    look = looks.get(chosen.carrier or "")
    yield from look(chosen, calling) if look else [Finding("carrier", True, f"{chosen.carrier}")]


def _twilio(chosen: Settings, calling: Calling) -> Iterator[Finding]:
    """Twilio itself is asked: most of what goes wrong stands in its console, not here."""
    if _is_near(chosen.base_url):
        yield _unreachable("Twilio", chosen, "carrier")
        return
    for rep in calling.reps:
        if not rep.phone:
            words = (
                f"{rep.login} has no phone for Twilio to ring: add it, as `outreach user add --phone` does"
            )
            yield Finding("carrier", False, words)
    account_sid, auth_token = chosen.twilio_account_sid, chosen.twilio_auth_token
    expected = twilio_account.Expected(
        account_sid.get_secret_value() if account_sid else "",
        auth_token.get_secret_value() if auth_token else "",
        chosen.twilio_url,
        chosen.caller_ids or (),
        f"{chosen.base_url.rstrip('/')}/webhooks/twilio/inbound",
        calling.countries,
        twilio_api_key(chosen),
    )
    found = [Finding("carrier", False, words) for words in twilio_account.troubles(expected)]
    yield from found or [Finding("carrier", True, "twilio; the account and its numbers are ready")]


def _connect(chosen: Settings, calling: Calling) -> Iterator[Finding]:
    try:
        region = amazon.region("OUTREACH_CARRIER=connect")
    except amazon.NoRegion as trouble:
        yield Finding("carrier", False, str(trouble))
        return
    queue = urlsplit(chosen.connect_events_queue_url or "")
    if f".{region}." not in f".{queue.hostname}.":
        words = f"OUTREACH_CONNECT_EVENTS_QUEUE_URL is not of {region}: events and calls share one region"
        yield Finding("carrier", False, words)
        return
    words = f"connect in {region}, instance {chosen.connect_instance_id}, flow {chosen.connect_flow_id}"
    yield Finding("carrier", True, f"{words}, events in {queue.path.rpartition('/')[2]}")
    expected = connect_account.Expected(
        chosen.connect_instance_id or "",
        chosen.connect_flow_id or "",
        chosen.connect_queue_id or "",
        chosen.caller_ids,
        [rep.login for rep in calling.reps],
        chosen.connect_events_queue_url or "",
    )
    try:
        clients = [amazon.client(name, region_name=region) for name in ("connect", "sqs", "events")]
    except BotoCoreError as error:
        yield Finding("carrier", False, f"AWS' own settings cannot be used: {error}")
        return
    for words in connect_account.troubles(expected, connect_account.Amazon(*clients)):
        yield Finding("carrier", False, words)


def mailers(chosen: Settings) -> Iterator[Finding]:
    """Each mailer in its turn, and then where answers come in."""
    looks = {"sendgrid": _sendgrid, "ses": _ses, "smtp": _smtp}
    for name in chosen.mailers:
        look = looks.get(name)
        yield from look(chosen) if look else [Finding("mailer", True, name)]
    if chosen.mailer != "sandbox":
        yield _replies(chosen)


def _sendgrid(chosen: Settings) -> Iterator[Finding]:
    sender = _sender(chosen).rpartition("@")[2]
    if _is_near(chosen.base_url):
        yield _unreachable("SendGrid", chosen)
    elif chosen.reply_domain == sender:
        words = f"OUTREACH_REPLY_DOMAIN must be a domain of its own, such as reply.{sender}"
        yield Finding("mailer", False, f"{words}: its MX is SendGrid's")
    elif not _is_key(chosen.sendgrid_webhook_key):
        yield _no_key("SENDGRID_WEBHOOK_KEY")
    elif trouble := sendgrid_account.trouble(_shown(chosen.sendgrid_api_key), chosen.sendgrid_url):
        yield Finding("mailer", False, trouble)
    else:
        yield Finding("mailer", True, f"sendgrid for {sender}, replies to {chosen.reply_domain}")


def _ses(chosen: Settings) -> Iterator[Finding]:
    try:
        region = amazon.region("OUTREACH_MAILER=ses")
    except amazon.NoRegion as trouble:
        yield Finding("mailer", False, str(trouble))
        return
    if wrong := _wrong_of_ses(chosen, region):
        yield wrong
        return
    yield Finding("mailer", True, f"ses in {region}, configuration set {chosen.ses_configuration_set}")
    expected = ses_account.Expected(
        _sender(chosen),
        chosen.ses_configuration_set or "",
        chosen.ses_topics,
        f"{chosen.base_url.rstrip('/')}/webhooks/ses",
    )
    try:
        ses, sns = (amazon.client(name, region_name=region) for name in ("sesv2", "sns"))
    except BotoCoreError as error:
        yield Finding("mailer", False, f"AWS' own settings cannot be used: {error}")
        return
    yield from (Finding("mailer", False, words) for words in ses_account.troubles(expected, ses, sns))


def _wrong_of_ses(chosen: Settings, region: str) -> Finding | None:
    topics = [TOPIC.fullmatch(topic) for topic in chosen.ses_topics]
    if not all(topics):
        words = "OUTREACH_SES_TOPICS must hold topics such as arn:aws:sns:us-east-1:123456789012:letters"
        return Finding("mailer", False, words)
    if any(topic and topic[2] != region for topic in topics):
        words = f"OUTREACH_SES_TOPICS names a topic outside {region}: SES publishes to its own region only"
        return Finding("mailer", False, words)
    return _unreachable("Amazon", chosen) if _is_near(chosen.base_url) else None


def _smtp(chosen: Settings) -> Iterator[Finding]:
    there = smtp_mail.server(chosen.smtp_url.get_secret_value())
    login = "with a login" if there.user else "without a login"
    yield Finding("mailer", True, f"smtp by {there.host}:{there.port}, {login}")
    why = SmtpMailer(chosen.smtp_url.get_secret_value()).trouble()
    yield Finding("mail server", not why, why or "lets us in")


def _replies(chosen: Settings) -> Finding:
    """Whether answers to letters find their way in, as far as the settings tell."""
    if chosen.sendgrid_inbound_key and not _is_key(chosen.sendgrid_inbound_key):
        return _no_key("SENDGRID_INBOUND_KEY", "replies")
    if chosen.inbound_tokens:
        return Finding("replies", True, f"come in by SendGrid's inbound parse of {chosen.reply_domain}")
    words = (
        f"OUTREACH_INBOUND_TOKEN is not set: what customers answer to {chosen.reply_domain} does not come in"
    )
    if "sendgrid" in chosen.mailers:
        return Finding("replies", False, f"{words}; see docs/sendgrid.md")
    return Finding("replies", True, f"{words}: its mail must go to a mailbox that people read")


def _sender(chosen: Settings) -> str:
    return parseaddr(chosen.mail_from or "")[1].lower()


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _is_key(secret: SecretStr | None) -> bool:
    try:
        public_key(_shown(secret))
    except ValueError:
        return False
    return True


def _no_key(variable: str, what: str = "mailer") -> Finding:
    words = f"{variable} is no public key: copy the whole of it, or nothing that SendGrid posts is believed"
    return Finding(what, False, words)


def _unreachable(who: str, chosen: Settings, what: str = "mailer") -> Finding:
    words = f"{who} cannot post to {chosen.base_url}: set OUTREACH_BASE_URL to your https address"
    return Finding(what, False, words)


def _is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
