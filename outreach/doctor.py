"""What is wrong with this installation, one finding a line, in the order in which to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from outreach import settings
from outreach.bootstrap import NotConnectedError, open_ledger, policy_file, redis_of
from outreach.errands import Errands
from outreach.ledger import knocks, policies, schema
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock, database_time
from outreach.mail import ses_mail, smtp_mail
from outreach.mail.ses_mail import NoRegion
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
    yield Finding("carrier", True, f"{chosen.carrier}")
    yield _mailer(chosen)


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


def _mailer(chosen: Settings) -> Finding:
    """What can be seen without asking anybody."""
    if chosen.mailer == "ses":
        return _ses(chosen)
    if chosen.mailer == "smtp" and chosen.smtp_url:
        there = smtp_mail.server(chosen.smtp_url.get_secret_value())
        login = "with a login" if there.user else "without a login"
        return Finding("mailer", True, f"smtp by {there.host}:{there.port}, {login}")
    return Finding("mailer", True, f"{chosen.mailer}")


def _ses(chosen: Settings) -> Finding:
    try:
        region = ses_mail.region()
    except NoRegion as trouble:
        return Finding("mailer", False, str(trouble))
    if not all(TOPIC.fullmatch(topic) for topic in chosen.ses_topics):
        words = "OUTREACH_SES_TOPICS must hold topics such as arn:aws:sns:us-east-1:123456789012:letters"
        return Finding("mailer", False, words)
    return Finding("mailer", True, f"ses in {region}, configuration set {chosen.ses_configuration_set}")
