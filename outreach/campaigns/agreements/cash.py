"""Cash that lies unapplied while it covers all that is asked: a task to apply it (product.md 1, asked)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import exists, func, insert, select, true, update
from sqlalchemy.orm import Session

from outreach.ledger import facts, log, policies
from outreach.ledger.among import among
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Promise
from outreach.ledger.facts import Accounts
from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.receivables import OPEN, Account, Invoice
from outreach.ledger.tasks import Task
from outreach.rules import money
from outreach.rules.commitments import Cover
from outreach.rules.plan_day import Balance, PlanDay
from outreach.rules.promises import PromiseState

KIND = "apply cash"
"""a promise whose cash waits opens the same task (campaigns.keeping): an account has one"""
BOOKS_AT_ONCE, TASKS_AT_ONCE = 4000, 250
"""accounts a statement, and a write transaction"""

One = TypeVar("One")


class Covered(NamedTuple):
    """An account whose unapplied cash covers what is asked of it."""

    account_id: int
    name: str
    rep_id: int | None
    credits: str
    """in words"""


def open_tasks(ledger: Ledger, now: datetime) -> int:
    """Open a task, due the next business day, for each account of which it is so and that has none; end those
    of accounts of which it is so no more. Returns how many changed: the same again changes none.

    Where a person has ended the task, the next import shows whether it is so still; before that nobody is
    asked again.
    """
    with ledger.reading() as session:
        policy = policies.in_force(session).policy
        on = policy.today(now)
        found = covered(session, facts.plan_day(session, on, policy))
        over = _over(session, {one.account_id for one in found})
    due_on = policy.business_days.add_business_days(on, 1)
    changed = 0
    for some in _pieces(found, TASKS_AT_ONCE):
        with ledger.writing() as session:
            changed += _open(session, some, due_on, now)
    for ended in _pieces(over, TASKS_AT_ONCE):
        with ledger.writing() as session:
            changed += _end(session, ended, now)
    return changed


def covered(session: Session, day: PlanDay) -> list[Covered]:
    """The accounts whose unapplied credits and receipts cover, in some currency, all that is asked in it."""
    ids: list[int] = []
    for some in _pieces(_with_credits(session), BOOKS_AT_ONCE):
        balances = facts.books(session, Accounts(some), day).balances
        ids += [id_ for id_ in some if any(_is_cash(one, day) for one in balances.get(id_, ()))]
    words = _credits(session, ids)
    query = select(Account.id, Account.name, Account.rep_id)
    rows = session.execute(query.where(among(Account.__table__.c.id, ids)).order_by(Account.id))
    return [Covered(id_, name, rep_id, words[id_]) for id_, name, rep_id in rows]


def _is_cash(balance: Balance, day: PlanDay) -> bool:
    return day.invoice_cover(balance.past_due, balance.held, balance) is Cover.CASH


def _with_credits(session: Session) -> Sequence[int]:
    query = select(Invoice.account_id).where(OPEN, Invoice.open_minor < 0).distinct()
    return session.scalars(query.order_by(Invoice.account_id)).all()


def _credits(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    query = select(Invoice.account_id, Invoice.currency, -func.sum(Invoice.open_minor))
    query = query.where(among(Invoice.__table__.c.account_id, ids), Invoice.open_minor < 0)
    found: dict[int, list[str]] = {}
    for account_id, currency, amount in session.execute(
        query.group_by(Invoice.account_id, Invoice.currency).order_by(Invoice.currency)
    ):
        found.setdefault(account_id, []).append(money.words(int(amount), currency))
    return {account_id: " and ".join(words) for account_id, words in found.items()}


def _open(session: Session, found: Sequence[Covered], due_on: date, now: datetime) -> int:
    lock_accounts(session, {one.account_id for one in found})
    asked = _asked(session, [one.account_id for one in found])
    rows = [
        {
            "key": f"{KIND}:{one.account_id}",
            "account_id": one.account_id,
            "kind": KIND,
            "title": f"Apply the {one.credits} of {one.name}: it covers all that is asked",
            "owner_id": one.rep_id,
            "for_role": "rep",
            "due_on": due_on,
            "created_at": now,
        }
        for one in found
        if one.account_id not in asked
    ]
    if rows:
        session.execute(insert(Task), rows)
    return len(rows)


def _asked(session: Session, ids: Sequence[int]) -> set[int | None]:
    """Those with such a task open, or with one that was ended since the newest import."""
    newest = session.scalar(select(func.max(Import.applied_at)).where(APPLIED))
    since = Task.done_at > newest if newest else true()
    ours = (Task.kind == KIND, among(Task.__table__.c.account_id, ids))
    return set(session.scalars(select(Task.account_id).where(*ours, Task.done_at.is_(None) | since)))


def _over(session: Session, still: Collection[int]) -> list[tuple[int, int]]:
    """(task id, account id) of open tasks of accounts of which it is so no more; a promise keeps its own."""
    pending = exists().where(Promise.account_id == Task.account_id, Promise.state == PromiseState.PENDING)
    query = select(Task.id, Task.account_id).where(Task.kind == KIND, Task.done_at.is_(None), ~pending)
    rows = session.execute(query.order_by(Task.account_id))
    return [(id_, account_id) for id_, account_id in rows if account_id and account_id not in still]


def _end(session: Session, ended: Sequence[tuple[int, int]], now: datetime) -> int:
    lock_accounts(session, {account_id for _, account_id in ended})
    open_ = (Task.id.in_([id_ for id_, _ in ended]), Task.done_at.is_(None))
    titles = {row.account_id: row.title for row in session.scalars(select(Task).where(*open_))}
    session.execute(update(Task).where(*open_).values(done_at=now, done_by="ledger"))
    entries = [
        Entry(at=now, actor="ledger", what="task done", account_id=account_id, text=title)
        for account_id, title in titles.items()
    ]
    log.append_many(session, entries)
    return len(entries)


def _pieces(rows: Sequence[One], size: int) -> Iterator[Sequence[One]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
