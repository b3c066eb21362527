"""The only writer of a suspension case's state: case, transition and log entry in one transaction.

The caller holds the lock of the case's account (`suspensions.lock`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from outreach.ledger import log, suspensions
from outreach.ledger.log import Entry
from outreach.ledger.suspensions import SuspensionCase, SuspensionInvoice, SuspensionTransition
from outreach.rules import suspension
from outreach.rules.suspension import Act, Event, State

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Evidence(NamedTuple):
    """What shows that something happened."""

    document: str
    paper_id: int | None = None
    step: str | None = None


def move(
    session: Session,
    case: SuspensionCase,
    what: Event,
    act: Act,
    evidence: Evidence,
    *,
    at: datetime,
    not_by: str = "",
    values: Mapping[str, Any] = NOTHING,
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
    log.append(
        session,
        entry(case, suspensions.numbers_of(session, [case.id]).get(case.id, ()), what, act, evidence, at),
    )


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
    numbers, evidence = suspensions.numbers_of(session, [case.id for case in cases]), Evidence(what)
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
