"""What people decide about a suspension case: one door for all of it, one guard, one transaction each.

Recommend, approve, record what was posted, order the suspension or the reinstatement, write down what
operations have confirmed, withdraw. Each is kept with who, why, and a document: the one that was attached,
else a sheet of the case as it stood.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from outreach.campaigns.suspension import candidates, notices, operations, to_do
from outreach.ledger import debts, orders, papers, people, policies, suspension_moves, suspensions
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.papers import Sheet
from outreach.ledger.people import User
from outreach.ledger.policies import InForce
from outreach.ledger.receivables import Account
from outreach.ledger.scope import NotFound, scoped
from outreach.ledger.suspension_moves import Evidence
from outreach.ledger.suspensions import SuspensionCase
from outreach.rules import suspension
from outreach.rules.steps import SUSPENSION_1, SUSPENSION_2, SUSPENSION_FINAL
from outreach.rules.suspension import Act, Event, NotAllowed, role_of
from outreach.rules.suspension_terms import Books, ended, is_fresh, listed, next_meeting

LARGEST = 20 * 1024 * 1024
"""bytes of a document"""
CASE_SHEET = "case sheet"
POSTED: Mapping[Event, str] = MappingProxyType(
    {
        Event.POSTED: SUSPENSION_1.name,
        Event.LATER_POSTED: SUSPENSION_2.name,
        Event.WARNING_POSTED: SUSPENSION_FINAL.name,
    }
)
"""what was posted -> the notice it is"""


@dataclass(frozen=True, slots=True)
class Attached:
    """A document that somebody brings."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class House:
    """What a decision needs of us."""

    ledger: Ledger
    files: Path
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Decision:
    """One decision in its transaction; the account is locked."""

    session: Session
    case: SuspensionCase
    act: Act
    in_force: InForce
    now: datetime
    wall: datetime

    @property
    def today(self) -> date:
        return self.in_force.policy.today(self.now)

    def books(self) -> Books:
        return debts.of_cases(self.session, [self.case], self.today)[self.case.id]


def decide(
    house: House, case_id: int, event: Event, *, by: str, reason: str, attached: Attached | None = None
) -> str:
    """Move a case as somebody decides. Returns its state after it.

    Raises NotAllowed with what to do, and NotFound for a case or a person there is not, or not to be seen.
    """
    if attached and len(attached.content) > LARGEST:
        raise NotAllowed(f"{attached.name} is too large: attach a document of up to {LARGEST >> 20} MB.")
    now = house.clock.now()
    content = attached.content if attached else _case_sheet(house, case_id, by)
    digest, size = papers.keep(house.files, BytesIO(content))
    sheet = Sheet(digest, size, attached.media_type if attached else "application/json", "document")
    with house.ledger.writing() as session:
        user, case = _person(session, by), suspensions.lock(session, [case_id])
        scoped(session, user).account(case[0].account_id if case else 0)
        act = Act(user.login, role_of(user.role), reason.strip(), attached is not None)
        decision = _Decision(session, case[0], act, policies.in_force(session), now, house.clock.wall())
        paper_id = papers.record_many(session, [sheet], now=now)[digest]
        evidence = Evidence(attached.name if attached else CASE_SHEET, paper_id, POSTED.get(event))
        _decide(decision, event, evidence)
        return case[0].state


def _decide(it: _Decision, event: Event, evidence: Evidence) -> None:
    """The guard first, that it speaks before anything is worked out; then what the event brings with it."""
    not_by = it.case.recommended_by or "" if event is Event.APPROVED else ""
    suspension.move(suspension.State(it.case.state), event, it.act, not_by=not_by)
    if event in (Event.SUSPENDED, Event.REINSTATED):
        try:
            operations.acknowledge(it.session, it.case, DONE[event], it.act, evidence, now=it.now)
        except operations.NotOrdered as why:
            raise NotAllowed(f"{str(why).capitalize()}.") from None
        return
    values = BRINGS[event](it) if event in BRINGS else {}
    suspension_moves.move(
        it.session, it.case, event, it.act, evidence, at=it.now, not_by=not_by, values=values
    )
    if event in AFTER:
        AFTER[event](it)


def _recommend(it: _Decision) -> dict[str, Any]:
    _check_bar(it)
    return {"recommended_by": it.act.actor}


def _approve(it: _Decision) -> dict[str, Any]:
    """What is approved is what is true now; from here on the invoices stay the same."""
    _check_bar(it)
    owing = (it.case.account_id, it.case.currency)
    owed = candidates.books_of(it.session, [it.case.account_id], it.today, it.in_force).get(owing, Books(()))
    found = listed(owed, it.case.currency, it.today, it.in_force.policy, it.in_force.rates)
    if not found:
        raise NotAllowed("Too little of it is undisputed and open by now: withdraw the case.")
    before = suspensions.amounts(it.session, [it.case.id]).get(it.case.id, {})
    candidates.list_anew(it.session, it.case, found, owed, before)
    newest = debts.newest_import(it.session)
    return {"approved_on": it.today, "known_on": newest and newest[1]}


def too_early(case: SuspensionCase, event: Event, today: date) -> date | None:
    """The day of a later notice, while it has not come; None: nothing speaks against its being posted."""
    on = {Event.LATER_POSTED: case.second_on, Event.WARNING_POSTED: case.warning_on}.get(event)
    return on if on and today < on else None


def _posted(event: Event) -> Callable[[_Decision], dict[str, Any]]:
    step = POSTED[event]

    def days(it: _Decision) -> dict[str, Any]:
        if on := too_early(it.case, event, it.today):
            raise NotAllowed(f"It is too early: the {notices.TITLES[step]} is for {on}.")
        return dict(notices.delivered_values(it.case, step, it.now, it.in_force.policy))

    return days


def _confirm(it: _Decision) -> dict[str, Any]:
    _check_bar(it)
    if orders.standing(it.session, it.case.id, "suspend"):
        raise NotAllowed("It is ordered already: operations have not acknowledged it yet.")
    newest = debts.newest_import(it.session)
    if not is_fresh(newest and newest[1], it.today, it.in_force.policy):
        raise NotAllowed("The ledger is not fresh: import the open invoices first, they may have paid.")
    if why := ended(it.books(), it.case.currency, it.today, it.in_force.policy, it.in_force.rates):
        raise NotAllowed(f"There is nothing to suspend for any more ({why}): withdraw the case.")
    return {}


def _recall(it: _Decision) -> dict[str, Any]:
    if orders.standing(it.session, it.case.id, "reinstate"):
        raise NotAllowed("It is ordered already: operations have not acknowledged it yet.")
    return {}


def _withdraw(it: _Decision) -> dict[str, Any]:
    operations.call_off(it.session, it.case, it.act.reason, it.act.actor, now=it.now)
    return {}


def _check_bar(it: _Decision) -> None:
    if bar := debts.barred(it.session, [it.case.account_id]).get(it.case.account_id):
        raise NotAllowed(f"The account is under {bar}: nothing of the kind may be done to it.")


def _close(it: _Decision, thing: str = "") -> None:
    to_do.close(it.session, it.case, by=it.act.actor, now=it.now, thing=thing)


def _ask_for_approval(it: _Decision) -> None:
    due_on = next_meeting(it.today, it.in_force.policy)
    title = f"{it.act.actor} recommends to suspend {{account}}: approve or withdraw it"
    to_do.ask(it.session, it.case, "recommended", title, due_on, now=it.now)


def _order(it: _Decision, kind: orders.Kind) -> None:
    _close(it, "due" if kind == "suspend" else "reinstate")
    operations.order(it.session, it.case, kind, it.act, now=it.now, wall=it.wall)


BRINGS: Mapping[Event, Callable[[_Decision], dict[str, Any]]] = MappingProxyType(
    {
        Event.RECOMMENDED: _recommend,
        Event.APPROVED: _approve,
        Event.CONFIRMED: _confirm,
        Event.RECALLED: _recall,
        Event.WITHDRAWN: _withdraw,
        **{event: _posted(event) for event in POSTED},
    }
)
"""what a decision is checked against besides the guard, and the columns it changes"""
AFTER: Mapping[Event, Callable[[_Decision], None]] = MappingProxyType(
    {
        Event.RECOMMENDED: _ask_for_approval,
        Event.APPROVED: lambda it: _close(it, "recommended"),
        Event.CONFIRMED: lambda it: _order(it, "suspend"),
        Event.RECALLED: lambda it: _order(it, "reinstate"),
        Event.WITHDRAWN: _close,
        **{event: partial(_close, thing=f"undelivered {step}") for event, step in POSTED.items()},
    }
)
DONE = MappingProxyType({event: done for done, (event, _) in operations.DONE.items()})


def _person(session: Session, login: str) -> User:
    user = people.by_login(session, login)
    if user is None or not user.active:
        raise NotFound
    return user


def _case_sheet(house: House, case_id: int, by: str) -> bytes:
    """The case as it stands, for the file: what was before the eyes of who decides."""
    with house.ledger.reading() as session:
        case = session.get(SuspensionCase, case_id)
        if case is None:
            raise NotFound
        account = session.get_one(Account, case.account_id)
        facts = {
            "case": case.id,
            "account": account.number,
            "name": account.name,
            "state": case.state,
            "currency": case.currency,
            "amount_minor": case.amount_minor,
            "unpaid_minor": case.unpaid_minor,
            "invoices": suspensions.numbers_of(session, [case.id]).get(case.id, []),
            "days": {name: on.isoformat() for name, on in case.days._asdict().items()} if case.days else {},
            "by": by,
            "at": house.clock.now().isoformat(timespec="seconds"),
        }
    return json.dumps(facts, indent=1, ensure_ascii=False).encode()
