"""A call that the carrier accepted and does not know any more, as rows."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import tasks
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.people import User
from tests.web.cast import NOW, TODAY


def keep_doubtful_call(session: Session, *, wall: datetime) -> str:
    """Ana's, to Northfield. Returns its id."""
    rep_id = session.scalars(select(User.id).where(User.login == "ana")).one()
    attempt = CallAttempt(
        id="doubtfulcall001",
        state="accepted",
        account_id=5,
        destination_id=9,
        contact_id=5,
        rep_id=rep_id,
        day=TODAY,
        step="followup_15",
        provider="twilio",
        provider_ref="CA5",
        requested_at=NOW,
        sent_at=wall,
        moved_at=wall,
    )
    session.add(attempt)
    tasks.open_task(
        session,
        key=tasks.call_in_doubt(attempt.id),
        kind=tasks.CALL_IN_DOUBT,
        title="The carrier does not know a call it had accepted",
        due_on=TODAY,
        now=NOW,
        account_id=5,
        for_role="supervisor",
    )
    return attempt.id
