"""Good rows wait in a table of their own, so that a file is known whole before anything of it is applied."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.intake.invoices import BadRow, InvoiceRow
from outreach.intake.lost_zeros import (
    AccountIds,
    Renamed,
    forms,
    padded_widths,
    staged_under_another_form,
)
from outreach.intake.problems import BadCell, ProblemList
from outreach.intake.run import CHUNK, Run
from outreach.ledger.crash import crashpoint
from outreach.ledger.imports import StagedInvoice, StagedMention

_NOT_COMPARED = {"line", "contact", "kind_by", "kind_rule"}
_KIND = ("kind", "kind_by", "kind_rule", "service_month")
"""what a rule gives a row: line items of one invoice may differ in it"""


@dataclass
class Stager:
    """Takes rows in, writes them in batches, and counts what a person should hear of."""

    run: Run
    problems: ProblemList
    counts: Counter[str] = field(default_factory=Counter)
    """staged, repeated, rounded, future (rows of a history not known yet), post_dated (rows of a snapshot)"""
    accounts: AccountIds = field(init=False)
    renumbered: dict[str, str] = field(default_factory=dict)
    """the first invoice number that lost its zeros, and what it was taken for"""
    _taken: list[InvoiceRow] = field(default_factory=list)
    _left_out: list[BadRow] = field(default_factory=list)
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _mentions: list[dict[str, Any]] = field(default_factory=list)
    _kinds: list[dict[str, Any]] = field(default_factory=list)
    """staged rows whose line items gave them another kind"""

    def __post_init__(self) -> None:
        self.accounts = AccountIds(self.run.ledger)

    def take(self, row: InvoiceRow) -> None:
        """Stage a good row; one that a history dates after `as_of` is only counted."""
        at = self.run.occasion
        self.counts["rounded"] += row.rounded
        for remark in row.remarks:
            self.problems.add(
                remark.line, remark.column, remark.value, f"{remark.why} (the invoice is taken)"
            )
        if row.invoiced_on > at.as_of:
            self.counts["future" if at.form == "history" else "post_dated"] += 1
            if at.form == "history":
                return
        self._taken.append(row)
        self._flush_when_full()

    def leave_out(self, row: BadRow) -> None:
        """Report a bad row, and remember what it names."""
        for problem in row.problems:
            self.problems.add(problem.line, problem.column, problem.value, problem.why)
        if row.account:
            self._left_out.append(row)
            self._flush_when_full()

    def finish(self) -> None:
        """Write what is waiting, then take out what contradicts itself."""
        self._flush()
        for renamed in staged_under_another_form(self.run):
            self._renumber(renamed)
        while self._leave_out_contradicted():
            pass

    def _flush_when_full(self) -> None:
        if len(self._taken) + len(self._left_out) >= 2 * CHUNK:
            self._flush()

    def _flush(self) -> None:
        self._settle()
        with self.run.source.writing() as session:
            if self._rows:
                self._write_rows(session)
            self._write_kinds(session)
            if self._mentions:
                session.execute(insert(StagedMention), self._mentions)
        self._rows, self._mentions = [], []
        crashpoint("import.staging")

    def _settle(self) -> None:
        """Put every row under the ids by which its account and parent are known."""
        names = {row.account: row.name for row in self._taken}
        for number in [row.parent for row in self._taken] + [row.account for row in self._left_out]:
            names.setdefault(number, "")
        self.accounts.settle(names)
        for row in self._taken:
            try:
                self._rows.append(_staged(self.accounts.of(row), self.run))
            except BadCell as why:
                self.problems.add(row.line, "", row.account, str(why))
                self._left_out.append(BadRow(row.line, row.account, row.number, []))
        self.counts["staged"] += len(self._rows)
        for bad in self._left_out:
            for account in self.accounts.possible(bad.account):
                for number in forms(bad.number, self._widths):
                    self._mention(bad.line, account, number, contradicts=False)
        self._taken, self._left_out = [], []

    @cached_property
    def _widths(self) -> list[int]:
        return padded_widths(self.run)

    def _renumber(self, found: Sequence[Renamed]) -> None:
        """Give staged invoices the numbers they are known by; what is staged under both must agree."""
        rows, there = self._staged_under(found)
        gone, moved = [], []
        for one in found:
            place = (one.account, one.forms[0])
            if len(one.forms) > 1:
                self._cannot_tell(one)
                gone.append(one.id)
                continue
            if place in there:
                self._compare(rows[one.id], there[place], one.forms[0])
                gone.append(one.id)
            else:
                there[place] = rows[one.id]
                moved.append({"id": one.id, "number": one.forms[0]})
            self.renumbered = self.renumbered or {one.number: one.forms[0]}
            self.counts["renumbered"] += 1
        self._write_renumbered(gone, moved)

    def _staged_under(
        self, found: Sequence[Renamed]
    ) -> tuple[dict[int, dict[str, Any]], dict[tuple[str, str], dict[str, Any]]]:
        """The staged rows by id, and those staged already under the numbers that they are to have."""
        key = tuple_(StagedInvoice.account_number, StagedInvoice.number)
        query = select(StagedInvoice.__table__).where(self._ours())
        themselves = query.where(StagedInvoice.id.in_([one.id for one in found]))
        others = query.where(key.in_([(one.account, one.forms[0]) for one in found]))
        with self.run.ledger.reading() as session:
            rows = {row["id"]: dict(row) for row in session.execute(themselves).mappings()}
            known = [dict(row) for row in session.execute(others).mappings()]
        return rows, {(row["account_number"], row["number"]): row for row in known}

    def _cannot_tell(self, one: Renamed) -> None:
        why = f"could be any of the invoices {', '.join(one.forms)}; write its leading zeros"
        self.problems.add(one.line, "", one.number, why)
        for form in one.forms:
            self._mention(one.line, one.account, form, contradicts=False)

    def _write_renumbered(self, gone: Sequence[int], moved: Sequence[dict[str, Any]]) -> None:
        with self.run.source.writing() as session:
            session.execute(delete(StagedInvoice).where(StagedInvoice.id.in_(gone)))
            if moved:
                session.execute(update(StagedInvoice), moved)
            self._write_kinds(session)
            if self._mentions:
                session.execute(insert(StagedMention), self._mentions)
        self._mentions = []

    def _compare(self, row: Mapping[str, Any], first: dict[str, Any], number: str) -> None:
        """A row of an invoice that stands in the file already is counted if it says the same. Of the kinds
        that rules give its line items that of the first rule stands."""
        by_rule = _KIND if "rule" in (row["kind_by"], first["kind_by"]) else ()
        if all(first[name] == row[name] for name in row.keys() - _NOT_COMPARED - {"id", "number", *by_rule}):
            self.counts["repeated"] += 1
            if by_rule and _kind_rank(row) < _kind_rank(first):
                first |= {name: row[name] for name in _KIND}
                self._kinds.append({name: first[name] for name in ("id", *_KIND)})
        else:
            self._contradiction(row["line"], number)
            self._mention(row["line"], row["account_number"], number, contradicts=True)

    def _write_rows(self, session: Session) -> None:
        dialect = sqlite if self.run.ledger.is_sqlite else postgresql
        unless_there = dialect.insert(StagedInvoice).on_conflict_do_nothing()
        if session.connection().execute(unless_there, self._rows).rowcount < len(self._rows):
            self._compare_repeated(session)

    def _compare_repeated(self, session: Session) -> None:
        """An invoice that stands in the file again is counted once if it says the same."""
        key = tuple_(StagedInvoice.account_number, StagedInvoice.number)
        wanted = [(row["account_number"], row["number"]) for row in self._rows]
        query = select(StagedInvoice.__table__).where(self._ours(), key.in_(wanted))
        there = {
            (row["account_number"], row["number"]): dict(row) for row in session.execute(query).mappings()
        }
        for row in self._rows:
            first = there[row["account_number"], row["number"]]
            if first["line"] == row["line"]:
                continue
            self._compare(row, first, row["number"])

    def _write_kinds(self, session: Session) -> None:
        if self._kinds:
            session.execute(update(StagedInvoice), self._kinds)
        self._kinds = []

    def _leave_out_contradicted(self) -> bool:
        """Which row is right is not ours to say, so the first goes as well. True while some were left."""
        same = and_(
            StagedInvoice.import_id == StagedMention.import_id,
            StagedInvoice.account_number == StagedMention.account_number,
            StagedInvoice.number == StagedMention.number,
        )
        query = select(StagedInvoice.id, StagedInvoice.line, StagedInvoice.number).distinct()
        query = query.select_from(StagedMention).join(StagedInvoice, same).limit(CHUNK)
        ours = StagedMention.import_id == self.run.import_id
        with self.run.ledger.reading() as session:
            found = session.execute(query.where(ours, StagedMention.contradicts)).all()
        if found:
            with self.run.source.writing() as session:
                ids = [row.id for row in found]
                session.execute(delete(StagedInvoice).where(StagedInvoice.id.in_(ids)))
        for row in found:
            self._contradiction(row.line, row.number)
        return bool(found)

    def _contradiction(self, line: int, number: str) -> None:
        self.problems.add(line, "", number, "rows of this invoice contradict each other")

    def _mention(self, line: int, account: str, number: str, *, contradicts: bool) -> None:
        named = {"line": line, "account_number": account, "number": number, "contradicts": contradicts}
        self._mentions.append({"import_id": self.run.import_id, **named})

    def _ours(self) -> ColumnElement[bool]:
        return StagedInvoice.import_id == self.run.import_id


def clear(run: Run) -> None:
    """Empty the staging tables of this import, in short transactions."""
    for table in (StagedInvoice, StagedMention):
        some = select(table.id).where(table.import_id == run.import_id).limit(4 * CHUNK)
        gone = 1
        while gone:
            with run.source.writing() as session:
                gone = session.execute(delete(table).where(table.id.in_(some))).rowcount  # type: ignore[attr-defined]


def _kind_rank(row: Mapping[str, Any]) -> int:
    """A column's word comes before the first rule's, and both before nobody's."""
    if row["kind_by"] == "column":
        return 0
    return row["kind_rule"] or sys.maxsize


def _staged(row: InvoiceRow, run: Run) -> dict[str, Any]:
    at = run.occasion
    settled_on = row.settled_on if row.settled_on and row.settled_on <= at.as_of else None
    stated = row.open if row.open is not None else row.gross
    return {
        "import_id": run.import_id,
        "line": row.line,
        "account_number": row.account,
        "account_name": row.name or None,
        "parent": row.parent or None,
        "rep": row.rep or None,
        "number": row.number,
        "kind": row.kind,
        "kind_by": row.kind_by,
        "kind_rule": row.kind_rule,
        "invoiced_on": row.invoiced_on,
        "due_on": row.due_on,
        "service_month": row.service_month,
        "settled_on": settled_on,
        "received_on": row.received_on if row.received_on and row.received_on <= at.as_of else None,
        "currency": row.currency,
        "gross_minor": row.gross,
        "open_minor": 0 if settled_on else stated,
        "disputed": row.disputed,
        "po_number": row.po_number or None,
        "contact": asdict(row.contact) if row.contact else None,
    }
