"""Orders to operations: to suspend, to reinstate, or not to do it after all; and their word that it is done.

outreach cuts nobody's service: it asks, and a case is `suspended` when operations say so (product.md 5).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy.orm import Session

from outreach.campaigns.suspension import to_do
from outreach.ledger import debts, orders, policies, suspension_moves
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.clock import Clock
from outreach.ledger.crash import crashpoint
from outreach.ledger.orders import Kind, Order
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.suspension_moves import Evidence
from outreach.ledger.suspensions import SuspensionCase
from outreach.rules import money
from outreach.rules.suspension import Act, Event, Role, State
from outreach.rules.suspension_terms import charged

AT_ONCE = 100
PATIENCE = orders.SOONEST * 6
"""for a try to come back before another worker makes the next one"""
TYPES: Mapping[Kind, str] = MappingProxyType(
    {
        "suspend": "suspension.requested",
        "reinstate": "reinstatement.requested",
        "cancel": "suspension.canceled",
    }
)
DONE: Mapping[str, tuple[Event, Kind]] = MappingProxyType(
    {"suspended": (Event.SUSPENDED, "suspend"), "reinstated": (Event.REINSTATED, "reinstate")}
)
"""what operations say they have done -> the event, and the order it answers"""
TITLES: Mapping[Kind, str] = MappingProxyType(
    {
        "suspend": "Operations: suspend the service of {account}, and acknowledge it",
        "reinstate": "Operations: reinstate the service of {account}, and acknowledge it",
    }
)


class Hook(Protocol):
    """Where orders go."""

    def post(self, id_: str, body: bytes, at: datetime) -> str:
        """Why it was not taken; empty: it was."""


class NotOrdered(ValueError):
    """Operations speak of what nobody has ordered; the sentence says what is known."""


def order(
    session: Session, case: SuspensionCase, kind: Kind, act: Act, *, now: datetime, wall: datetime
) -> Order:
    """Ask operations for something: a row to be sent, and a task. The case's account is locked."""
    id_ = f"msg_{new_id()}"
    body = json.dumps(_payload(session, case, kind, act, now), ensure_ascii=False)
    row = Order(id=id_, case_id=case.id, kind=kind, body=body, created_at=now, next_try_at=wall)
    session.add(row)
    session.flush()
    if kind in TITLES:
        today = policies.in_force(session).policy.today(now)
        thing = f"order {kind} {id_}"
        to_do.ask(session, case, thing, TITLES[kind], today, now=now, for_role="operations")
    return row


def call_off(session: Session, case: SuspensionCase, reason: str, actor: str, *, now: datetime) -> None:
    """The case ends before operations said that they have cut the service: they are told not to."""
    row = orders.standing(session, case.id, "suspend")
    if row is None:
        return
    orders.end(session, row, "called off", now=now)
    to_do.close(session, case, by=actor, now=now, thing="order suspend")
    if row.tries and orders.standing(session, case.id, "cancel") is None:
        act = Act(actor, Role.OUTREACH, reason)
        order(session, case, "cancel", act, now=now, wall=row.next_try_at)


def acknowledge(
    session: Session, case: SuspensionCase, done: str, act: Act, evidence: Evidence, *, now: datetime
) -> bool:
    """Operations, or a supervisor who has it in writing, say that it is done. False: that was known.

    Raises NotOrdered or NotAllowed.
    """
    what, kind = DONE[done]
    if case.state == done:
        return False
    row = orders.standing(session, case.id, kind)
    if row is None:
        _tell_of_contradiction(session, case, done, now)
        raise NotOrdered(f"nobody has ordered it: the case is {case.state}")
    orders.end(session, row, "acknowledged", now=now)
    suspension_moves.move(session, case, what, act, evidence, at=now)
    to_do.close(session, case, by=act.actor, now=now, thing=f"order {kind}")
    if State(case.state) is State.REINSTATED:
        to_do.close(session, case, by=act.actor, now=now)
    return True


def send_due(ledger: Ledger, hook: Hook, clock: Clock) -> int:
    """Send what is waiting, one request each, outside any transaction. Returns how many were taken."""
    with ledger.reading() as session:
        waiting = orders.due(session, clock.wall(), limit=AT_ONCE)
    return sum(_send(ledger, hook, clock, row) for row in waiting)


def _send(ledger: Ledger, hook: Hook, clock: Clock, row: Order) -> bool:
    wall = clock.wall()
    with ledger.writing() as session:
        if not orders.claim(session, row, until=wall + PATIENCE):
            return False  # another worker has it, or it was called off
    why = hook.post(row.id, row.body.encode(), wall)
    crashpoint("order.posted")
    with ledger.writing() as session:
        if why:
            orders.failed(session, row.id, why, row.tries + 1, wall=clock.wall())
        else:
            orders.delivered(session, row.id, now=clock.now())
    return not why


def _payload(session: Session, case: SuspensionCase, kind: Kind, act: Act, now: datetime) -> dict[str, Any]:
    account = session.get_one(Account, case.account_id)
    books = debts.of_cases(session, [case], policies.in_force(session).policy.today(now))[case.id]
    rows = {debt.id: debt for debt in books.debts}
    invoices = session.query(Invoice).filter(Invoice.id.in_(rows)).order_by(Invoice.due_on, Invoice.number)
    return {
        "type": TYPES[kind],
        "timestamp": now.isoformat(timespec="seconds"),
        "data": {
            "case": case.id,
            "account": account.number,
            "name": account.name,
            "currency": case.currency,
            "amount": money.decimal(charged(books), case.currency),
            "invoices": [
                {
                    "number": one.number,
                    "due_on": one.due_on.isoformat(),
                    "open": money.decimal(rows[one.id].open, case.currency),
                }
                for one in invoices
            ],
            "deadline_on": case.deadline_on.isoformat() if case.deadline_on else None,
            "by": act.actor,
            "reason": act.reason,
            "acknowledge": f"/api/v1/suspensions/{case.id}/acknowledge",
        },
    }


def _tell_of_contradiction(session: Session, case: SuspensionCase, done: str, now: datetime) -> None:
    today = policies.in_force(session).policy.today(now)
    title = (
        f"Operations say that {{account}} is {done}, which nobody has ordered: find out, and have it mended"
    )
    to_do.ask(session, case, f"contradiction {done}", title, today, now=now)
