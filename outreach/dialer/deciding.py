"""A person's answer to a call in doubt, which neither reports nor the carrier could end."""

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.dialer import endings
from outreach.ledger import attempts, tasks
from outreach.rules import states
from outreach.rules.outcomes import Outcome


def decide(session: Session, attempt_id: str, *, rang: bool, by: str, now: datetime, wall: datetime) -> bool:
    """End a call by what a person has found out, such as from the carrier's own list of calls.

    `rang`: whether the customer's phone rang; then it counts as not answered. False: nobody was asked, or not
    any more; a call that is not in doubt is nobody's to end in this way.
    """
    attempt = attempts.lock(session, attempt_id)
    task = tasks.by_key(session, tasks.call_in_doubt(attempt_id))
    if attempt is None or task is None:
        return False
    tasks.finish(session, task, by=by, now=now)
    state, outcome = "ended", Outcome.NO_ANSWER if rang else Outcome.CANCELED
    if not rang and states.may_move_call(attempt.state, "not_placed"):
        state, outcome = "not_placed", Outcome.NOT_PLACED
    why = f"{by} decided: {'it rang' if rang else 'it never rang'}"
    return endings.end(session, attempt, outcome, state=state, now=now, wall=wall, why=why)
