"""Documents come in: files named by a list, or a folder whose file names are invoice numbers."""

from __future__ import annotations

import mimetypes
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select

from outreach.intake.cells import Cells, yes_or_no
from outreach.intake.columns import Overrides
from outreach.intake.dates import DateEvidence, DateOrder, parse_date
from outreach.intake.document_writing import Listed, Placed, write_documents
from outreach.intake.lost_zeros import AccountIds, forms, is_digits
from outreach.intake.problems import BadCell, Problem, ProblemList
from outreach.intake.reading import Row
from outreach.intake.run import Progress, silent
from outreach.intake.sheet import Sheet, open_sheet
from outreach.intake.vocabulary import DOCUMENT_COLUMNS
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.documents import KINDS
from outreach.ledger.receivables import Account, Invoice

REQUIRED = (("account",), ("kind",), ("file",))
LARGEST = 20 * 2**20
"""bytes: what mail servers take as an attachment"""
CHUNK = 50
"""documents a transaction"""
_WIDTHS = range(1, 13)
_SEPARATORS = re.compile(r"[\s_,;()\[\]]+")


@dataclass(frozen=True)
class DocumentsResult:
    """What became of a list or folder of documents."""

    rows: int
    created: int
    updated: int
    unchanged: int
    problems: list[Problem] = field(default_factory=list)


def load_documents(
    ledger: Ledger, files: Path, path: Path, *, clock: Clock, actor: str, progress: Progress = silent
) -> DocumentsResult:
    """Take in what a CSV lists, or a folder holds; `files` is where the bytes are kept.

    A list names files beside itself. In a folder each file name must hold one invoice's number, and the file
    is that invoice. The same again changes nothing. Raises FileRefused for what is neither.
    """
    problems, counts = ProblemList(), Counter[str]()
    listed = _in_folder(path, counts) if path.is_dir() else _in_list(path, problems, counts)
    place = _by_file_name if path.is_dir() else _by_account
    accounts = AccountIds(ledger)
    while chunk := list(islice(listed, CHUNK)):
        there = [one for one in chunk if _usable(one, problems)]
        placed = list(place(ledger, accounts, there, problems))
        counts.update(write_documents(ledger, files, placed, clock=clock, actor=actor))
        progress("documents", counts["rows"], None)
    return DocumentsResult(
        counts["rows"], counts["created"], counts["updated"], counts["unchanged"], problems.in_order()
    )


def _in_folder(folder: Path, counts: Counter[str]) -> Iterator[Listed]:
    for number, path in enumerate(sorted(folder.iterdir()), start=1):
        if path.is_file() and not path.name.startswith("."):
            counts["rows"] += 1
            yield Listed(number, path, "invoice")


def _in_list(path: Path, problems: ProblemList, counts: Counter[str]) -> Iterator[Listed]:
    sheet = open_sheet(path, DOCUMENT_COLUMNS, REQUIRED, Overrides())
    order = _order_of(sheet)
    for row in sheet.rows():
        counts["rows"] += 1
        found = _read(sheet, row, order, path.parent)
        if isinstance(found, Listed):
            yield found
        else:
            for problem in found:
                problems.add(problem.line, problem.column, problem.value, problem.why)


def _read(sheet: Sheet, row: Row, order: DateOrder, folder: Path) -> Listed | list[Problem]:
    if why := sheet.misfit(row):
        return [Problem(row.line, "", "", why)]
    cells = Cells(row, sheet.header)
    account = cells.needed("account", cells.id("account")) or ""
    kind = cells.needed("kind", cells.read("kind", _kind)) or ""
    name = cells.needed("file", cells.text("file")) or ""
    number = cells.id("invoice")
    if kind == "invoice":
        cells.needed("invoice", number, "missing: whose PDF is it?")
    approved = cells.read("approved", yes_or_no) or False
    expires_on = cells.read("expiry", lambda text: parse_date(text, order))
    return cells.problems or Listed(row.line, folder / name, kind, account, number, approved, expires_on)


def _kind(text: str) -> str:
    folded = text.lower().replace(" ", "_").replace("-", "_")
    if folded not in KINDS:
        raise BadCell(f"not one of {', '.join(KINDS)}")
    return folded


def _order_of(sheet: Sheet) -> DateOrder:
    evidence, index = DateEvidence(), sheet.header.columns.get("expiry")
    for row in sheet.rows():
        if index is not None and not row.trouble and index < len(row.cells):
            evidence.note(row.cells[index], row.line)
    return evidence.order()


def _usable(one: Listed, problems: ProblemList) -> bool:
    """Whether the file is there and can go with a letter."""
    why = _trouble(one)
    if why:
        problems.add(one.line, "file", one.path.name, why)
    return not why


def _trouble(one: Listed) -> str:
    try:
        if not one.path.is_file():
            return "there is no such file beside the list"
        size = one.path.stat().st_size
        with one.path.open("rb") as file:
            head = file.read(5)
    except (OSError, ValueError) as error:
        return f"it cannot be read ({getattr(error, 'strerror', None) or error})"
    if not size:
        return "the file is empty"
    if size > LARGEST:
        return f"the file has {size >> 20} MB; a letter takes up to {LARGEST >> 20} MB"
    if one.kind == "invoice" and head != b"%PDF-":
        return "an invoice goes to the customer as PDF, and this is none"
    if mimetypes.guess_type(one.path.name)[0] is None:
        return "nobody could open it: name it with its ending, such as .pdf"
    return ""


def _by_account(
    ledger: Ledger, accounts: AccountIds, listed: Sequence[Listed], problems: ProblemList
) -> Iterator[Placed]:
    """By the account, and the invoice if one is named."""
    accounts.settle({one.account: "" for one in listed})
    known: list[Listed] = []
    for one in listed:
        try:
            known.append(one.of_account(accounts.form(one.account)))
        except BadCell as why:
            problems.add(one.line, "account", one.account, str(why))
    ids, invoices = _ids(ledger, known)
    for one in known:
        if one.account not in ids:
            problems.add(one.line, "account", one.account, "no such account; import its invoices first")
        elif not one.number:
            yield Placed(one, ids[one.account], None)
        elif found := _one(invoices, one, problems):
            yield Placed(one, ids[one.account], found)


def _ids(ledger: Ledger, listed: Sequence[Listed]) -> tuple[dict[str, int], dict[tuple[str, str], set[int]]]:
    """The accounts' ids, and (account, number) -> ids of invoices, in every form a number may have."""
    wanted = {form for one in listed if one.number for form in forms(one.number, _WIDTHS)}
    named = sorted({one.account for one in listed})
    invoices: dict[tuple[str, str], set[int]] = defaultdict(set)
    with ledger.reading() as session:
        query = select(Account.number, Account.id).where(Account.number.in_(named))
        ids = {row.number: row.id for row in session.execute(query)}
        ours = Invoice.account_id.in_(ids.values()), Invoice.number.in_(sorted(wanted))
        columns = Account.number.label("account"), Invoice.number, Invoice.id
        for row in session.execute(select(*columns).select_from(Invoice).join(Account).where(*ours)):
            invoices[row.account, row.number].add(row.id)
    return ids, invoices


def _one(invoices: dict[tuple[str, str], set[int]], one: Listed, problems: ProblemList) -> int | None:
    """The invoice's id: word for word, else but for its zeros; what could be two is reported."""
    found = invoices.get((one.account, one.number), set())
    if not found and is_digits(one.number):
        found = set().union(*(invoices.get((one.account, form), ()) for form in forms(one.number, _WIDTHS)))
    if len(found) == 1:
        return next(iter(found))
    why = "could be one of several invoices" if found else f"the account {one.account} has no such invoice"
    problems.add(one.line, "invoice", one.number, why)
    return None


def _by_file_name(
    ledger: Ledger, accounts: AccountIds, listed: Sequence[Listed], problems: ProblemList
) -> Iterator[Placed]:
    """By the invoice whose number the file is named for: `INV-1001.pdf`, `Invoice 1001 Harbor.pdf`."""
    words = {one: _words(one.path.stem) for one in listed}
    wanted = sorted({word for found in words.values() for word in found})
    by_number: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    query = select(Invoice.id, Invoice.account_id, Invoice.number).where(
        func.lower(Invoice.number).in_(wanted)
    )
    with ledger.reading() as session:
        for row in session.execute(query):
            by_number[row.number.lower()].append((row.id, row.account_id, row.number))
    for one in listed:
        found = _named(words[one], by_number)
        if len(found) == 1:
            ((invoice_id, account_id, _),) = found
            yield Placed(one, account_id, invoice_id)
        elif found:
            told = ", ".join(sorted({number for *_, number in found}))
            why = f"its name fits several invoices ({told}); list it in a CSV with its account"
            problems.add(one.line, "file", one.path.name, why)
        else:
            problems.add(one.line, "file", one.path.name, "its name holds no invoice's number")


def _named(
    words: Iterable[str], by_number: dict[str, list[tuple[int, int, str]]]
) -> list[tuple[int, int, str]]:
    """The whole name if it is a number, else every invoice that a word of it names."""
    first, *rest = words
    if by_number.get(first):
        return by_number[first]
    return list({found: None for word in rest for found in by_number.get(word, ())})


def _words(stem: str) -> list[str]:
    """The whole name, then its words; a folder's `INV-7` and `inv-7` are one."""
    return [stem.strip().lower(), *(word for word in _SEPARATORS.split(stem.lower()) if word)]
