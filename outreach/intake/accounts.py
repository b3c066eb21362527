"""The accounts a file names: created, or brought up to its word on name, rep and parent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from outreach.intake.run import CHUNK, Run
from outreach.ledger import log, policies
from outreach.ledger.imports import StagedInvoice
from outreach.ledger.locks import lock_accounts
from outreach.ledger.people import User
from outreach.ledger.receivables import Account

MOST_WARNINGS = 20
_DEEPEST = 20
"""levels of parents that are followed; a longer chain is taken for a ring"""


@dataclass
class AccountTally:
    """Accounts of the file by what became of them, and what it says of them that could not be taken."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    warnings: dict[str, None] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)

    def warn(self, sentence: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings[sentence] = None

    def updates(self, ids: Iterable[int]) -> None:
        """Count each account once, however much of it changed."""
        fresh = set(ids) - self.touched
        self.touched |= fresh
        self.updated += len(fresh)


def bring_accounts(run: Run) -> AccountTally:
    """Create and update every account of the file. A file older than the last one only creates."""
    tally = AccountTally()
    seen = 0
    for stated in _staged_accounts(run):
        _bring_names_and_reps(run, stated, tally)
        seen += len(stated)
        run.report("accounts", seen)
    new = tally.created
    if run.occasion.newest:
        _bring_families(run, tally)
    tally.unchanged = seen - new - tally.updated
    return tally


def _staged_accounts(run: Run) -> Iterator[Sequence[Row[Any]]]:
    """The file's accounts by number, in chunks. Where `low` and `high` differ it contradicts itself."""
    staged, after = StagedInvoice, ""
    columns: list[Any] = [staged.account_number.label("number"), func.min(staged.account_name).label("name")]
    for name in ("rep", "parent"):
        column = getattr(staged, name)
        columns += [func.min(column).label(f"{name}_low"), func.max(column).label(f"{name}_high")]
    while True:
        query = select(*columns).where(staged.import_id == run.import_id, staged.account_number > after)
        with run.ledger.reading() as session:
            found = session.execute(
                query.group_by(staged.account_number).order_by(staged.account_number).limit(CHUNK)
            ).all()
        if not found:
            return
        yield found
        after = found[-1].number


def _bring_names_and_reps(run: Run, stated: Sequence[Row[Any]], tally: AccountTally) -> None:
    with run.ledger.reading() as session:
        known = _accounts(session, [row.number for row in stated])
        reps = _reps(session, {row.rep_low for row in stated if row.rep_low})
    new: list[dict[str, Any]] = []
    changed: dict[int, dict[str, Any]] = {}
    for row in stated:
        wanted = {"name": row.name, "rep_id": _rep_of(row, reps, tally)}
        account = known.get(row.number)
        if account is None:
            new.append(wanted | {"number": row.number, "name": row.name or row.number})
        elif run.occasion.newest and (values := _differences(account, wanted)):
            changed[account.id] = values
    tally.created += len(new)
    tally.updates(changed)
    if not run.dry:
        _write(run, new, changed, tally)


def _rep_of(row: Row[Any], reps: dict[str, int], tally: AccountTally) -> int | None:
    if row.rep_low is None:
        return None
    if row.rep_low != row.rep_high:
        tally.warn(
            f"Account {row.number} has more than one rep ({row.rep_low}, {row.rep_high}); left as it was."
        )
        return None
    if row.rep_low not in reps:
        tally.warn(
            f"There is no user {row.rep_low}; add one with: outreach user add {row.rep_low} --role rep."
        )
    return reps.get(row.rep_low)


def _differences(account: Account, wanted: dict[str, Any]) -> dict[str, Any]:
    """Columns on which the file has a word that is not the ledger's."""
    stated = {name: value for name, value in wanted.items() if value is not None}
    return {name: value for name, value in stated.items() if getattr(account, name) != value}


def _bring_families(run: Run, tally: AccountTally) -> None:
    """Parents as the file states them; where children are not rolled up, each is a customer of its own."""
    with run.ledger.reading() as session:
        rolls_up = policies.in_force(session).policy.organization.roll_up
    if rolls_up and not _states_parents(run):
        return
    if rolls_up:
        _create_parents(run, tally)
    for stated in _staged_accounts(run):
        bring = _bring_parents if rolls_up else _part_from_parents
        bring(run, stated, tally)


def _states_parents(run: Run) -> bool:
    query = select(
        exists().where(StagedInvoice.import_id == run.import_id, StagedInvoice.parent.is_not(None))
    )
    with run.ledger.reading() as session:
        return bool(session.scalar(query))


def _create_parents(run: Run, tally: AccountTally) -> None:
    """A parent without an invoice of its own is known by its number only."""
    other = aliased(StagedInvoice)
    in_file = exists().where(other.import_id == run.import_id, other.account_number == StagedInvoice.parent)
    query = (
        select(StagedInvoice.parent)
        .where(StagedInvoice.import_id == run.import_id, StagedInvoice.parent.is_not(None))
        .where(~exists().where(Account.number == StagedInvoice.parent), ~in_file)
        .distinct()
    )
    with run.ledger.reading() as session:
        missing = sorted(number for number in session.scalars(query) if number)
    tally.created += len(missing)
    for start in range(0, len(missing), CHUNK):
        new = [
            {"number": number, "name": number, "rep_id": None} for number in missing[start : start + CHUNK]
        ]
        if not run.dry:
            _write(run, new, {}, tally)


def _bring_parents(run: Run, stated: Sequence[Row[Any]], tally: AccountTally) -> None:
    with run.ledger.reading() as session:
        known = _accounts(session, {row.number for row in stated} | {row.parent_low for row in stated})
        above = _ancestors(session, known.values())
    changed: dict[int, dict[str, Any]] = {}
    for row in stated:
        account, parent = known.get(row.number), known.get(row.parent_low or "")
        if account is None or parent is None or account.parent_id == parent.id:
            continue
        if row.parent_low != row.parent_high or _would_ring(account.id, parent.id, above):
            tally.warn(f"Account {row.number} cannot have the parent {row.parent_low}; left as it was.")
            continue
        above[account.id] = parent.id
        changed[account.id] = {"parent_id": parent.id}
    tally.updates(changed)
    if not run.dry:
        _write(run, [], changed, tally)


def _part_from_parents(run: Run, stated: Sequence[Row[Any]], tally: AccountTally) -> None:
    with run.ledger.reading() as session:
        known = _accounts(session, {row.number for row in stated})
    changed = {account.id: {"parent_id": None} for account in known.values() if account.parent_id}
    tally.updates(changed)
    if not run.dry:
        _write(run, [], changed, tally)


def _ancestors(session: Session, accounts: Iterable[Account]) -> dict[int, int]:
    """Account id -> parent's id, for these accounts and all above them."""
    above = {account.id: account.parent_id for account in accounts if account.parent_id}
    frontier = set(above.values()) - above.keys()
    for _ in range(_DEEPEST):
        if not frontier:
            break
        query = select(Account.id, Account.parent_id).where(Account.id.in_(frontier))
        above |= {row.id: row.parent_id for row in session.execute(query) if row.parent_id}
        frontier = {above[id_] for id_ in frontier if id_ in above} - above.keys()
    return above


def _would_ring(account: int, parent: int, above: dict[int, int]) -> bool:
    for _ in range(_DEEPEST):
        if parent == account:
            return True
        if parent not in above:
            return False
        parent = above[parent]
    return True


def _write(
    run: Run, new: list[dict[str, Any]], changed: Mapping[int, dict[str, Any]], tally: AccountTally
) -> None:
    """What is new is not logged here: the log of an account begins with its first invoices."""
    if not new and not changed:
        return
    now = run.source.clock.now()
    dialect = sqlite if run.ledger.is_sqlite else postgresql
    with run.source.writing() as session:
        lock_accounts(session, changed)
        entries = []
        for id_, values in changed.items():
            session.execute(update(Account).where(Account.id == id_).values(values))
            entries.append(run.entry(id_, "account updated", text=", ".join(values)))
        if new:
            rows = [row | {"created_at": now} for row in new]
            # Another source may be creating the same account at this moment.
            statement = dialect.insert(Account).on_conflict_do_nothing().returning(Account.id)
            tally.touched.update(session.connection().scalars(statement, rows))
        log.append_many(session, entries)


def _accounts(session: Session, numbers: Iterable[str]) -> dict[str, Account]:
    query = select(Account).where(Account.number.in_(sorted(number for number in set(numbers) if number)))
    return {account.number: account for account in session.scalars(query)}


def _reps(session: Session, logins: set[str]) -> dict[str, int]:
    query = select(User.login, User.id).where(User.login.in_(logins), User.active)
    return {row.login: row.id for row in session.execute(query)}
