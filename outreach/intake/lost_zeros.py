"""Ids that lost their leading zeros, in Excel or between two systems, are known for what they were.

Only ids of digits are looked at: 42, 0042 and 00042 may be one. What the ledger knows word for word stays
what it is; what could be two of its ids is reported. Accounts are settled row by row, invoices once all are
staged, a join at a time, since there may be a million of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, literal, select
from sqlalchemy.orm import aliased

from outreach.intake.invoices import InvoiceRow
from outreach.intake.problems import BadCell
from outreach.intake.run import CHUNK, Run
from outreach.ledger.base import Ledger
from outreach.ledger.imports import StagedInvoice
from outreach.ledger.receivables import Account, Invoice

_WIDEST = 30
_ZEROS = "0" * _WIDEST


@dataclass
class AccountIds:
    """The account ids of one file, each settled once."""

    ledger: Ledger
    recognized: dict[str, str] = field(default_factory=dict)
    """as the file writes it -> as the ledger, or an earlier row, does"""
    _settled: dict[str, str | BadCell] = field(default_factory=dict)
    _first_forms: dict[str, tuple[str, str]] = field(default_factory=dict)
    """without zeros -> the first form of it in the file, and the name beside it"""
    _widths: list[int] | None = None

    def settle(self, named: Mapping[str, str]) -> None:
        """Learn what these ids, each with its account's name or none, are, in one look at the ledger."""
        new = {number: name for number, name in named.items() if number not in self._settled}
        new = {number: name for number, name in new.items() if is_digits(number)}
        families = {number: self._family(number) for number in new}
        known = self._known({form for forms in families.values() if len(forms) > 1 for form in forms})
        for number, name in new.items():
            self._settled[number] = self._form_of(number, name, families[number], known)

    def of(self, row: InvoiceRow) -> InvoiceRow:
        """The row under the ids as they are known. Raises BadCell where that cannot be told."""
        account, parent = self.form(row.account), self.form(row.parent)
        if (account, parent) == (row.account, row.parent):
            return row
        return replace(row, account=account, parent=parent)

    def form(self, number: str) -> str:
        """The id as it is known, once settled; any other as it is. Raises BadCell for one of two."""
        form = self._settled.get(number, number)
        if isinstance(form, BadCell):
            raise form
        return form

    def possible(self, number: str) -> set[str]:
        """Every id that this one may be."""
        form = self._settled.get(number, number)
        return self._family(number) if isinstance(form, BadCell) else {form}

    def _form_of(self, number: str, name: str, family: set[str], known: dict[str, str]) -> str | BadCell:
        there = sorted(family & known.keys())
        if number in there:
            return number
        if len(there) > 1:
            return BadCell(f"could be any of the accounts {', '.join(there)}; write its leading zeros")
        form, its_name = number, name
        if there:
            form, its_name = there[0], known[there[0]]
        elif len(family) > 1 or bare(number) in self._first_forms:
            form, its_name = self._first_forms.get(bare(number), (number, name))
        self._first_forms.setdefault(bare(number), (form, its_name))
        if form != number:
            if _differ(name, its_name, form):
                return BadCell(f"is it the account {form}, {its_name}? The names differ; write its zeros")
            self.recognized[number] = form
        return form

    def _family(self, number: str) -> set[str]:
        if self._widths is None:
            self._widths = self._widths_in_ledger()
        return {number, bare(number), *(number.zfill(width) for width in self._widths)}

    def _widths_in_ledger(self) -> list[int]:
        query = select(func.length(Account.number)).where(Account.number.like("0%")).distinct()
        with self.ledger.reading() as session:
            return [width for width in session.scalars(query) if width <= _WIDEST]

    def _known(self, numbers: Iterable[str]) -> dict[str, str]:
        wanted = sorted(numbers)
        query = select(Account.number, Account.name)
        found: dict[str, str] = {}
        with self.ledger.reading() as session:
            for start in range(0, len(wanted), CHUNK):
                chunk = query.where(Account.number.in_(wanted[start : start + CHUNK]))
                found |= {row.number: row.name for row in session.execute(chunk)}
        return found


@dataclass(frozen=True, slots=True)
class Renamed:
    """A staged invoice and the numbers it may be known by: one, or it cannot be told which."""

    id: int
    line: int
    account: str
    number: str
    forms: tuple[str, ...]


def staged_under_another_form(run: Run) -> Iterator[list[Renamed]]:
    """Staged invoices whose number the ledger, or else another row of the file, has with other zeros."""
    widths = padded_widths(run)
    if widths:
        yield from _chunks(run, _of_ledger(run, widths))
        yield from _chunks(run, _of_file(run, widths))


def forms(number: str, widths: Iterable[int]) -> set[str]:
    """Every form in which a number of a row that is left out may stand in the ledger."""
    if not is_digits(number):
        return {number}
    return {number, bare(number), *(number.zfill(width) for width in widths)}


def is_digits(number: str) -> bool:
    """Only such an id can lose zeros in Excel."""
    return number.isascii() and number.isdigit() and len(number) <= _WIDEST


def bare(number: str) -> str:
    """The id without its leading zeros."""
    return number.lstrip("0") or "0"


def about_recognized(what: str, recognized: dict[str, str], count: int) -> Iterator[str]:
    """One sentence on what was taken for what."""
    if recognized:
        number, form = next(iter(recognized.items()))
        told = f"{number} was taken for {form}"
        yield f"{count} {what} differ from what is known only by leading zeros: {told}."


def _differ(name: str, other: str, number: str) -> bool:
    """An account without a name of its own is named by its number."""
    return bool(name and other) and other != number and name.casefold() != other.casefold()


def padded_widths(run: Run) -> list[int]:
    """The lengths of the invoice numbers that begin with a zero, in the ledger and among the staged."""
    ours = (
        (Invoice.number, Invoice.source == run.source.name),
        (
            StagedInvoice.number,
            StagedInvoice.import_id == run.import_id,
        ),
    )
    found: set[int] = set()
    with run.ledger.reading() as session:
        for number, mine in ours:
            found |= set(
                session.scalars(select(func.length(number)).where(mine, number.like("0%")).distinct())
            )
    return sorted(width for width in found if width <= _WIDEST)


def _variants(widths: Sequence[int]) -> list[ColumnElement[str]]:
    """The staged number without its zeros, and padded to each width; of digits only."""
    padded = literal(_ZEROS).concat(StagedInvoice.number)
    ends = [func.substr(padded, func.length(padded) - width + 1) for width in widths]
    return [func.ltrim(StagedInvoice.number, "0"), *ends]


def _candidates(run: Run, known: Any, widths: Sequence[int]) -> ColumnElement[bool]:
    return and_(
        StagedInvoice.import_id == run.import_id,
        func.ltrim(StagedInvoice.number, "0123456789") == "",
        known.in_(_variants(widths)),
        func.ltrim(known, "0") == func.ltrim(StagedInvoice.number, "0"),
        known != StagedInvoice.number,
    )


def _of_ledger(run: Run, widths: Sequence[int]) -> Any:
    other = aliased(Invoice)
    literally = exists().where(
        other.account_id == Account.id,
        other.source == run.source.name,
        other.number == StagedInvoice.number,
    )
    return (
        _columns(Invoice.number)
        .join(Account, Account.number == StagedInvoice.account_number)
        .join(Invoice, and_(Invoice.account_id == Account.id, Invoice.source == run.source.name))
        .where(_candidates(run, Invoice.number, widths), ~literally)
    )


def _of_file(run: Run, widths: Sequence[int]) -> Any:
    """Of two rows of the file the one with fewer zeros is the one that lost them."""
    other = aliased(StagedInvoice)
    same = and_(
        other.import_id == StagedInvoice.import_id, other.account_number == StagedInvoice.account_number
    )
    known = exists().where(
        Invoice.account_id == Account.id,
        Invoice.source == run.source.name,
        Invoice.number == StagedInvoice.number,
        Account.number == StagedInvoice.account_number,
    )
    longer = func.length(other.number) > func.length(StagedInvoice.number)
    return (
        _columns(other.number).join(other, same).where(_candidates(run, other.number, widths), longer, ~known)
    )


def _columns(known: Any) -> Any:
    staged = StagedInvoice
    ends = func.min(known).label("low"), func.max(known).label("high")
    columns = (staged.id, staged.line, staged.account_number, staged.number)
    return select(*columns, *ends).select_from(staged).group_by(*columns)


def _chunks(run: Run, query: Any) -> Iterator[list[Renamed]]:
    """By stretches of ids, so that no stretch looks at more than itself."""
    ends = select(func.min(StagedInvoice.id), func.max(StagedInvoice.id))
    with run.ledger.reading() as session:
        low, high = session.execute(ends.where(StagedInvoice.import_id == run.import_id)).one()
    for start in range(low or 0, (high or 0) + 1, CHUNK):
        with run.ledger.reading() as session:
            stretch = query.where(StagedInvoice.id.between(start, start + CHUNK - 1))
            rows: Sequence[Row[Any]] = session.execute(stretch.order_by(StagedInvoice.id)).all()
        if rows:
            yield [
                Renamed(row.id, row.line, row.account_number, row.number, tuple(sorted({row.low, row.high})))
                for row in rows
            ]
