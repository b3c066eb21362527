"""The ledger's rows that letters are written from: one query of a kind for a whole batch, prepared once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from outreach.ledger.among import among, ids_named
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.commitments import UNSETTLED, Promise
from outreach.ledger.destinations import Contact
from outreach.ledger.payment_plans import PaymentPlan, PlanInstalment
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.rules.outcomes import Outcome

LOOK_BACK = timedelta(days=45)
"""How old a word may be and still be quoted."""

Row = TypeVar("Row", Contact, User)
Spoken = tuple[CallAttempt, str | None]
"""a call with a word said in it, and who said it"""


def families(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[Account]]:
    """Each account and its children, itself first. A child that must not be written about is left out."""
    families: dict[int, list[Account]] = {id: [] for id in ids}
    for account in session.scalars(_FAMILIES, {"ids": ids}):
        if account.id in families:
            families[account.id].insert(0, account)
        if account.parent_id in families and not (
            account.legal_hold_on or account.insolvent_on or account.agency_on
        ):
            families[account.parent_id].append(account)
    return families


def promises(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[Promise]]:
    """Promises that are not settled: awaited, or missed and still owed."""
    found: dict[int, list[Promise]] = defaultdict(list)
    for promise in session.scalars(_PROMISES, {"ids": ids}):
        found[promise.account_id].append(promise)
    return found


def instalments(session: Session, ids: Collection[int]) -> Mapping[int, tuple[PlanInstalment, str, int]]:
    """Id -> the instalment, its currency, and how many its plan has."""
    rows = session.execute(_INSTALMENTS, {"ids": ids}) if ids else ()
    return {one.id: (one, currency, count) for one, currency, count in rows}


def calls(session: Session, ids: Sequence[int], on: date) -> Mapping[int, Sequence[Spoken]]:
    found: dict[int, list[Spoken]] = defaultdict(list)
    for call, who in session.execute(_CALLS, {"ids": ids, "since": on - LOOK_BACK, "until": on}):
        found[call.account_id].append((call, who))
    return found


_IDS, _A = ids_named("ids"), Account.__table__.c
_FAMILIES = (
    select(Account)
    .where(or_(among(_A.id, _IDS), among(_A.parent_id, _IDS)))
    .order_by(Account.name, Account.id)
)
_PROMISES = (
    select(Promise)
    .where(among(Promise.__table__.c.account_id, _IDS), UNSETTLED)
    .order_by(Promise.due_on, Promise.id)
)
_ALL = aliased(PlanInstalment)
_INSTALMENTS = (
    select(
        PlanInstalment,
        PaymentPlan.currency,
        select(func.count()).where(_ALL.plan_id == PlanInstalment.plan_id).scalar_subquery(),
    )
    .join(PaymentPlan, PaymentPlan.id == PlanInstalment.plan_id)
    .where(among(PlanInstalment.__table__.c.id, _IDS))
)
_CALLS = (
    select(CallAttempt, Contact.name)
    .outerjoin(Contact, Contact.id == CallAttempt.contact_id)
    .where(
        among(CallAttempt.__table__.c.account_id, _IDS),
        CallAttempt.day.between(bindparam("since"), bindparam("until")),
        or_(CallAttempt.disposition.is_not(None), CallAttempt.outcome == Outcome.VOICEMAIL_LEFT),
    )
)


def by_id(session: Session, table: type[Row], ids: Iterable[int | None]) -> Mapping[int | None, Row]:
    wanted = {id for id in ids if id}
    return {row.id: row for row in session.scalars(_BY_ID[table], {"ids": wanted})}


_BY_ID: Mapping[type[Any], Select[Any]] = {
    Contact: select(Contact).where(among(Contact.__table__.c.id, _IDS)),
    User: select(User).where(among(User.__table__.c.id, _IDS)),
}
