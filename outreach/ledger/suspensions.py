"""Suspension cases: their invoices, their days, and every transition, append-only (product.md 5).

`move` is the only writer of a case's state. The caller holds the lock of its account.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, Select, event, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger import facts, log
from outreach.ledger.among import among, ids_named
from outreach.ledger.base import Base, Key
from outreach.ledger.firings import Firing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.receivables import Invoice
from outreach.rules import suspension, suspension_terms
from outreach.rules.plan_day import PlanDay
from outreach.rules.steps import STEPS, Purpose
from outreach.rules.suspension import Act, Event, State
from outreach.rules.suspension_terms import Days

OPEN = text("state NOT IN ('reinstated', 'withdrawn')")
RUNNING = (State.APPROVED, State.NOTICED, State.WARNED)
"""a notice may be due"""
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
    left_minor: Mapped[int] = mapped_column(BigInteger)
    """asked of them by the last look at the ledger"""
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


class Evidence(NamedTuple):
    """What shows that something happened."""

    document: str
    paper_id: int | None = None
    step: str | None = None


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


def move(
    session: Session,
    case: SuspensionCase,
    what: Event,
    act: Act,
    evidence: Evidence,
    *,
    at: datetime,
    not_by: str = "",
    **values: Any,
) -> None:
    """Move a locked case by the one guard; transition and log entry in the same transaction.

    `values`: columns of the case that change with it. Raises NotAllowed.
    """
    before = State(case.state)
    after = suspension.move(before, what, act, not_by=not_by)
    mine = (SuspensionCase.id == case.id, SuspensionCase.state == before)
    changed = session.execute(update(SuspensionCase).where(*mine).values(state=after, moved_at=at, **values))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise RuntimeError("a case was moved without the lock of its account")
    session.refresh(case)
    session.add(_transition(case.id, what, before, after, act, evidence, at))
    session.flush()
    log.append(session, entry(case, numbers_of(session, [case.id]).get(case.id, ()), what, act, evidence, at))


def open_many(
    session: Session, found: Sequence[Mapping[str, Any]], invoices: Sequence[Sequence[tuple[int, int]]]
) -> Sequence[SuspensionCase]:
    """Rows of new cases with their (invoice, amount); the caller has seen that none is open."""
    cases = [SuspensionCase(**row) for row in found]
    session.add_all(cases)
    session.flush()
    rows = [
        {"case_id": case.id, "invoice_id": id_, "amount_minor": amount}
        for case, listed in zip(cases, invoices, strict=True)
        for id_, amount in listed
    ]
    if rows:
        session.execute(insert(SuspensionInvoice), rows)
    return cases


def found(session: Session, cases: Sequence[SuspensionCase], act: Act, what: str, *, at: datetime) -> None:
    """The first transition of many new cases, in a few statements."""
    numbers, evidence = numbers_of(session, [case.id for case in cases]), Evidence(what)
    after = suspension.move(State.NONE, Event.FOUND, act)
    session.add_all(_transition(case.id, Event.FOUND, State.NONE, after, act, evidence, at) for case in cases)
    session.flush()
    log.append_many(
        session, [entry(one, numbers.get(one.id, ()), Event.FOUND, act, evidence, at) for one in cases]
    )


def entry(
    case: SuspensionCase,
    numbers: Sequence[str],
    what: Event,
    act: Act,
    evidence: Evidence,
    at: datetime,
) -> Entry:
    """A transition as the collections log has it."""
    return Entry(
        at=at,
        actor=act.actor,
        what=f"suspension: {what.value}",
        account_id=case.account_id,
        invoices=numbers,
        step=evidence.step,
        about=f"suspension:{case.id}",
        outcome=case.state,
        follow_up_on=case.deadline_on,
        links={"document": evidence.document},
        text=act.reason,
    )


def _transition(
    case_id: int, what: Event, before: State, after: State, act: Act, evidence: Evidence, at: datetime
) -> SuspensionTransition:
    return SuspensionTransition(
        case_id=case_id,
        event=what,
        from_state=before,
        to_state=after,
        actor=act.actor,
        role=act.role,
        reason=act.reason,
        document=evidence.document,
        paper_id=evidence.paper_id,
        step=evidence.step,
        at=at,
    )


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


def numbers_of(session: Session, case_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Case -> its invoices' numbers, the oldest due first."""
    found: dict[int, list[str]] = {}
    for case_id, number in session.execute(_NUMBERS_OF, {"ids": case_ids}):
        found.setdefault(case_id, []).append(number)
    return found


def open_of(session: Session, states: Iterable[State], account_ids: Collection[int]) -> Sequence[int]:
    """Ids of the open cases of some accounts that are in one of these states."""
    wanted = SuspensionCase.state.in_([*states])
    return session.scalars(
        select(SuspensionCase.id)
        .where(OPEN, wanted, among(_C.account_id, account_ids))
        .order_by(SuspensionCase.id)
    ).all()


def history(session: Session, case_id: int) -> Sequence[SuspensionTransition]:
    """Everything that happened to a case, in order."""
    mine = select(SuspensionTransition).where(SuspensionTransition.case_id == case_id)
    return session.scalars(mine.order_by(SuspensionTransition.id)).all()


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
