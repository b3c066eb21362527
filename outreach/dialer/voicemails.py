"""What the carrier says of a recording a caller left, and the one row it makes.

Three reports speak of it (it was left, it is recorded, it was written down), in any order, twice, or never:
the first of them makes the row, and none takes back what another said.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from outreach.ledger import inbound_calls, voicemails
from outreach.ledger.base import new_id
from outreach.ledger.callers import E164, WITHHELD
from outreach.ledger.locks import lock_accounts
from outreach.ledger.receivables import Account
from outreach.ledger.voicemails import Voicemail
from outreach.rules import cadence
from outreach.rules.policy import Policy
from outreach.rules.redaction import without_cards


@dataclass(frozen=True, slots=True)
class Heard:
    """One report. What it does not say is None."""

    provider: str
    ref: str
    """the carrier's id of the recording"""
    call_ref: str
    empty: bool = False
    """the recording has nothing in it; only a report that says otherwise makes somebody call back"""
    sound: Literal["there", "none"] | None = None
    number: str | None = None
    """who calls, if the report repeats it"""
    seconds: int | None = None
    transcript: str | None = None
    not_transcribed: bool = False


def hear(
    session: Session, heard: Heard, policy: Policy, *, now: datetime, wall: datetime
) -> Voicemail | None:
    """Take in one report; its account is locked from here on. None: the voicemail changed hands at this very
    moment, and the report must be heard again."""
    known = voicemails.by_ref(session, heard.provider, heard.ref)
    row = _row(session, heard, policy, now, wall)
    account_id = known.account_id if known else row["account_id"]
    lock_customer(session, account_id)
    voicemail = voicemails.keep(session, row)
    if voicemail.account_id != account_id:
        return None
    if not heard.empty and voicemail.state == "empty":
        voicemail.state = "waiting" if voicemail.account_id else "unassigned"
    voicemail.seconds = voicemail.seconds or heard.seconds
    _note_sound(voicemail, heard, wall)
    _note_transcript(voicemail, heard)
    return voicemail


def lock_customer(session: Session, account_id: int | None) -> None:
    """Lock an account and its parent, whose calls speak for it."""
    account = session.get(Account, account_id) if account_id else None
    lock_accounts(session, {account.id, account.parent_id or account.id} if account else ())


def _row(session: Session, heard: Heard, policy: Policy, now: datetime, wall: datetime) -> dict[str, Any]:
    """A new voicemail, nothing said yet. Who called is known since the carrier asked what to do."""
    call = inbound_calls.by_ref(session, heard.provider, heard.call_ref)
    came_at = call.came_at if call else now
    shown = heard.number or ""
    withheld = not E164.fullmatch(shown) or shown in WITHHELD
    return {
        "id": new_id(),
        "provider": heard.provider,
        "ref": heard.ref,
        "call_ref": heard.call_ref,
        "from_number": call.from_number if call else None if withheld else shown,
        "account_id": call.account_id if call else None,
        "contact_id": call.contact_id if call else None,
        "destination_id": call.destination_id if call else None,
        "matched_by": call.matched_by if call else "the call itself is not known here",
        "state": "empty",
        "came_at": came_at,
        "due_at": cadence.answer_due(came_at, None, policy),
        "next_try_at": wall,
        "heard_at": wall,
    }


def _note_sound(voicemail: Voicemail, heard: Heard, wall: datetime) -> None:
    if voicemail.audio != "awaited":
        return
    if heard.sound == "none":
        voicemail.audio = "absent"
    elif heard.sound == "there":
        voicemail.next_try_at = min(voicemail.next_try_at, wall)


def _note_transcript(voicemail: Voicemail, heard: Heard) -> None:
    if heard.transcript and voicemail.transcript is None:
        voicemail.transcript, voicemail.transcription = without_cards(heard.transcript), "done"
    elif heard.not_transcribed and voicemail.transcription == "awaited":
        voicemail.transcription = "failed"
