"""Invoices of earlier snapshots that this one lacks count as paid, unless it looks like half a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.intake.applying import Item, note_moves, write_items
from outreach.intake.changes import vanish
from outreach.intake.known import applied_by_day, known_invoices
from outreach.intake.movement import Movement
from outreach.intake.problems import FileRefused
from outreach.intake.run import CHUNK, Run
from outreach.ledger.imports import StagedInvoice, StagedMention
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.rules import money

MOST = Fraction(20, 100)
"""a larger share of the open amount or of the invoices missing is half a file (interface.md, import)"""


@dataclass(frozen=True)
class Missing:
    """What would vanish, of what was open before the file: invoices, and minor units by currency."""

    invoices: int = 0
    of_invoices: int = 0
    amounts: dict[str, int] = field(default_factory=dict)
    of_amounts: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> Fraction:
        """The largest share of the invoices or of any currency's open amount."""
        shares = [Fraction(self.invoices, self.of_invoices or 1)]
        shares += [Fraction(gone, self.of_amounts[currency] or 1) for currency, gone in self.amounts.items()]
        return max(shares)

    @property
    def half_a_file(self) -> bool:
        """More than 20 % would vanish."""
        return self.share > MOST

    def refuse_half_a_file(self, file_name: str) -> None:
        """Raises FileRefused where more than 20 % would vanish."""
        if not self.half_a_file:
            return
        lost = ", ".join(money.words(gone, currency) for currency, gone in sorted(self.amounts.items()))
        raise FileRefused(
            f"{file_name} lacks {self.invoices} of the {self.of_invoices} open invoices ({lost}), more than "
            "20 %: it looks like half a file. Import a whole one, or give --accept-closed if they are paid. "
            "A file of another system needs its own --source."
        )


def missing(run: Run) -> Missing:
    """What the snapshot lacks of what was open on its date by the files before it."""
    with run.ledger.reading() as session:
        of_invoices, of_amounts = _sums(session, run, [])
        invoices, amounts = _sums(session, run, [_not_in_file(run)])
    return Missing(invoices, of_invoices, amounts, of_amounts)


def close_missing(run: Run, movement: Movement) -> int:
    """Close what is missing as vanished, a chunk at a time. Returns how many."""
    closed = 0
    for rows in _gone(run):
        with run.ledger.reading() as session:
            known = known_invoices(session, rows)
            applied = applied_by_day(session, list(known))
        items = []
        for row in rows:
            before = replace(known[row.id], applied=applied.get(row.id, {}))
            change = vanish(before, run.occasion)
            items.append(Item(row.account_id, row.account_number, row.number, row.id, before, change))
        closed += sum(item.change.closes for item in items)
        note_moves(movement, items)
        if not run.dry:
            write_items(run, items, "invoices vanished")
        run.report("vanished", closed)
    return closed


def _sums(
    session: Session, run: Run, conditions: Sequence[ColumnElement[bool]]
) -> tuple[int, dict[str, int]]:
    open_ = _open_before(run)
    total = func.sum(func.abs(open_)).label("total")
    query = select(Invoice.currency, func.count().label("invoices"), total).join(Account)
    query = query.where(*_before(run), *conditions).group_by(Invoice.currency)
    rows = session.execute(query).all()
    return sum(row.invoices for row in rows), {row.currency: int(row.total) for row in rows}


def _gone(run: Run) -> Iterator[Sequence[Row[Any]]]:
    after = 0
    columns = Invoice.__table__, Account.number.label("account_number")
    query = select(*columns).select_from(Invoice).join(Account).where(*_before(run), _not_in_file(run))
    query = query.order_by(Invoice.id).limit(CHUNK)
    while True:
        with run.ledger.reading() as session:
            rows = session.execute(query.where(Invoice.id > after)).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id


def _before(run: Run) -> list[ColumnElement[bool]]:
    """Open on the file's date, and held by a snapshot of that date or before it."""
    seen = Invoice.first_seen_on <= run.occasion.as_of
    return [Invoice.source == run.source.name, seen, _open_before(run) != 0]


def _open_before(run: Run) -> ColumnElement[int]:
    """What is open on the file's date by all files so far; of the newest file it is at hand."""
    if run.occasion.newest:
        return Invoice.open_minor.expression
    applied = select(func.coalesce(func.sum(Application.amount_minor), 0)).where(
        Application.invoice_id == Invoice.id, Application.dated_on <= run.occasion.as_of
    )
    return Invoice.gross_minor - applied.scalar_subquery()


def _not_in_file(run: Run) -> ColumnElement[bool]:
    """Neither a good row nor one that was left out names it."""
    staged = exists().where(
        StagedInvoice.import_id == run.import_id,
        StagedInvoice.account_number == Account.number,
        StagedInvoice.number == Invoice.number,
    )
    mentioned = exists().where(
        StagedMention.import_id == run.import_id,
        StagedMention.account_number == Account.number,
        or_(StagedMention.number == "", StagedMention.number == Invoice.number),
    )
    return ~staged & ~mentioned
