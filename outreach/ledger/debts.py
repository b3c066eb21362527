"""What accounts owe for long, as suspension cases see it: set-based, one answer an account and currency."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, not_, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.among import among, ids_named
from outreach.ledger.commitments import STANDING, Hold, Promise, PromiseInvoice
from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.receivables import BAR, Account, Invoice
from outreach.ledger.receivables import OPEN as UNPAID
from outreach.ledger.suspensions import OPEN, SuspensionCase, SuspensionInvoice, SuspensionTransition
from outreach.rules.suspension import Event, State
from outreach.rules.suspension_terms import Books, Debt

Owing = tuple[int, str]
"""account, currency"""


class Suspect(NamedTuple):
    """An account that owes something for long and has no open case; holds and credits are not looked at."""

    account_id: int
    currency: str
    overdue: int


def suspects(session: Session, overdue_by: date, not_withdrawn_since: datetime) -> Sequence[Suspect]:
    """Everybody without a case who may be a candidate. One statement over the index of open invoices."""
    cut_offs = {"overdue_by": overdue_by, "since": not_withdrawn_since}
    return [Suspect._make(row) for row in session.connection().execute(_SUSPECTS, cut_offs).fetchall()]


def long_due(
    session: Session, account_ids: Collection[int], overdue_by: date, on: date
) -> Mapping[Owing, Books]:
    """What these accounts owe for long, invoice by invoice, the oldest first."""
    rows = session.connection().execute(_LONG_DUE, {"ids": account_ids, "overdue_by": overdue_by}).fetchall()
    debts: dict[Owing, list[Debt]] = defaultdict(list)
    held = _held(session, account_ids, on)
    for account_id, currency, id_, due_on, open_minor in rows:
        debts[account_id, currency].append(_debt(id_, due_on, open_minor, held))
    credits = _credits(session, account_ids)
    return {owing: Books(some, credits.get(owing, 0)) for owing, some in debts.items()}


def of_cases(session: Session, cases: Collection[SuspensionCase], on: date) -> Mapping[int, Books]:
    """Case -> what is open of its own invoices, paid ones included."""
    accounts = {case.account_id for case in cases}
    held, credits = _held(session, accounts, on), _credits(session, accounts)
    debts: dict[int, list[Debt]] = {case.id: [] for case in cases}
    for case_id, id_, due_on, open_minor in session.execute(_OF_CASES, {"ids": [*debts]}):
        debts[case_id].append(_debt(id_, due_on, max(0, open_minor), held))
    return {
        case.id: Books(debts[case.id], credits.get((case.account_id, case.currency), 0)) for case in cases
    }


def barred(session: Session, account_ids: Collection[int]) -> Mapping[int, str]:
    """Account -> why nobody may contact it; only those that are barred."""
    return {id_: why for id_, why in session.execute(_BARRED, {"ids": account_ids}) if why}


def newest_import(session: Session) -> tuple[int, date] | None:
    """The import that speaks of the newest day."""
    query = select(Import.id, Import.as_of).where(APPLIED).order_by(Import.as_of.desc(), Import.id.desc())
    found = session.execute(query.limit(1)).first()
    return (found.id, found.as_of) if found else None


class LatePromise(NamedTuple):
    """A promise about a case's invoices for a day after its deadline."""

    case_id: int
    account_id: int
    promise_id: int
    due_on: date


def late_promises(session: Session, case_ids: Collection[int]) -> Sequence[LatePromise]:
    """Standing promises that would be kept too late for their cases, and that no supervisor agreed to."""
    return [LatePromise._make(row) for row in session.execute(_LATE_PROMISES, {"ids": case_ids}).all()]


def _debt(id_: int, due_on: date, open_minor: int, held: Mapping[int, Mapping[str, int | None]]) -> Debt:
    parts = {kind: open_minor if amount is None else amount for kind, amount in held.get(id_, {}).items()}
    return Debt(id_, due_on, open_minor, parts.get("dispute", 0), parts.get("plan", 0))


def _held(session: Session, account_ids: Collection[int], on: date) -> Mapping[int, Mapping[str, int | None]]:
    """Invoice -> kind -> how much of it; None: all."""
    held: dict[int, dict[str, int | None]] = defaultdict(dict)
    for invoice_id, kind, amount in session.execute(_HELD, {"ids": account_ids, "on": on}):
        before = held[invoice_id].get(kind, 0)
        held[invoice_id][kind] = None if amount is None or before is None else before + amount
    return held


def _credits(session: Session, account_ids: Collection[int]) -> Mapping[Owing, int]:
    rows = session.execute(_CREDITS, {"ids": account_ids})
    return {(account_id, currency): credits for account_id, currency, credits in rows}


_I, _H, _C = Invoice.__table__.c, Hold.__table__.c, SuspensionCase.__table__.c
_SI, _T, _P = SuspensionInvoice.__table__.c, SuspensionTransition.__table__.c, Promise.__table__.c
_IDS = ids_named("ids")
_OVERDUE = (UNPAID, _I.open_minor > 0, _I.due_on <= bindparam("overdue_by"))
_SAME = and_(_C.account_id == _I.account_id, _C.currency == _I.currency)
_IN_CASE = select(_C.id).where(_SAME, OPEN).exists()
_TAKEN_OFF = (
    select(_C.id)
    .join_from(SuspensionCase.__table__, SuspensionTransition.__table__, _T.case_id == _C.id)
    .where(
        _SAME,
        _C.state == State.WITHDRAWN,
        _T.event == Event.WITHDRAWN,
        _T.at >= bindparam("since"),
    )
    .exists()
)
"""a person has decided against it lately"""
_SUSPECTS = (
    select(_I.account_id, _I.currency, func.sum(_I.open_minor))
    .where(*_OVERDUE)
    .where(not_(_IN_CASE), not_(_TAKEN_OFF))
    .group_by(_I.account_id, _I.currency)
    .order_by(_I.account_id, _I.currency)
)
_LONG_DUE = (
    select(_I.account_id, _I.currency, _I.id, _I.due_on, _I.open_minor)
    .where(*_OVERDUE, among(_I.account_id, _IDS))
    .order_by(_I.account_id, _I.currency, _I.due_on, _I.id)
)
_OF_CASES = (
    select(_SI.case_id, _I.id, _I.due_on, _I.open_minor)
    .join_from(SuspensionInvoice.__table__, Invoice.__table__, _SI.invoice_id == _I.id)
    .where(among(_SI.case_id, _IDS))
    .order_by(_SI.case_id, _I.due_on, _I.id)
)
_CREDITS = (
    select(_I.account_id, _I.currency, func.sum(-_I.open_minor))
    .where(UNPAID, _I.open_minor < 0, among(_I.account_id, _IDS))
    .group_by(_I.account_id, _I.currency)
)
_HELD = select(_H.invoice_id, _H.kind, _H.amount_minor).where(
    STANDING,
    among(_H.account_id, _IDS),
    _H.kind.in_(["dispute", "plan"]),
    _H.since <= bindparam("on"),
    or_(_H.until.is_(None), _H.until >= bindparam("on")),
)
_BARRED = select(Account.id, BAR).where(among(Account.__table__.c.id, _IDS))
_LATE_PROMISES = (
    select(_C.id, _C.account_id, _P.id, _P.due_on)
    .join_from(SuspensionCase.__table__, SuspensionInvoice.__table__, _SI.case_id == _C.id)
    .join(PromiseInvoice, PromiseInvoice.invoice_id == _SI.invoice_id)
    .join(Promise.__table__, _P.id == PromiseInvoice.promise_id)
    .where(among(_C.id, _IDS), _P.state == "open", _P.agreed_by.is_(None), _P.due_on > _C.deadline_on)
    .distinct()
    .order_by(_C.id, _P.id)
)
