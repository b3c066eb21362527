"""The rep has picked up. Only what is decided here lets a customer's phone ring (design.md 4, P1, P2)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.dialer import endings, permission
from outreach.ledger import attempts, policies
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.crash import crashpoint
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.receivables import Account
from outreach.rules.outcomes import Outcome

RING_SECONDS = 30
BEFORE_EXTENSION = "ww"
"""a second between the answer and the digits of an extension"""


@dataclass(frozen=True, slots=True)
class Ask:
    """Say this and wait for a key: a voicemail of the rep's presses none."""

    words: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Ring the customer. The number is our own row's, never one that a request brought along."""

    to: str
    caller_id: str
    digits: str | None
    ring_seconds: int = RING_SECONDS


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this and hang up."""

    words: str


@dataclass(frozen=True, slots=True)
class NotKnown(Speak):
    """No such attempt is known; the event waits for it, as any other does."""


def pick_up(
    session: Session, attempt_id: str, call_id: str, *, pressed: bool, now: datetime, wall: datetime
) -> Ask | Connect | Speak:
    """What the rep's phone is told when it is answered, and when a key was `pressed`.

    One attempt is one call: a second one under the same id is hung up.
    """
    attempt = attempts.lock(session, attempt_id)
    if attempt is None or attempt.state == "requested":
        return NotKnown("This call is not known here. Goodbye.")
    if attempt.provider_ref not in (None, call_id):
        return Speak("This call has been placed once already. Goodbye.")
    attempts.move(attempt, "accepted", wall)
    if attempt.state != "accepted":
        return Speak("This call is over. Goodbye.")
    attempt.provider_ref = call_id
    if not pressed:
        account = session.get_one(Account, attempt.account_id)
        return Ask(f"{account.name}, account {account.number}. Press any key to connect.")
    return _bridge(session, attempt, now, wall)


def _bridge(session: Session, attempt: CallAttempt, now: datetime, wall: datetime) -> Connect | Speak:
    """The gate again, in the transaction that lets the customer's phone ring: a stop in between wins."""
    allowed = permission.ask_again(session, attempt, policies.in_force(session).policy, now)
    if allowed.answer.answer != "yes":
        why = allowed.answer.words
        endings.end(session, attempt, Outcome.CANCELED, now=now, wall=wall, why=why)
        return Speak(f"This call was stopped. {why} Goodbye.")
    permission.put_down(session, attempt, allowed)
    attempts.move(attempt, "bridging", wall)
    attempt.bridging_at = now
    crashpoint("call.bridging")
    contact = session.get(Contact, attempt.contact_id) if attempt.contact_id else None
    extension = "".join(filter(str.isdigit, (contact and contact.extension) or ""))
    return Connect(
        to=session.get_one(Destination, attempt.destination_id).address,
        caller_id=str(attempt.caller_id),
        digits=BEFORE_EXTENSION + extension if extension else None,
    )
