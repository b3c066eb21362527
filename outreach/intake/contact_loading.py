"""Contacts come in by a file of their own, or by the contact columns of an invoices file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from sqlalchemy import select, tuple_

from outreach.intake.columns import Overrides, read_overrides
from outreach.intake.contact_book import ContactChange, contact_changes, write_contacts
from outreach.intake.contacts import ContactReader, ContactRow
from outreach.intake.lost_zeros import AccountIds, about_recognized
from outreach.intake.problems import BadCell, Problem, ProblemList
from outreach.intake.run import CHUNK, Progress, Run, silent
from outreach.intake.sheet import Sheet, open_sheet
from outreach.intake.vocabulary import CONTACT_FILE_COLUMNS
from outreach.ledger import change_requests, log, policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.imports import StagedInvoice
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.receivables import Account
from outreach.rules.numbers import number_problem
from outreach.rules.policy import NumberRules

REQUIRED = (("account",), ("phone", "email"))
MOST_WARNINGS = 50

Line = tuple[int, ContactRow]
"""a contact and the line of the file it stands on"""


@dataclass
class ContactsResult:
    """What became of a contacts file."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    columns: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load_contacts(
    ledger: Ledger,
    path: Path,
    *,
    clock: Clock,
    actor: str,
    mapping: Path | None = None,
    progress: Progress = silent,
) -> ContactsResult:
    """Bring a contacts file in. A bad row is reported and left out; the same file again changes nothing.

    Raises FileRefused for a file that is no contacts file, NoPolicyError before `outreach init`.
    """
    overrides = read_overrides(mapping, CONTACT_FILE_COLUMNS) if mapping else Overrides()
    sheet = open_sheet(path, CONTACT_FILE_COLUMNS, REQUIRED, overrides)
    with ledger.reading() as session:
        policy = policies.in_force(session).policy
    problems, counts = ProblemList(), Counter[str]()
    result = ContactsResult(columns=sheet.header.shown(), warnings=list(sheet.table.warnings))
    lines = _lines(sheet, ContactReader(sheet.header, policy.organization.country), problems, counts)
    accounts = AccountIds(ledger)
    for chunk in _chunks(lines):
        result.warnings += _not_dialled(chunk, policy.numbers, MOST_WARNINGS - len(result.warnings))
        counts.update(_bring(ledger, clock, actor, _of_known_accounts(ledger, accounts, chunk, problems)))
        progress("contacts", counts["rows"], None)
    with ledger.writing() as session:
        change_requests.close_shown(session, file=path.name, now=clock.now())
    result.rows, result.created, result.updated = counts["rows"], counts["created"], counts["updated"]
    result.unchanged, result.problems = counts["unchanged"], problems.in_order()
    result.warnings += about_recognized("account ids", accounts.recognized, len(accounts.recognized))
    return result


def bring_staged_contacts(run: Run) -> Counter[str]:
    """The contact columns of the staged invoices; each contact once, however many invoices name it."""
    counts: Counter[str] = Counter()
    for contacts in _staged(run):
        counts.update(_bring(run.ledger, run.source.clock, run.actor, contacts, dry=run.dry))
    return counts


def _lines(
    sheet: Sheet, reader: ContactReader, problems: ProblemList, counts: Counter[str]
) -> Iterator[Line]:
    """The file's good contacts; one that stands there twice counts once."""
    seen: set[tuple[str, str, str, str]] = set()
    places: Counter[str] = Counter()
    for row in sheet.rows():
        counts["rows"] += 1
        found = [Problem(row.line, "", "", why)] if (why := sheet.misfit(row)) else reader.read(row)
        if isinstance(found, list):
            for problem in found:
                problems.add(problem.line, problem.column, problem.value, problem.why)
            continue
        identity = (found.account, found.name.casefold(), found.phone, found.email)
        if identity in seen:
            counts["unchanged"] += 1
            continue
        seen.add(identity)
        places[found.account] += 1  # without an order they follow as in the file
        yield row.line, replace(found, rank=found.rank or places[found.account])


def _of_known_accounts(
    ledger: Ledger, accounts: AccountIds, lines: Sequence[Line], problems: ProblemList
) -> list[tuple[int, ContactRow]]:
    """The contacts by account id; one that stands there under two forms of its account's id counts once."""
    accounts.settle({contact.account: "" for _, contact in lines})
    known: list[Line] = []
    for line, contact in lines:
        try:
            known.append((line, replace(contact, account=accounts.form(contact.account))))
        except BadCell as why:
            problems.add(line, "account", contact.account, str(why))
    numbers = {contact.account for _, contact in known}
    with ledger.reading() as session:
        query = select(Account.number, Account.id).where(Account.number.in_(sorted(numbers)))
        ids = {row.number: row.id for row in session.execute(query)}
    found: dict[tuple[str, ...], tuple[int, ContactRow]] = {}
    for line, contact in known:
        if contact.account in ids:
            identity = (contact.account, contact.name.casefold(), contact.phone, contact.email)
            found.setdefault(identity, (ids[contact.account], contact))
        else:
            problems.add(line, "account", contact.account, "no such account; import its invoices first")
    return list(found.values())


def _bring(
    ledger: Ledger, clock: Clock, actor: str, contacts: Sequence[tuple[int, ContactRow]], *, dry: bool = False
) -> Counter[str]:
    """Write what differs, in one transaction, with an entry in the log of each account. Counts outcomes."""
    with ledger.reading() as session:
        changes = contact_changes(session, contacts)
    counts = Counter(change.outcome for change in changes)
    wanted = [change for change in changes if change]
    if wanted and not dry:
        now = clock.now()
        with ledger.writing() as session:
            lock_accounts(session, {change.account_id for change in wanted})
            write_contacts(session, wanted, now)
            log.append_many(session, [_entry(change, actor, clock) for change in wanted])
    return counts


def _entry(change: ContactChange, actor: str, clock: Clock) -> Entry:
    what = f"contact {change.outcome}"
    return Entry(at=clock.now(), actor=actor, what=what, account_id=change.account_id, text=change.name)


def _not_dialled(lines: Iterable[Line], rules: NumberRules, most: int) -> list[str]:
    """Numbers that the gate will refuse; they are kept, since policies change."""
    found = (
        f"Line {line}: {problem}"
        for line, contact in lines
        if contact.phone and (problem := number_problem(contact.phone, rules))
    )
    return list(islice(found, max(0, most)))


def _staged(run: Run) -> Iterator[list[tuple[int, ContactRow]]]:
    """The contacts of the invoice rows by account id; of a name at an account the first counts."""
    key = tuple_(StagedInvoice.account_number, StagedInvoice.number)
    query = (
        select(StagedInvoice.account_number, StagedInvoice.number, StagedInvoice.contact, Account.id)
        .join(Account, Account.number == StagedInvoice.account_number)
        .where(StagedInvoice.import_id == run.import_id, StagedInvoice.contact.is_not(None))
        .order_by(StagedInvoice.account_number, StagedInvoice.number)
        .limit(CHUNK)
    )
    after = ("", "")
    seen: set[tuple[int, str]] = set()
    while True:
        with run.ledger.reading() as session:
            rows = session.execute(query.where(key > after)).all()
        if not rows:
            return
        named = {(row.id, row.contact["name"].casefold()): row for row in reversed(rows)}
        yield [(key[0], ContactRow(**named[key].contact)) for key in reversed(named) if key not in seen]
        seen |= named.keys()
        after = (rows[-1].account_number, rows[-1].number)


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while chunk := list(islice(lines, CHUNK)):
        yield chunk
