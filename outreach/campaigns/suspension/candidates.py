"""Who is a candidate for suspension, and what a case lists until it is approved (product.md 5)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from outreach.ledger import debts, policies, suspension_moves, suspensions
from outreach.ledger.base import Ledger
from outreach.ledger.debts import Owing
from outreach.ledger.locks import lock_accounts
from outreach.ledger.policies import InForce
from outreach.ledger.suspensions import SuspensionCase, SuspensionInvoice
from outreach.rules.suspension import Act, Role, State
from outreach.rules.suspension_terms import Books, Debt, charged, least, listed, overdue_by, unpaid

AT_ONCE = 200
"""accounts a transaction"""
OURSELVES = "outreach"


def find(ledger: Ledger, *, now: datetime) -> int:
    """Open a case for every account that has become a candidate. Returns how many; twice finds once."""
    with ledger.reading() as session:
        in_force = policies.in_force(session)
        ids = _suspects(session, in_force, in_force.policy.today(now))
    opened = 0
    for start in range(0, len(ids), AT_ONCE):
        with ledger.writing() as session:
            opened += _open(session, ids[start : start + AT_ONCE], in_force, now)
    return opened


def books_of(
    session: Session, account_ids: Collection[int], on: date, in_force: InForce
) -> Mapping[Owing, Books]:
    """What these accounts owe for long."""
    return debts.long_due(session, account_ids, overdue_by(on, in_force.policy), on)


def list_anew(
    session: Session, case: SuspensionCase, found: Sequence[Debt], books: Books, before: Mapping[int, int]
) -> None:
    """What a case lists until its approval is what is true of the day. `before`: suspensions.amounts."""
    now = {debt.id: debt.chargeable for debt in found}
    if before != now:
        session.execute(delete(SuspensionInvoice).where(SuspensionInvoice.case_id == case.id))
        rows = [{"case_id": case.id, "invoice_id": id_, "amount_minor": part} for id_, part in now.items()]
        session.execute(insert(SuspensionInvoice), rows)
    case.amount_minor, case.unpaid_minor = _amounts(found, books)


def _suspects(session: Session, in_force: InForce, on: date) -> list[int]:
    """Accounts, ascending, who owe enough before anything is held of it."""
    policy, rates = in_force.policy, in_force.rates
    since = policy.moment(on - timedelta(policy.suspension.again_after), time())
    found = debts.suspects(session, overdue_by(on, policy), since)
    return sorted({one.account_id for one in found if one.overdue >= least(one.currency, on, policy, rates)})


def _open(session: Session, ids: Sequence[int], in_force: InForce, now: datetime) -> int:
    lock_accounts(session, ids)
    on = in_force.policy.today(now)
    taken, barred = suspensions.open_cases(session, ids), debts.barred(session, ids)
    newest = debts.newest_import(session)
    rows, invoices = [], []
    for owing, books in books_of(session, ids, on, in_force).items():
        found = listed(books, owing[1], on, in_force.policy, in_force.rates)
        if found and owing not in taken and owing[0] not in barred:
            rows.append(_row(owing, found, books, newest and newest[1], on, now))
            invoices.append([(debt.id, debt.chargeable) for debt in found])
    cases = suspension_moves.open_many(session, rows, invoices)
    why = f"undisputed and more than {in_force.policy.suspension.over_days} days past due"
    suspension_moves.found(session, cases, Act(OURSELVES, Role.OUTREACH, why), ledger_of(newest), at=now)
    return len(cases)


def ledger_of(newest: tuple[int, date] | None) -> str:
    """The document of what follows from the ledger alone."""
    return f"ledger of {newest[1]}, import {newest[0]}" if newest else "ledger"


def _row(
    owing: Owing, found: Sequence[Debt], books: Books, known_on: date | None, on: date, now: datetime
) -> dict[str, Any]:
    amount, rest = _amounts(found, books)
    return {
        "account_id": owing[0],
        "currency": owing[1],
        "state": State.CANDIDATE,
        "amount_minor": amount,
        "unpaid_minor": rest,
        "known_on": known_on,
        "opened_on": on,
        "moved_at": now,
    }


def _amounts(found: Sequence[Debt], books: Books) -> tuple[int, int]:
    own = Books(found, books.credits)
    return charged(own), unpaid(own)
