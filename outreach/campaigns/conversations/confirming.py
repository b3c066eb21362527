"""The letter that confirms a conversation: offered by the desk, sent by the rep who talked (product.md 2)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.ledger import reach, touches
from outreach.ledger.reach import Way
from outreach.ledger.touches import Touch
from outreach.rules.policy import Policy
from outreach.rules.steps import CONFIRMATION, Channel


def recipient(session: Session, account_id: int, contact_id: int | None, policy: Policy) -> Way | None:
    """Whom it would go to: whoever was spoken to, else the first of their addresses. None: nobody."""
    ways = reach.ways(session, [account_id], Channel.EMAIL, policy).get(account_id, [])
    usable = [way for way in ways if way.is_usable]
    spoken_to = (way for way in usable if way.contact_id == contact_id)
    return next(spoken_to, next(iter(usable), None))


def ask_for(session: Session, call: Touch, to: Way, *, by: str, day: date, now: datetime) -> None:
    """Let it be due at once. It carries what the call carried, and ends the email side of that."""
    touches.ask_by_hand(
        session,
        call,
        by=by,
        day=day,
        now=now,
        step=CONFIRMATION.name,
        tier=None,
        rank=None,
        contact_id=to.contact_id,
        destination_id=to.destination_id,
        reasons=[f"confirms the call of {by}"],
    )
