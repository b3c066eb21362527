"""The calls that customers were promised, as one person may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.firings import Firing
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.scope import Scope
from outreach.ledger.touches import Touch
from outreach.ledger.tray import MOST
from outreach.ledger.voicemail_list import planned
from outreach.rules.steps import CALLBACK

OPEN = text("firings.state = 'open'")  # as its partial index says it; an attempt has a state as well


@dataclass(frozen=True, slots=True)
class Callback:
    """A call back that somebody agreed to."""

    firing: Firing
    account: Account
    agreed_with: str | None
    """who agreed to it: the rep of the call on which it was asked for"""
    touch: Touch | None
    """the call that is planned for it"""

    @property
    def due_at(self) -> datetime | None:
        """The moment agreed; None: at any time of the firing's day."""
        return self.touch.not_before if self.touch else None


def callbacks(scope: Scope) -> Sequence[Callback]:
    """What is still owed, the earliest due first."""
    query = (
        select(Firing, Account, User.name)
        .join(Account, Account.id == Firing.account_id)
        .outerjoin(CallAttempt, CallAttempt.id == Firing.subject)
        .outerjoin(User, User.id == CallAttempt.rep_id)
        .where(OPEN, Firing.step == CALLBACK.name, Firing.call_side == "open", scope.accounts())
        .order_by(Firing.touch_on, Firing.id)
        .limit(MOST)
    )
    rows = scope.session.execute(query).all()
    calls = planned(scope, [row.Firing.id for row in rows])
    found = [Callback(firing, account, name, calls.get(firing.id)) for firing, account, name in rows]
    return sorted(found, key=lambda one: (one.firing.touch_on, one.due_at is None, one.due_at, one.firing.id))
