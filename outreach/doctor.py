"""What is wrong with this installation, one finding a line, in the order in which to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from outreach import settings
from outreach.bootstrap import NotConnectedError, open_ledger, policy_file, redis_of, twilio_api_key
from outreach.dialer import amazon_client, twilio_account
from outreach.errands import Errands
from outreach.ledger import knocks, policies, schema
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock, database_time
from outreach.mail import ses_mail, smtp_mail
from outreach.mail.ses_mail import NoRegion
from outreach.mail.smtp_mail import SmtpMailer
from outreach.settings import BadSettings, Settings
from outreach.webhooks.sns import TOPIC

SKEW = timedelta(seconds=5)
"""How far this machine's clock may be from the database's before leases are in danger."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `words` say what was found, and if it is not well, what to do."""

    what: str
    ok: bool
    words: str

    def document(self) -> dict[str, object]:
        return {"what": self.what, "ok": self.ok, "words": self.words}


def examine() -> Iterator[Finding]:
    """Look at everything that can be looked at; what depends on something ill is left out."""
    try:
        chosen = settings.load()
        chosen.check_service()
    except BadSettings as trouble:
        yield from (Finding("settings", False, sentence) for sentence in trouble.sentences)
        return
    yield Finding("settings", True, "complete")
    yield from _database(chosen)
    yield _redis(chosen)
    yield from _carrier(chosen)
    yield from _mailers(chosen)


def _database(chosen: Settings) -> Iterator[Finding]:
    ledger = open_ledger(chosen)
    try:
        if not schema.is_current(ledger):
            yield Finding(
                "database", False, "its schema is missing or older than this outreach: run `outreach init`"
            )
            return
        yield Finding("database", True, f"{ledger.url.get_backend_name()}, schema current")
        yield from (look(ledger) for look in _LOOKS)
        if chosen.mailer != "sandbox" and _has_policy(ledger):
            yield _letterhead(ledger)
    except SQLAlchemyError as trouble:
        words = str(getattr(trouble, "orig", trouble)).splitlines()[0]
        yield Finding("database", False, f"it does not answer ({words}): check OUTREACH_DATABASE_URL")
    finally:
        ledger.close()


def _policy(ledger: Ledger) -> Finding:
    with ledger.reading() as session:
        if not policies.exists(session):
            return Finding("policy", False, "none is in force: run `outreach init`")
        version = policies.document_in_force(session)
    if version.document != policy_file().read_text("utf-8"):
        words = f"version {version.id} in force differs from {policy_file().name}: see `outreach policy diff`"
        return Finding("policy", True, words)
    return Finding("policy", True, f"version {version.id} in force, as in {policy_file().name}")


def _has_policy(ledger: Ledger) -> bool:
    with ledger.reading() as session:
        return policies.exists(session)


def _clock(ledger: Ledger) -> Finding:
    with ledger.reading() as session:
        skew = abs(WallClock().now() - database_time(session))
    if skew > SKEW:
        return Finding(
            "clock", False, f"it is {skew.total_seconds():.0f} s off the database's: mend the time service"
        )
    return Finding("clock", True, "agrees with the database's")


def _calendar(ledger: Ledger) -> Finding:
    with ledger.reading() as session:
        if not policies.exists(session):
            return Finding("calendar", False, "no policy is in force: run `outreach init`")
        policy = policies.in_force(session).policy
    today = policy.today(WallClock().now())
    closed = policy.business_days.closed_for(today)
    return Finding(
        "calendar", True, f"{today:%A %d %B %Y}, " + (f"closed: {closed}" if closed else "a business day")
    )


def _inbound(ledger: Ledger) -> Finding:
    with ledger.reading() as session:
        times, last_at = knocks.lately(session, WallClock().wall())
    if not times or last_at is None:
        return Finding("inbound mail", True, "no post with a wrong token in 7 days")
    words = f"{times} posts with a wrong token in 7 days, the last on {last_at:%Y-%m-%d %H:%M} UTC"
    hint = "compare the address at SendGrid with OUTREACH_INBOUND_TOKEN"
    return Finding("inbound mail", True, f"{words}: {hint}")


_LOOKS: tuple[Callable[[Ledger], Finding], ...] = (_policy, _clock, _calendar, _inbound)


def _redis(chosen: Settings) -> Finding:
    try:
        errands = Errands(redis_of(chosen))
    except NotConnectedError as trouble:
        return Finding("redis", False, str(trouble))
    try:
        if errands.alive():
            return Finding("redis", True, "answers")
        return Finding("redis", False, "it does not answer: start it, or check OUTREACH_REDIS_URL")
    finally:
        errands.close()


def _carrier(chosen: Settings) -> Iterator[Finding]:
    looks = {"twilio": _twilio, "connect": _connect}
    look = looks.get(chosen.carrier or "")
    yield from look(chosen) if look else [Finding("carrier", True, f"{chosen.carrier}")]


def _twilio(chosen: Settings) -> Iterator[Finding]:
    """Twilio itself is asked: most of what goes wrong stands in its console, not here."""
    account_sid, auth_token = chosen.twilio_account_sid, chosen.twilio_auth_token
    expected = twilio_account.Expected(
        account_sid.get_secret_value() if account_sid else "",
        auth_token.get_secret_value() if auth_token else "",
        chosen.twilio_url,
        chosen.caller_ids or (),
        f"{chosen.base_url.rstrip('/')}/webhooks/twilio/inbound",
        twilio_api_key(chosen),
    )
    found = [Finding("carrier", False, words) for words in twilio_account.troubles(expected)]
    yield from found or [Finding("carrier", True, "twilio; the account and its numbers are ready")]


def _connect(chosen: Settings) -> Iterator[Finding]:
    """What can be seen without asking anybody."""
    try:
        region = amazon_client.region()
    except amazon_client.NoRegion as trouble:
        yield Finding("carrier", False, str(trouble))
        return
    queue = urlsplit(chosen.connect_events_queue_url or "")
    if f".{region}." not in f".{queue.hostname}.":
        words = f"OUTREACH_CONNECT_EVENTS_QUEUE_URL is not of {region}: events and calls share one region"
        yield Finding("carrier", False, words)
        return
    words = f"connect in {region}, instance {chosen.connect_instance_id}, flow {chosen.connect_flow_id}"
    yield Finding("carrier", True, f"{words}, events in {queue.path.rpartition('/')[2]}")


def _mailers(chosen: Settings) -> Iterator[Finding]:
    """Each mailer in its turn: what can be seen without sending anything."""
    looks = {"sendgrid": _sendgrid, "ses": _ses, "smtp": _smtp}
    for name in chosen.mailers:
        look = looks.get(name)
        yield look(chosen) if look else Finding("mailer", True, name)
    if "smtp" in chosen.mailers:
        yield _mail_server(chosen)


def _sendgrid(chosen: Settings) -> Finding:
    sender = parseaddr(chosen.mail_from or "")[1].rpartition("@")[2].lower()
    if _is_near(chosen.base_url):
        return _unreachable("SendGrid", chosen)
    if chosen.reply_domain == sender:
        words = (
            f"OUTREACH_REPLY_DOMAIN must be a domain of its own, such as reply.{sender}: its MX is SendGrid's"
        )
        return Finding("mailer", False, words)
    return Finding("mailer", True, f"sendgrid for {sender}, replies to {chosen.reply_domain}")


def _ses(chosen: Settings) -> Finding:
    try:
        region = ses_mail.region()
    except NoRegion as trouble:
        return Finding("mailer", False, str(trouble))
    topics = [TOPIC.fullmatch(topic) for topic in chosen.ses_topics]
    if not all(topics):
        words = "OUTREACH_SES_TOPICS must hold topics such as arn:aws:sns:us-east-1:123456789012:letters"
        return Finding("mailer", False, words)
    if any(topic and topic[2] != region for topic in topics):
        words = f"OUTREACH_SES_TOPICS names a topic outside {region}: SES publishes to its own region only"
        return Finding("mailer", False, words)
    if _is_near(chosen.base_url):
        return _unreachable("Amazon", chosen)
    return Finding("mailer", True, f"ses in {region}, configuration set {chosen.ses_configuration_set}")


def _smtp(chosen: Settings) -> Finding:
    there = smtp_mail.server(chosen.smtp_url.get_secret_value())
    login = "with a login" if there.user else "without a login"
    return Finding("mailer", True, f"smtp by {there.host}:{there.port}, {login}")


def _mail_server(chosen: Settings) -> Finding:
    """Whether it lets us in; no letter is begun."""
    why = SmtpMailer(chosen.smtp_url.get_secret_value()).trouble()
    return Finding("mail server", not why, why or "lets us in")


def _letterhead(ledger: Ledger) -> Finding:
    """What stands in every letter: the example's must not."""
    with ledger.reading() as session:
        us = policies.in_force(session).policy.organization
    if any(
        ".example.com" in words or "Example Street" in words for words in (us.pay_link, us.postal_address)
    ):
        words = "[organization] of the policy still has the example's pay link or postal address"
        return Finding("letterhead", False, f"{words}: set yours, then `outreach policy load`")
    if not us.postal_address:
        return Finding(
            "letterhead", False, "set postal_address in [organization] of the policy: letters need it"
        )
    return Finding("letterhead", True, us.letters_from or us.name)


def _unreachable(who: str, chosen: Settings) -> Finding:
    words = f"{who} cannot post to {chosen.base_url}: set OUTREACH_BASE_URL to your https address"
    return Finding("mailer", False, words)


def _is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
