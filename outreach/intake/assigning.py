"""Who works which account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.intake.cells import LONGEST_ID, Cells
from outreach.intake.columns import Overrides
from outreach.intake.lost_zeros import AccountIds
from outreach.intake.problems import BadCell, Problem, ProblemList
from outreach.intake.run import CHUNK
from outreach.intake.sheet import open_sheet
from outreach.intake.vocabulary import ASSIGNMENT_COLUMNS
from outreach.ledger import log, policies
from outreach.ledger.assignments import Assignment as Handover
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account


@dataclass(frozen=True, slots=True)
class Assignment:
    """An account's number and the login that is to work it; `line` is its line in a file, 0 without one."""

    account: str
    rep: str
    line: int = 0


@dataclass(frozen=True)
class AssignResult:
    """How many accounts changed hands, how many were there already, to how many the rep will introduce
    themselves, and what could not be done."""

    assigned: int = 0
    unchanged: int = 0
    introduced: int = 0
    problems: list[Problem] = field(default_factory=list)


class _Counts(NamedTuple):
    """What a chunk came to."""

    assigned: int = 0
    unchanged: int = 0
    introduced: int = 0

    def plus(self, other: _Counts) -> _Counts:
        return _Counts(*map(sum, zip(self, other, strict=True)))


def assign(
    ledger: Ledger, assignments: Iterable[Assignment], *, clock: Clock, actor: str, introduce: bool = False
) -> AssignResult:
    """Give accounts to reps. An unknown account or login is reported and left out.

    `introduce`: each rep introduces themselves to what they are given, once (product.md 2).
    """
    counts, problems, accounts = _Counts(), ProblemList(), AccountIds(ledger)
    rest = iter(assignments)
    while chunk := list(islice(rest, CHUNK)):
        known = list(_known(accounts, chunk, problems))
        work = _Work(clock.now(), actor, introduce)
        counts = counts.plus(_assign_chunk(ledger, known, problems, work))
    return AssignResult(*counts, problems.in_order())


def assign_file(
    ledger: Ledger, path: Path, *, clock: Clock, actor: str, introduce: bool = False
) -> AssignResult:
    """Give accounts to reps by a CSV file with the columns account and rep. Raises FileRefused."""
    bad = ProblemList()
    found = assign(ledger, _read(path, bad), clock=clock, actor=actor, introduce=introduce)
    problems = sorted([*found.problems, *bad], key=lambda problem: problem.line)
    return replace(found, problems=problems)


def _read(path: Path, problems: ProblemList) -> Iterator[Assignment]:
    sheet = open_sheet(path, ASSIGNMENT_COLUMNS, (("account",), ("rep",)), Overrides())
    for row in sheet.rows():
        if why := sheet.misfit(row):
            problems.add(row.line, "", "", why)
            continue
        cells = Cells(row, sheet.header)
        account = cells.needed("account", cells.text("account", LONGEST_ID))
        rep = cells.needed("rep", cells.text("rep", LONGEST_ID))
        for problem in cells.problems:
            problems.add(problem.line, problem.column, problem.value, problem.why)
        if account and rep:
            yield Assignment(account, rep, row.line)


def _known(accounts: AccountIds, chunk: Sequence[Assignment], problems: ProblemList) -> Iterator[Assignment]:
    """Under the ids by which the ledger knows the accounts, whatever zeros they lost."""
    accounts.settle({item.account: "" for item in chunk})
    for item in chunk:
        try:
            yield replace(item, account=accounts.form(item.account))
        except BadCell as why:
            problems.add(item.line, "account", item.account, str(why))


class _Work(NamedTuple):
    """When and by whom accounts are given away."""

    now: datetime
    actor: str
    introduce: bool


def _assign_chunk(ledger: Ledger, chunk: Sequence[Assignment], problems: ProblemList, work: _Work) -> _Counts:
    """Assign at most a chunk in one transaction."""
    with ledger.writing() as session:
        numbers = sorted({item.account for item in chunk})
        accounts = {a.number: a for a in session.scalars(select(Account).where(Account.number.in_(numbers)))}
        lock_accounts(session, [account.id for account in accounts.values()])
        users = select(User.login, User.id).where(User.login.in_({item.rep for item in chunk}), User.active)
        reps = {row.login: row.id for row in session.execute(users)}
        wanted = {}
        for item in chunk:
            if item.account not in accounts:
                problems.add(item.line, "account", item.account, "no such account")
            elif item.rep not in reps:
                problems.add(item.line, "rep", item.rep, "no such user; add one with outreach user add")
            else:
                wanted[accounts[item.account]] = item.rep
        moved = {account: rep for account, rep in wanted.items() if account.rep_id != reps[rep]}
        for account, rep in moved.items():
            session.execute(update(Account).where(Account.id == account.id).values(rep_id=reps[rep]))
        log.append_many(session, [_entry(account, rep, work) for account, rep in moved.items()])
        given = {account.id: reps[rep] for account, rep in wanted.items()}
        introduced = _introduce(session, given, work) if work.introduce else 0
    return _Counts(len(moved), len(wanted) - len(moved), introduced)


def _introduce(session: Session, given: Mapping[int, int], work: _Work) -> int:
    """Account id -> rep: write down that they are to introduce themselves; who has done so does not again."""
    policy = policies.in_force(session).policy
    today = policy.today(work.now)
    until = policy.business_days.add_business_days(today, policy.introduction.lapse_business_days)
    query = select(Handover.account_id, Handover.rep_id).where(
        Handover.account_id.in_(given), Handover.introduce_until.is_not(None)
    )
    before = {(row.account_id, row.rep_id) for row in session.execute(query)}
    new = [
        Handover(
            account_id=account_id,
            rep_id=rep_id,
            assigned_on=today,
            introduce_until=until,
            assigned_by=work.actor,
            created_at=work.now,
        )
        for account_id, rep_id in given.items()
        if (account_id, rep_id) not in before
    ]
    session.add_all(new)
    return len(new)


def _entry(account: Account, rep: str, work: _Work) -> Entry:
    return Entry(at=work.now, actor=work.actor, what="account assigned", account_id=account.id, text=rep)
