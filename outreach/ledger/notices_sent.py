"""What became of a case's notices: its letters by their last report, and its firings."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among, ids_named
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter, LetterFiring
from outreach.ledger.suspensions import NOTICES, OPEN, TOLD, SuspensionCase, SuspensionTransition

REPORTED = ("delivered", "bounced", "dropped")
"""states of a letter that mean something to a case"""


class Notice(NamedTuple):
    """One notice of a case, with one of its letters where there is any; the newest comes last."""

    case_id: int
    step: str
    firing_state: str
    call_side: str
    email_side: str
    touch_on: date
    letter_id: str | None
    letter_state: str | None
    letter_day: date | None
    reported_at: datetime | None
    """when it was delivered or came back, by the provider's clock"""
    paper_id: int | None


def notices(session: Session, account_ids: Collection[int]) -> Sequence[Notice]:
    """Every notice that has fired of these accounts."""
    rows = session.execute(_NOTICES, {"ids": account_ids}).all()
    return [Notice(int(subject), *rest) for subject, *rest in rows]


def unheard(session: Session) -> Sequence[int]:
    """Ids of open cases with a letter whose end was reported and that no transition speaks of yet."""
    cases = session.scalars(select(SuspensionCase).where(OPEN, SuspensionCase.state.in_(TOLD))).all()
    if not cases:
        return []
    ids = {case.id for case in cases}
    spoken_of = session.execute(_SPOKEN_OF, {"ids": ids})
    known = {(case_id, document) for case_id, document in spoken_of}
    return sorted(
        {
            one.case_id
            for one in notices(session, {case.account_id for case in cases})
            if one.letter_state in REPORTED
            and one.case_id in ids
            and (one.case_id, f"letter {one.letter_id}") not in known
        }
    )


_F, _T = Firing.__table__.c, SuspensionTransition.__table__.c
_SPOKEN_OF = select(_T.case_id, _T.document).where(among(_T.case_id, ids_named("ids")))
_NOTICES = (
    select(
        Firing.subject,
        Firing.step,
        Firing.state,
        Firing.call_side,
        Firing.email_side,
        Firing.touch_on,
        Letter.id,
        Letter.state,
        Letter.day,
        Letter.ended_at,
        Letter.paper_id,
    )
    .outerjoin(LetterFiring, LetterFiring.firing_id == Firing.id)
    .outerjoin(Letter, and_(Letter.id == LetterFiring.letter_id, Letter.step == Firing.step))
    .where(among(_F.account_id, ids_named("ids")), Firing.step.in_(NOTICES))
    .order_by(Firing.id, Letter.created_at)
)
