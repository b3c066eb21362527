"""Legal hold and insolvency: nobody here calls or writes to the account, but to answer it (product.md 3)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import locks, log
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.log import Entry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, of_family
from outreach.rules.policy import Policy


class Bar(StrEnum):
    """The third, an outside agency, follows a recommendation (`recommendations`)."""

    LEGAL_HOLD = "legal hold"
    INSOLVENCY = "insolvency"


SINCE: Mapping[Bar, str] = {Bar.LEGAL_HOLD: "legal_hold_on", Bar.INSOLVENCY: "insolvent_on"}
"""the account's column that says since when"""


def begin(
    session: Session, account: Account, bar: Bar, why: str, *, by: User, now: datetime, policy: Policy
) -> int:
    """Bar the account and its children at once, whoever asks. Returns how many it was that were not."""
    return _set(session, account, bar, why, by=by, now=now, policy=policy, barred=True)


def lift(
    session: Session, account: Account, bar: Bar, why: str, *, by: User, now: datetime, policy: Policy
) -> int:
    """Let the account and its children be contacted again. Returns how many were barred so.

    Raises CommitmentError: that is for a supervisor to say.
    """
    if not by.may_decide:
        raise CommitmentError(f"Only a supervisor lifts a bar, be it {bar} or another.")
    return _set(session, account, bar, why, by=by, now=now, policy=policy, barred=False)


def _set(
    session: Session,
    account: Account,
    bar: Bar,
    why: str,
    *,
    by: User,
    now: datetime,
    policy: Policy,
    barred: bool,
) -> int:
    if not why.strip():
        raise CommitmentError("Say why: it stands in the log.")
    locks.lock_customer(session, account.id)
    family = select(Account).where(of_family(account.id)).execution_options(populate_existing=True)
    changed = [one for one in session.scalars(family) if (getattr(one, SINCE[bar]) is None) is barred]
    what = f"{bar} {'begun' if barred else 'lifted'}"
    for one in changed:
        setattr(one, SINCE[bar], policy.today(now) if barred else None)
        log.append(session, Entry(at=now, actor=by.login, what=what, account_id=one.id, text=why))
    return len(changed)
