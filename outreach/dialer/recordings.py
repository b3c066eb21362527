"""The sound of voicemails, fetched from the carrier and kept as papers. A drain: no row stops another."""

import time
from datetime import datetime
from pathlib import Path

import structlog

from outreach.dialer.carrier import Carrier, CarrierError, Sound
from outreach.ledger import papers, policies, tasks, voicemails
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.receivables import Account
from outreach.ledger.voicemails import Voicemail

AT_ONCE = 50
LONGEST = 20.0
"""seconds a drain works before it lets others"""
RETENTION = "voicemail"

log = structlog.get_logger()


def fetch_due(ledger: Ledger, carrier: Carrier, clock: Clock, files: Path) -> list[str]:
    """Ask the carrier for every sound that is due. Returns the voicemails of which something changed."""
    stop, changed = time.monotonic() + LONGEST, []
    with ledger.reading() as session:
        ids = voicemails.to_fetch(session, clock.wall(), limit=AT_ONCE)
    for voicemail_id in ids:
        if time.monotonic() > stop:
            break
        if fetch(ledger, carrier, clock, files, voicemail_id):
            changed.append(voicemail_id)
    return changed


def fetch(ledger: Ledger, carrier: Carrier, clock: Clock, files: Path, voicemail_id: str) -> bool:
    """Fetch one sound, unless it is kept already. Returns whether it is settled now: kept or given up."""
    with ledger.reading() as session:
        voicemail = session.get_one(Voicemail, voicemail_id)
        provider, ref = voicemail.provider, voicemail.ref
    if provider != carrier.name:
        return _put_off(ledger, clock, voicemail_id, f"{provider} is not connected any more")
    try:
        sound = carrier.recording(ref)
    except CarrierError as error:
        return _put_off(ledger, clock, voicemail_id, str(error))
    return _keep(ledger, clock.now(), files, voicemail_id, sound)


def _keep(ledger: Ledger, now: datetime, files: Path, voicemail_id: str, sound: Sound) -> bool:
    """The file is written and synced before its row commits: no row points at nothing."""
    digest = papers.write(files, sound.content)
    with ledger.writing() as session:
        voicemail = voicemails.lock(session, voicemail_id)
        if voicemail is None or voicemail.audio != "awaited":
            return False
        size = len(sound.content)
        paper = papers.record(
            session, digest, size=size, media_type=sound.media_type, retention=RETENTION, now=now
        )
        voicemail.paper_id, voicemail.audio = paper.id, "kept"
        return True


def _put_off(ledger: Ledger, clock: Clock, voicemail_id: str, why: str) -> bool:
    """Later again, or never: then a person is told."""
    with ledger.writing() as session:
        voicemail = voicemails.lock(session, voicemail_id)
        if voicemail is None or voicemail.audio != "awaited" or voicemails.put_off(voicemail, clock.wall()):
            log.info("a recording did not come", voicemail=voicemail_id, why=why)
            return False
        policy, now = policies.in_force(session).policy, clock.now()
        account = session.get(Account, voicemail.account_id) if voicemail.account_id else None
        tasks.open_task(
            session,
            key=f"audio:{voicemail_id}",
            kind="audio never came",
            title=f"The audio of a voicemail never came: {account.name if account else 'unknown caller'}. "
            "Look for it in the carrier's list of recordings.",
            due_on=policy.business_days.add_business_days(policy.today(now), 1),
            now=now,
            account_id=voicemail.account_id,
            for_role="rep" if account else "supervisor",
        )
        return True
