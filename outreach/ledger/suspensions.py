"""Suspension cases: their invoices, their days, and every transition, append-only (product.md 5).

Here are the tables and what is read of them; `suspension_moves` is the only writer of a case's state.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, Select, event, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger import facts
from outreach.ledger.among import among, ids_named
from outreach.ledger.base import Base, Key
from outreach.ledger.firings import Firing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.receivables import Invoice
from outreach.rules import suspension_terms
from outreach.rules.plan_day import PlanDay
from outreach.rules.steps import STEPS, Purpose
from outreach.rules.suspension import Event, State
from outreach.rules.suspension_terms import Days

OPEN = text("state NOT IN ('reinstated', 'withdrawn')")
RUNNING = (State.APPROVED, State.NOTICED, State.WARNED)
"""a notice may be due"""
TOLD = (*RUNNING, State.DUE)
"""a report of a notice may come"""
NOTICES = tuple(step.name for step in STEPS.values() if step.purpose is Purpose.NOTICE)


class SuspensionCase(Base):
    """One account in one currency. Amounts are minor units; its invoices are fixed by the approval."""

    __tablename__ = "suspension_cases"
    __table_args__ = (
        Index(
            "uq_suspension_cases_open",
            *("account_id", "currency"),
            unique=True,
            postgresql_where=OPEN,
            sqlite_where=OPEN,
        ),
        Index("ix_suspension_cases_state", "state", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_suspension_cases_account", "account_id", "opened_on"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    currency: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """asked of its invoices when they were listed"""
    unpaid_minor: Mapped[int] = mapped_column(BigInteger)
    """open of them less credits, by the last look at the ledger"""
    known_on: Mapped[date | None]
    """the day the ledger spoke of at that look"""
    opened_on: Mapped[date]
    approved_on: Mapped[date | None]
    day0: Mapped[date | None]
    second_on: Mapped[date | None]
    warning_on: Mapped[date | None]
    deadline_on: Mapped[date | None]
    """to its end; later than the day in the notice if the final warning came late, never earlier"""
    recommended_by: Mapped[str | None]
    moved_at: Mapped[datetime]

    @property
    def days(self) -> Days | None:
        """None as long as no notice was delivered."""
        if self.day0 and self.second_on and self.warning_on and self.deadline_on:
            return Days(self.day0, self.second_on, self.warning_on, self.deadline_on)
        return None


class SuspensionInvoice(Base):
    """An invoice of a case, with what was asked of it when it was listed."""

    __tablename__ = "suspension_invoices"

    case_id: Mapped[int] = mapped_column(ForeignKey("suspension_cases.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), primary_key=True, index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class SuspensionTransition(Base):
    """What happened to a case: never changed, never deleted. `from_state` and `to_state` may be the same."""

    __tablename__ = "suspension_transitions"
    __table_args__ = (
        Index("ix_suspension_transitions_case", "case_id", "id"),
        Index("ix_suspension_transitions_at", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("suspension_cases.id"))
    event: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    actor: Mapped[str]
    role: Mapped[str]
    reason: Mapped[str]
    document: Mapped[str]
    """what shows it: a file's name, `case sheet`, `letter <id>`, `ledger of <day>`, `order <id>`"""
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    """its bytes, where they are kept here"""
    step: Mapped[str | None]
    """the notice it speaks of"""
    at: Mapped[datetime]


class Occasion(NamedTuple):
    """A notice that is due of an account today, as planner and gate see it."""

    account_id: int
    step: str
    subject: str
    """the case's id"""
    cycle: str
    """likewise"""
    raw_on: date
    invoice_ids: tuple[int, ...]


def lock(session: Session, case_ids: Iterable[int]) -> Sequence[SuspensionCase]:
    """These cases as they stand now, by id, with their accounts locked."""
    ids = list(case_ids)
    lock_accounts(session, session.scalars(_ACCOUNTS_OF, {"ids": ids}).all())
    return session.scalars(_THESE.execution_options(populate_existing=True), {"ids": ids}).all()


def occasions(session: Session, which: facts.Which, day: PlanDay) -> Iterator[Occasion]:
    """The notices that are due of these accounts on a day: while the case stands and until both sides of the
    notice's firing have ended, or it was posted, or its successor's day has come."""
    cases = session.scalars(_RUNNING_OF[type(which)], which._asdict()).all()
    if not cases:
        return
    ids = [case.id for case in cases]
    over, invoices = _over(session, cases), invoices_of(session, ids)
    for case in cases:
        turn = suspension_terms.notice_on(
            State(case.state), case.approved_on or case.opened_on, case.days, day.on
        )
        if turn and (case.id, turn[0].name) not in over:
            name, id_ = turn[0].name, str(case.id)
            yield Occasion(case.account_id, name, id_, id_, turn[1], tuple(invoices.get(case.id, ())))


class Standing(NamedTuple):
    """A case that may be written about, and its invoices."""

    case: SuspensionCase
    invoice_ids: frozenset[int]


def standing(session: Session, case_ids: Collection[int]) -> Mapping[int, Standing]:
    """Those of these cases that are approved and not over: no letter speaks of any other."""
    if not case_ids:
        return {}
    query = select(SuspensionCase).where(among(_C.id, case_ids), SuspensionCase.state.in_(RUNNING))
    cases = session.scalars(query).all()
    invoices = invoices_of(session, [case.id for case in cases]) if cases else {}
    return {case.id: Standing(case, frozenset(invoices.get(case.id, ()))) for case in cases}


def standing_of(session: Session, account_id: int) -> Standing | None:
    """The case of an account that may be written about, the oldest if there are several."""
    mine = (SuspensionCase.account_id == account_id, SuspensionCase.state.in_(RUNNING))
    first = session.scalars(select(SuspensionCase.id).where(*mine).order_by(SuspensionCase.id)).first()
    return standing(session, [first])[first] if first else None


def _over(session: Session, cases: Sequence[SuspensionCase]) -> set[tuple[int, str]]:
    """(case, notice) whose firing has ended, or which were posted. The first is over with its delivery too,
    save for a call that is still owed."""
    fired = session.execute(_FIRED, {"ids": {case.account_id for case in cases}}).all()
    posted = session.execute(_POSTED, {"ids": [case.id for case in cases]}).all()
    over = {(int(subject), name) for name, subject, state, _ in fired if state != "open"}
    under_way = {(int(subject), name) for name, subject, state, email in fired if email != "open"}
    noticed = {(case.id, NOTICES[0]) for case in cases if case.state != State.APPROVED}
    return over | {(case_id, name) for case_id, name in posted} | (noticed - under_way)


def invoices_of(session: Session, case_ids: Collection[int]) -> Mapping[int, list[int]]:
    """Case -> its invoices' ids, ascending."""
    found: dict[int, list[int]] = {}
    for case_id, invoice_id in session.execute(_INVOICES_OF, {"ids": case_ids}):
        found.setdefault(case_id, []).append(invoice_id)
    return found


def with_invoices(session: Session, invoice_ids: Collection[int]) -> Sequence[int]:
    """The open cases that list one of these invoices, save mere candidates, ascending."""
    under_way = (OPEN, _C.state != State.CANDIDATE)
    query = select(_SI.case_id).join_from(SuspensionInvoice.__table__, SuspensionCase.__table__)
    query = query.where(among(_SI.invoice_id, invoice_ids), *under_way)
    return session.scalars(query.distinct().order_by(_SI.case_id)).all()


def amounts(session: Session, case_ids: Collection[int]) -> Mapping[int, dict[int, int]]:
    """Case -> invoice -> what was asked of it when it was listed."""
    found: dict[int, dict[int, int]] = {}
    for case_id, invoice_id, amount in session.execute(_AMOUNTS, {"ids": case_ids}):
        found.setdefault(case_id, {})[invoice_id] = amount
    return found


def numbers_of(session: Session, case_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Case -> its invoices' numbers, the oldest due first."""
    found: dict[int, list[str]] = {}
    for case_id, number in session.execute(_NUMBERS_OF, {"ids": case_ids}):
        found.setdefault(case_id, []).append(number)
    return found


def open_cases(session: Session, account_ids: Collection[int]) -> set[tuple[int, str]]:
    """The (account, currency) of these accounts that have an open case."""
    query = select(SuspensionCase.account_id, SuspensionCase.currency)
    rows = session.execute(query.where(OPEN, among(_C.account_id, account_ids)))
    return {(account_id, currency) for account_id, currency in rows}


def deadline_of(session: Session, invoice_ids: Collection[int]) -> date | None:
    """The first deadline of the open cases that name one of these invoices; None: none has a deadline."""
    of_case = SuspensionInvoice.case_id == SuspensionCase.id
    query = select(func.min(SuspensionCase.deadline_on)).join(SuspensionInvoice, of_case)
    return session.scalar(query.where(OPEN, among(_SI.invoice_id, invoice_ids)))


def open_of(session: Session, account_id: int) -> Sequence[SuspensionCase]:
    """An account's open cases, one a currency at most."""
    query = select(SuspensionCase).where(OPEN, SuspensionCase.account_id == account_id)
    return session.scalars(query.order_by(SuspensionCase.id)).all()


def in_states(session: Session, states: Iterable[State]) -> Sequence[int]:
    """Ids of all open cases in one of these states, by account."""
    query = select(SuspensionCase.id).where(OPEN, SuspensionCase.state.in_([*states]))
    return session.scalars(query.order_by(SuspensionCase.account_id, SuspensionCase.id)).all()


def history(session: Session, case_id: int) -> Sequence[SuspensionTransition]:
    """Everything that happened to a case, in order."""
    mine = select(SuspensionTransition).where(SuspensionTransition.case_id == case_id)
    return session.scalars(mine.order_by(SuspensionTransition.id)).all()


def was_posted(session: Session, case_id: int, step: str) -> bool:
    """Whether a person has recorded that this notice went by post."""
    return (case_id, step) in {(id_, name) for id_, name in session.execute(_POSTED, {"ids": [case_id]})}


def is_known(session: Session, case_id: int, what: Event, document: str) -> bool:
    """Whether a document has brought an event about already."""
    mine = (SuspensionTransition.case_id == case_id, SuspensionTransition.event == what)
    query = select(SuspensionTransition.id).where(*mine, SuspensionTransition.document == document)
    return session.scalars(query.limit(1)).first() is not None


_IDS = ids_named("ids")
_C, _F, _T = SuspensionCase.__table__.c, Firing.__table__.c, SuspensionTransition.__table__.c
_SI, _I = SuspensionInvoice.__table__.c, Invoice.__table__.c
_THESE = select(SuspensionCase).where(among(_C.id, _IDS)).order_by(SuspensionCase.id)
_ACCOUNTS_OF = select(SuspensionCase.account_id).where(among(_C.id, _IDS))
_INVOICES_OF = (
    select(_SI.case_id, _SI.invoice_id).where(among(_SI.case_id, _IDS)).order_by(_SI.case_id, _SI.invoice_id)
)
_AMOUNTS = select(_SI.case_id, _SI.invoice_id, _SI.amount_minor).where(among(_SI.case_id, _IDS))
_NUMBERS_OF = (
    select(_SI.case_id, _I.number)
    .join_from(SuspensionInvoice.__table__, Invoice.__table__, _SI.invoice_id == _I.id)
    .where(among(_SI.case_id, _IDS))
    .order_by(_SI.case_id, _I.due_on, _I.number)
)
_RUNNING_OF: Mapping[type[facts.Which], Select[SuspensionCase]] = facts.each(
    select(SuspensionCase).where(OPEN, SuspensionCase.state.in_(RUNNING)).order_by(SuspensionCase.id),
    _C.account_id,
)
_FIRED = select(_F.step, _F.subject, _F.state, _F.email_side).where(
    among(_F.account_id, _IDS), _F.step.in_(NOTICES)
)
_POSTED = select(_T.case_id, _T.step).where(
    among(_T.case_id, _IDS),
    _T.event.in_([Event.POSTED, Event.LATER_POSTED, Event.WARNING_POSTED]),
    _T.step.is_not(None),
)

# Append-only, also for whoever has the database open in a shell.
_SQLITE_GUARD = (
    "CREATE TRIGGER suspension_transitions_no_{verb} BEFORE {verb} ON suspension_transitions "
    "BEGIN SELECT RAISE(ABORT, 'transitions of a case are append-only'); END"
)
_POSTGRES_GUARD = (
    "CREATE OR REPLACE FUNCTION refuse_transition_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'transitions of a case are append-only'; END $$",
    "CREATE TRIGGER suspension_transitions_append_only BEFORE UPDATE OR DELETE ON suspension_transitions "
    "FOR EACH ROW EXECUTE FUNCTION refuse_transition_change()",
)
GUARDS: Mapping[str, tuple[str, ...]] = {
    "sqlite": (_SQLITE_GUARD.format(verb="UPDATE"), _SQLITE_GUARD.format(verb="DELETE")),
    "postgresql": _POSTGRES_GUARD,
}
for _name, _statements in GUARDS.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(SuspensionTransition.__table__, "after_create", _ddl.execute_if(dialect=_name))
