"""The fold: what the rules must know of an account's invoices, one row an account and currency.

The only SQL that knows invoices for planning; the planner, `why` and the gate read the same statements. They
take a span of account ids, for a plan walks the ledger in pieces, or these and those accounts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from sys import intern
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    distinct,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from outreach.ledger import policies
from outreach.ledger.aging import HELD_AS
from outreach.ledger.among import among, ids_named
from outreach.ledger.commitments import STANDING, Hold
from outreach.ledger.plans import Plan
from outreach.ledger.receivables import OPEN, Account, Invoice
from outreach.rules.commitments import Held, asked_part, held_once
from outreach.rules.plan_day import Balance, Line, PlanDay
from outreach.rules.policy import Policy
from outreach.rules.steps import FOLLOWUP_5, FOLLOWUP_15, OVERDUE_31, PRE_DUE_3, PRE_DUE_7

FREE = Held()
Parameters = dict[str, object]


class Span(NamedTuple):
    """Account ids from `first` to `last`, both included."""

    first: int
    last: int


class Accounts(NamedTuple):
    """Some accounts, wherever they are."""

    ids: Collection[int]


Which = Span | Accounts


class Due(NamedTuple):
    """An open invoice that may fire something."""

    account_id: int
    id: int
    number: str
    currency: str
    due_on: date
    open_minor: int
    reopened: int
    ladder: int = 0
    """only where it may climb"""


class HeldInvoice(NamedTuple):
    """What must not be asked of an invoice, and the last day on which all of that holds."""

    invoice: Due
    held: Held
    until: date | None

    def is_past_due(self, day: PlanDay) -> bool:
        return self.invoice.due_on <= day.past_due_by


class Books(NamedTuple):
    """The balances of a span of accounts, what is held of their invoices, and whose are to climb."""

    balances: Mapping[int, Sequence[Balance]]
    """account id -> one a currency; an account without a balance has nothing past due and no credit"""
    held: Mapping[int, Mapping[int, HeldInvoice]]
    """account id -> invoice id -> what is held of it"""
    climbing: frozenset[int]
    """accounts with an invoice that stands lower on its ladder than it is past due"""


def go_live(session: Session, on: date, policy: Policy) -> date:
    """The policy's date, else the first plan's, else this very day."""
    return policy.organization.go_live_on or session.scalar(_FIRST_PLAN) or on


_FIRST_PLAN = select(func.min(Plan.day))


def plan_day(session: Session, on: date, policy: Policy) -> PlanDay:
    """The rules' view of a day."""
    return PlanDay.of(on, policy, policies.in_force(session).rates, go_live(session, on, policy))


def books(session: Session, which: Which, day: PlanDay, *, everything: bool = False) -> Books:
    """What is past due and what is credited; with `everything` also what is not due yet (for statements)."""
    held, balances = _held(session, which, day), defaultdict[int, list[Balance]](list)
    entangled = {id_ for id_, some in held.items() if any(one.is_past_due(day) for one in some.values())}
    climbs = set()
    counted_by = date.max if everything else day.past_due_by
    parameters = _cut_offs(which, day) | {"counted_by": counted_by}
    rows = session.connection().execute(_FOLD[type(which)], parameters)
    for *sums, may_climb in rows.fetchall():
        balance = _as_if_free(*sums)
        balances[balance.account_id].append(balance)
        if balance.credits:
            entangled.add(balance.account_id)
        if may_climb:
            climbs.add(balance.account_id)
    _pool_mrr(session, balances, day)
    balances.update(_disentangled(session, entangled & balances.keys(), balances, held, day))
    return Books(balances, held, frozenset(climbs))


def climbing(session: Session, account_ids: Collection[int], day: PlanDay) -> Mapping[int, list[Due]]:
    """Account id -> open invoices that stand lower on their ladder than they are past due."""
    if not account_ids:
        return {}
    return _by_account(session, _CLIMBING, _cut_offs(Accounts(account_ids), day))


def coming(session: Session, span: Span, day: PlanDay) -> Mapping[int, list[Due]]:
    """Account id -> invoices about to fall due, of accounts that are reminded of them: the large ones and
    those that are routinely late."""
    found = _by_account(session, _COMING, _cut_offs(span, day) | {"on": day.on})
    late = set(session.connection().execute(_ROUTINELY_LATE, {"ids": found}).scalars()) if found else set()
    owed: dict[int, list[tuple[str, int]]] = defaultdict(list)
    rest = found.keys() - late
    for account_id, currency, amount in session.connection().execute(_OWED, {"ids": rest}) if rest else ():
        owed[account_id].append((currency, amount))
    return {id_: some for id_, some in found.items() if id_ in late or day.is_large(owed[id_])}


def unconfirmed_finals(session: Session, span: Span, day: PlanDay) -> Mapping[int, list[Due]]:
    """Account id -> open final invoices of the last final-check run whose receipt nobody has confirmed."""
    if day.final_check_on is None:
        return {}
    return _by_account(session, _FINALS, span._asdict() | {"run_on": day.final_check_on})


def overdue_finals(session: Session, account_ids: Iterable[int], day: PlanDay) -> Mapping[int, Due]:
    """Account id -> its oldest final invoice past due."""
    parameters = {"ids": account_ids, "final_by": day.final_due_by}
    rows = session.connection().execute(_OVERDUE_FINALS, parameters)
    return {due.account_id: due for due in map(Due._make, rows)}


def invoices(session: Session, ids: Collection[int]) -> Mapping[int, Due]:
    """These invoices by id, open or not."""
    rows = session.connection().execute(_THESE, {"ids": ids})
    return {due.id: due for due in map(Due._make, rows)}


def _held(session: Session, which: Which, day: PlanDay) -> dict[int, dict[int, HeldInvoice]]:
    held: dict[int, dict[int, HeldInvoice]] = defaultdict(dict)
    parameters = which._asdict() | {"on": day.on}
    for *columns, kind, amount, until in session.connection().execute(_HOLDS[type(which)], parameters):
        invoice = Due._make(columns)
        before = held[invoice.account_id].get(invoice.id, HeldInvoice(invoice, FREE, None))
        part = Held(**{HELD_AS[kind]: invoice.open_minor if amount is None else amount})
        first_end = min(filter(None, (before.until, until)), default=None)
        held[invoice.account_id][invoice.id] = HeldInvoice(invoice, _plus(before.held, part), first_end)
    return held


def _plus(one: Held, other: Held) -> Held:
    return Held(*map(sum, zip(one, other, strict=True)))


def _pool_mrr(session: Session, balances: dict[int, list[Balance]], day: PlanDay) -> None:
    """Months age by account, in whatever currency they are owed."""
    several = [
        id_
        for id_, some in balances.items()
        if len(some) > 1 and sum(one.mrr_oldest_due is not None for one in some) > 1
    ]
    if not several:
        return
    parameters = {"ids": several, "past_due_by": day.past_due_by}
    for id_, *pooled in session.connection().execute(_MRR_MONTHS, parameters).fetchall():
        months = dict(zip(("mrr_months", "mrr_oldest_due"), pooled, strict=True))
        balances[id_] = [one._replace(**months) if one.mrr_oldest_due else one for one in balances[id_]]


def _disentangled(
    session: Session,
    account_ids: Iterable[int],
    balances: Mapping[int, Sequence[Balance]],
    held: Mapping[int, Mapping[int, HeldInvoice]],
    day: PlanDay,
) -> Iterator[tuple[int, list[Balance]]]:
    """Accounts with holds or credits: only invoice by invoice can be told what is asked."""
    ids = sorted(account_ids)
    if not ids:
        return
    lines: dict[tuple[int, str], list[Line]] = defaultdict(list)
    holds: dict[tuple[int, str], Held] = {}
    rows = session.connection().execute(_LINES, {"ids": ids, "past_due_by": day.past_due_by}).fetchall()
    for account_id, currency, id_, due_on, open_minor, kind in rows:
        found = held[account_id].get(id_) if account_id in held else None
        left, place = open_minor, (account_id, currency)
        if found:
            holds[place] = _plus(holds.get(place, FREE), held_once(open_minor, found.held))
            left = asked_part(open_minor, found.held)
        if left:
            lines[place].append(Line(due_on, left, kind == "final", kind == "mrr"))
    for account_id in ids:
        places = [(balance, (account_id, balance.currency)) for balance in balances[account_id]]
        yield (
            account_id,
            [day.of_lines(one._replace(held=holds.get(place, FREE)), lines[place]) for one, place in places],
        )


def _as_if_free(
    account_id: int,
    currency: str,
    total_open: int,
    open_invoices: int,
    credits: int,
    past_due: int,
    over_31: int,
    final: int,
    mrr: int,
    mrr_months: int,
    mrr_oldest_due: date | None,
    oldest_due: date | None,
) -> Balance:
    """A row of the fold as a balance that nothing holds."""
    asked = (past_due, over_31, final, mrr, oldest_due, FREE, 0)
    sums = (past_due, over_31, final, mrr_months, mrr_oldest_due)
    return Balance._make((account_id, intern(currency), total_open, open_invoices, credits, *sums, *asked))


def _by_account(session: Session, statement: Select[Any], parameters: Parameters) -> dict[int, list[Due]]:
    found: dict[int, list[Due]] = defaultdict(list)
    for row in session.connection().execute(statement, parameters).fetchall():
        found[row[0]].append(Due._make(row))
    return found


def _cut_offs(which: Which, day: PlanDay) -> Parameters:
    return which._asdict() | {
        "coming_7_by": day.pre_due_7_due_by,
        "coming_3_by": day.pre_due_3_due_by,
        "past_due_by": day.past_due_by,
        "over_5_by": day.followup_5_due_by,
        "over_15_by": day.followup_15_due_by,
        "over_31_by": day.overdue_31_due_by,
        "final_by": day.final_due_by,
    }


# Core columns, not mapped ones: the ORM would wrap each of a million rows once more.
_I, _H, _A = Invoice.__table__.c, Hold.__table__.c, Account.__table__.c
_ZERO, _ONE = literal_column("0", Integer), literal_column("1", Integer)
_IDS = ids_named("ids")
_IN_SPAN = _I.account_id.between(bindparam("first"), bindparam("last"))


def each(statement: Select[Any], account_id: ColumnElement[int]) -> Mapping[type[Which], Select[Any]]:
    """The same statement about a span and about some accounts."""
    span = account_id.between(bindparam("first"), bindparam("last"))
    return {Span: statement.where(span), Accounts: statement.where(among(account_id, _IDS))}


def _sum_open(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return _sum(case((and_(_I.open_minor > _ZERO, *conditions), _I.open_minor), else_=_ZERO))


def _sum(amount: ColumnElement[int]) -> ColumnElement[int]:
    """As a whole number: PostgreSQL makes sums of them decimals, which are slow and no numbers of ours."""
    return cast(func.sum(amount), BigInteger)


_PAST_DUE = _I.due_on <= bindparam("past_due_by")
_OVER_31 = _I.due_on <= bindparam("over_31_by")
_FINAL = and_(_I.kind == "final", _I.due_on <= bindparam("final_by"))
_MRR = and_(_I.kind == "mrr", _PAST_DUE)
_OWED_MRR = and_(_I.open_minor > _ZERO, _MRR)
_MAY_CLIMB = or_(
    and_(_I.due_on <= bindparam("over_5_by"), _I.ladder < FOLLOWUP_5.rung),
    and_(_I.due_on <= bindparam("over_15_by"), _I.ladder < FOLLOWUP_15.rung),
    and_(_OVER_31, _I.ladder < OVERDUE_31.rung),
)

_FOLD = each(
    # In the order of _as_if_free's arguments.
    select(
        _I.account_id,
        _I.currency,
        _sum(_I.open_minor),
        _sum(case((_I.open_minor > _ZERO, _ONE), else_=_ZERO)),
        _sum(case((_I.open_minor < _ZERO, -_I.open_minor), else_=_ZERO)),
        _sum_open(_PAST_DUE),
        _sum_open(_OVER_31),
        _sum_open(_FINAL),
        _sum_open(_MRR),
        func.count(distinct(case((_OWED_MRR, _I.service_month)))),
        func.min(case((_OWED_MRR, _I.due_on))),
        func.min(case((and_(_I.open_minor > _ZERO, _PAST_DUE), _I.due_on))),
        func.max(case((and_(_I.open_minor > _ZERO, _MAY_CLIMB), _ONE), else_=_ZERO)),
    )
    .where(OPEN, or_(_I.due_on <= bindparam("counted_by"), _I.open_minor < _ZERO))
    .group_by(_I.account_id, _I.currency)
    .order_by(_I.account_id, _I.currency),
    _I.account_id,
)
_MRR_MONTHS = (
    select(_I.account_id, func.count(distinct(_I.service_month)), func.min(_I.due_on))
    .where(OPEN, _OWED_MRR, among(_I.account_id, _IDS))
    .group_by(_I.account_id)
)
_ANY = select(_I.account_id, _I.id, _I.number, _I.currency, _I.due_on, _I.open_minor, _I.reopened, _I.ladder)
_THESE = _ANY.where(among(_I.id, _IDS))
_DUE = _ANY.where(OPEN, _I.open_minor > 0, _IN_SPAN)
_CLIMBING = _ANY.where(OPEN, _I.open_minor > 0, among(_I.account_id, _IDS), _MAY_CLIMB).order_by(
    _I.account_id, _I.due_on, _I.id
)
_COMING = _DUE.where(
    _I.due_on > bindparam("on"),
    or_(
        and_(_I.due_on <= bindparam("coming_7_by"), _I.ladder < PRE_DUE_7.rung),
        and_(_I.due_on <= bindparam("coming_3_by"), _I.ladder < PRE_DUE_3.rung),
    ),
).order_by(_I.account_id, _I.due_on, _I.id)
_OWED = (
    select(_I.account_id, _I.currency, _sum(_I.open_minor))
    .where(OPEN, among(_I.account_id, _IDS))
    .group_by(_I.account_id, _I.currency)
)
_ROUTINELY_LATE = select(_A.id).where(among(_A.id, _IDS), _A.routinely_late)
_FINALS = _DUE.where(
    _I.kind == "final", _I.invoiced_on <= bindparam("run_on"), _I.receipt_confirmed_on.is_(None)
).order_by(_I.account_id, _I.id)
_OVERDUE_FINALS = _ANY.where(OPEN, _I.open_minor > 0, _FINAL, among(_I.account_id, _IDS)).order_by(
    _I.due_on.desc(), _I.id.desc()
)
_LINES = (
    select(_I.account_id, _I.currency, _I.id, _I.due_on, _I.open_minor, _I.kind)
    .where(OPEN, _I.open_minor > 0, _PAST_DUE, among(_I.account_id, _IDS))
    .order_by(_I.account_id, _I.due_on, _I.id)
)
_HOLDS = each(
    _ANY.add_columns(_H.kind, _H.amount_minor, _H.until)
    .join(Hold.__table__, _H.invoice_id == _I.id)
    .where(
        STANDING,
        _H.since <= bindparam("on"),
        or_(_H.until.is_(None), _H.until >= bindparam("on")),
        _I.open_minor > 0,
    )
    .order_by(_H.account_id, _H.invoice_id, _H.id),
    _H.account_id,
)
