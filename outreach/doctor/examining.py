"""What is wrong with this installation, one finding a line, in the order in which to mend it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from tempfile import TemporaryFile

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from outreach import settings
from outreach.bootstrap import NotConnectedError, open_ledger, redis_of
from outreach.doctor import providers
from outreach.doctor.finding import Finding
from outreach.doctor.providers import Calling
from outreach.errands import Errands
from outreach.ledger import knocks, policies, schema, vital_signs
from outreach.ledger.activity import at_work
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock, database_time
from outreach.ledger.people import User
from outreach.policy_files import BadPolicyFile, compared
from outreach.settings import BadSettings, Settings

OLDEST_REDIS, WANTED_REDIS = (6, 2), (7,)
SKEW = timedelta(seconds=5)
"""How far this machine's clock may be from the database's before leases are in danger."""


def examine() -> Iterator[Finding]:
    """Look at everything that can be looked at; what depends on something ill is left out."""
    try:
        chosen = settings.load()
        chosen.check_service()
    except BadSettings as trouble:
        yield from (Finding("settings", False, sentence) for sentence in trouble.sentences)
        return
    yield Finding("settings", True, "complete")
    known: list[Calling] = []
    yield from _database(chosen, known)
    yield _files(chosen)
    yield _redis(chosen)
    yield from providers.carrier(chosen, known[0] if known else Calling())
    yield from providers.mailers(chosen)


def _database(chosen: Settings, known: list[Calling]) -> Iterator[Finding]:
    """Who shall call whom is added to `known`, if there is a policy that says so."""
    ledger = open_ledger(chosen)
    try:
        if not schema.is_current(ledger):
            yield Finding(
                "database", False, "its schema is missing or older than this outreach: run `outreach init`"
            )
            return
        yield Finding("database", True, f"{ledger.url.get_backend_name()}, schema current")
        yield from (look(ledger) for look in _LOOKS)
        if not _has_policy(ledger):
            return
        if chosen.mailer != "sandbox":
            yield _letterhead(ledger)
        known.append(_calling(ledger))
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
    try:
        files = compared(version)
    except BadPolicyFile as trouble:
        return Finding("policy", False, str(trouble))
    words = f"version {version.id} in force"
    if changed := " and ".join(one.name for one in files if one.in_force != one.file):
        return Finding("policy", True, f"{words} differs from {changed}: see `outreach policy diff`")
    words += ", as in " + " and ".join(one.name for one in files)
    return Finding("policy", True, words if version.rates else f"{words}, without rates to USD")


def _calling(ledger: Ledger) -> Calling:
    with ledger.reading() as session:
        reps = session.scalars(select(User).where(at_work()).order_by(User.login)).all()
        return Calling(reps, policies.in_force(session).policy.numbers.countries)


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


def _tick(ledger: Ledger) -> Finding:
    """None runs before the first start: that is no illness, and is worth a word."""
    with ledger.reading() as session:
        runs = vital_signs.signs(session, WallClock().wall()).ticking
    words = "runs" if runs else "none runs: nothing is planned or sent until `outreach tick` does"
    return Finding("tick", True, words)


_LOOKS: tuple[Callable[[Ledger], Finding], ...] = (_policy, _clock, _calendar, _inbound, _tick)


def _files(chosen: Settings) -> Finding:
    """Mail and voicemails are kept there before anything is read of them."""
    try:
        chosen.files.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=chosen.files):
            pass
    except OSError as error:
        words = f"the folder of OUTREACH_FILES cannot be written to ({error.strerror}): no mail could be kept"
        return Finding("files", False, words)
    return Finding("files", True, "can be written")


def _redis(chosen: Settings) -> Finding:
    try:
        errands = Errands(redis_of(chosen))
    except NotConnectedError as trouble:
        return Finding("redis", False, str(trouble))
    try:
        if version := errands.redis_version():
            found = ".".join(map(str, version))
            if version < OLDEST_REDIS:
                return Finding("redis", False, f"it is {found}: outreach needs Redis or Valkey 7 or newer")
            trial = "" if version >= WANTED_REDIS else ": enough for a trial, take 7 or newer to go live"
            return Finding("redis", True, f"answers, version {found}{trial}")
        return Finding("redis", False, "it does not answer: start it, or check OUTREACH_REDIS_URL")
    finally:
        errands.close()


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
