"""A person's answer to a letter nobody can vouch for: one more, by hand."""

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.ledger import letters, policies, replies, touches
from outreach.ledger.base import Ledger
from outreach.ledger.letters import Letter
from outreach.ledger.touches import Touch
from outreach.mail import answers


class NotInDoubtError(ValueError):
    """There is nothing to send again; the sentence says why."""


def send_again(ledger: Ledger, letter_id: str, *, by: str, now: datetime) -> None:
    """Let a letter like it be due at once, by hand: gap, hours and its daily place do not hold it, everything
    else does. Once for a letter. Raises NotInDoubtError, also where a report has come in the meantime."""
    with ledger.writing() as session:
        found = letters.lock(session, [letter_id])
        if not found:
            raise NotInDoubtError("there is no such letter")
        letter = found[0]
        if letter.state != "unconfirmed":
            raise NotInDoubtError(f"it is not in doubt any more: it is {letter.state}")
        if letter.sent_again_by:
            raise NotInDoubtError(f"{letter.sent_again_by} has had it sent again already")
        letter.sent_again_by = by
        _touch_again(session, letter, by, now)
        answers.log(session, [letter], "letter sent again", outcome="sent again", now=now, actor=by)


def _touch_again(session: Session, letter: Letter, by: str, now: datetime) -> None:
    """The same touches once more, due now; what was said of each firing then may be said again."""
    today = policies.in_force(session).policy.today(now)
    for touch_id in letters.touches_of(session, [letter.id]):
        asked = touches.ask_by_hand(session, session.get_one(Touch, touch_id), by=by, day=today, now=now)
        replies.answer_again(session, touch_id, asked.id)
