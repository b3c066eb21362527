"""Suspension cases by the day: found, listed, moved on as far as the calendar and the ledger say, ended.

Nothing here cuts a service or writes a letter. Running it twice, or by two workers at once, does it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from outreach.campaigns.suspension import candidates, notices, operations, to_do
from outreach.campaigns.suspension.candidates import AT_ONCE, OURSELVES, ledger_of
from outreach.ledger import debts, policies, suspension_moves, suspensions
from outreach.ledger.base import Ledger
from outreach.ledger.notices_sent import unheard
from outreach.ledger.policies import InForce
from outreach.ledger.suspension_moves import Evidence
from outreach.ledger.suspensions import TOLD, SuspensionCase
from outreach.rules import money
from outreach.rules.policy import Policy
from outreach.rules.suspension import CLOSED, Act, Event, Role, State
from outreach.rules.suspension_terms import Books, EndWhy, due_on, ended, is_fresh, last_day, listed, unpaid

LISTED = (State.CANDIDATE, State.RECOMMENDED)
WHY: dict[EndWhy, str] = {
    "paid": "what is still open of its invoices is below the tolerance",
    "disputed": "its invoices are disputed, all but what is below the tolerance",
    "planned": "an approved payment plan covers its invoices",
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to."""

    found: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class _Today:
    """One transaction, and what it knows of the day."""

    session: Session
    in_force: InForce
    on: date
    now: datetime
    newest: tuple[int, date] | None

    @property
    def policy(self) -> Policy:
        return self.in_force.policy

    @property
    def evidence(self) -> Evidence:
        return Evidence(ledger_of(self.newest))


def run(ledger: Ledger, *, now: datetime) -> Run:
    """The whole run: after an import, and each business day before the plan."""
    found = candidates.find(ledger, now=now)
    with ledger.reading() as session:
        ids = suspensions.in_states(session, (*LISTED, *TOLD, State.SUSPENDED))
    _each(ledger, ids, now)
    return Run(found, len(ids))


def hear(ledger: Ledger, *, now: datetime) -> int:
    """Only what was reported of notices, and what it leads to: as often as you like."""
    with ledger.reading() as session:
        ids = unheard(session)
    _each(ledger, ids, now)
    return len(ids)


def _each(ledger: Ledger, ids: Sequence[int], now: datetime) -> None:
    for start in range(0, len(ids), AT_ONCE):
        with ledger.writing() as session:
            _look_at(session, ids[start : start + AT_ONCE], now)


def _look_at(session: Session, ids: Sequence[int], now: datetime) -> None:
    in_force = policies.in_force(session)
    today = _Today(session, in_force, in_force.policy.today(now), now, debts.newest_import(session))
    cases = [case for case in suspensions.lock(session, ids) if case.state not in CLOSED]
    notices.take_in(session, cases, in_force, now)
    barred = debts.barred(session, {case.account_id for case in cases})
    own = debts.of_cases(session, cases, today.on)
    all_due = candidates.books_of(
        session, {case.account_id for case in cases if case.state in LISTED}, today.on, in_force
    )
    before = suspensions.amounts(session, [case.id for case in cases if case.state in LISTED])
    for case in cases:
        if case.state in LISTED:
            owed = all_due.get((case.account_id, case.currency), Books(()))
            _list(today, case, owed, own[case.id], before.get(case.id, {}), barred.get(case.account_id, ""))
        elif case.state == State.SUSPENDED:
            _ask_for_reinstatement(today, case, own[case.id])
        else:
            _go_on(today, case, own[case.id], barred.get(case.account_id, ""))
    _tell_of_late_promises(today, [case for case in cases if case.deadline_on and case.state in TOLD])


def _list(
    today: _Today, case: SuspensionCase, owed: Books, own: Books, before: Mapping[int, int], bar: str
) -> None:
    found = listed(owed, case.currency, today.on, today.policy, today.in_force.rates)
    if found and not bar:
        candidates.list_anew(today.session, case, found, owed, before)
        case.known_on = today.newest[1] if today.newest else None
        return
    why = ended(own, case.currency, today.on, today.policy, today.in_force.rates)
    _end(today, case, f"the account is under {bar}" if bar else WHY[why] if why else "no candidate any more")


def _go_on(today: _Today, case: SuspensionCase, own: Books, bar: str) -> None:
    if why := ended(own, case.currency, today.on, today.policy, today.in_force.rates):
        _end(today, case, WHY[why])
        return
    _note_payment(today, case, own)
    if bar:
        title = f"{{account}} is under {bar}: its suspension stands still; withdraw it or wait"
        to_do.ask(today.session, case, f"barred {bar}", title, today.on, now=today.now)
    elif case.state == State.NOTICED:
        _give_time(today, case)
    elif case.state == State.WARNED and _is_due(today, case):
        _fall_due(today, case)


def _give_time(today: _Today, case: SuspensionCase) -> None:
    """A final warning that leaves late names a later deadline."""
    if case.deadline_on and case.warning_on and today.on > case.warning_on:
        case.deadline_on = last_day(case.deadline_on, today.on, today.policy)


def _is_due(today: _Today, case: SuspensionCase) -> bool:
    known_on = today.newest[1] if today.newest else None
    return (
        case.deadline_on is not None
        and today.on >= due_on(case.deadline_on, today.policy)
        and is_fresh(known_on, today.on, today.policy)
    )


def _fall_due(today: _Today, case: SuspensionCase) -> None:
    reason = f"unpaid after {case.deadline_on}, by a ledger that knows of the payments up to then"
    _move(today, case, Event.FELL_DUE, reason)
    title = "Suspension of {account} is due: confirm it, or withdraw it"
    to_do.ask(today.session, case, f"due {case.deadline_on}", title, today.on, now=today.now)


def _note_payment(today: _Today, case: SuspensionCase, own: Books) -> None:
    left, before = unpaid(own), case.unpaid_minor
    known_on = today.newest[1] if today.newest else None
    if left < before:
        words = f"{money.words(before - left, case.currency)} less, {money.words(left, case.currency)} left"
        _move(today, case, Event.PAID_IN_PART, words, unpaid_minor=left, known_on=known_on)
    else:
        case.unpaid_minor, case.known_on = left, known_on


def _end(today: _Today, case: SuspensionCase, reason: str) -> None:
    operations.call_off(today.session, case, reason, OURSELVES, now=today.now)
    _move(today, case, Event.ENDED, reason)
    to_do.close(today.session, case, by=OURSELVES, now=today.now)


def _ask_for_reinstatement(today: _Today, case: SuspensionCase, own: Books) -> None:
    if why := ended(own, case.currency, today.on, today.policy, today.in_force.rates):
        title = f"{{account}} is suspended, and {WHY[why]}: have it reinstated"
        to_do.ask(today.session, case, "reinstate", title, today.on, now=today.now)


def _tell_of_late_promises(today: _Today, cases: Sequence[SuspensionCase]) -> None:
    by_id = {case.id: case for case in cases}
    for promise in debts.late_promises(today.session, [*by_id]):
        case = by_id[promise.case_id]
        title = (
            f"{{account}} promises to pay on {promise.due_on}, after its deadline {case.deadline_on}: "
            "withdraw the suspension, or let it run"
        )
        thing = f"promise {promise.promise_id}"
        to_do.ask(today.session, case, thing, title, today.on, now=today.now)


def _move(today: _Today, case: SuspensionCase, what: Event, reason: str, **values: Any) -> None:
    act = Act(OURSELVES, Role.OUTREACH, reason)
    suspension_moves.move(today.session, case, what, act, today.evidence, at=today.now, values=values)
