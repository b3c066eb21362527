"""Good rows wait in a table of their own, so that a file is known whole before anything of it is applied."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.intake.invoices import BadRow, InvoiceRow
from outreach.intake.problems import ProblemList
from outreach.intake.run import CHUNK, Run
from outreach.ledger.crash import crashpoint
from outreach.ledger.imports import StagedInvoice, StagedMention

_NOT_COMPARED = {"line", "contact"}


@dataclass
class Stager:
    """Takes rows in, writes them in batches, and counts what a person should hear of."""

    run: Run
    problems: ProblemList
    counts: Counter[str] = field(default_factory=Counter)
    """staged, repeated, rounded, future (rows of a history not known yet), post_dated (rows of a snapshot)"""
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _mentions: list[dict[str, Any]] = field(default_factory=list)

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
        self.counts["staged"] += 1
        self._rows.append(_staged(row, self.run))
        self._flush_when_full()

    def leave_out(self, row: BadRow) -> None:
        """Report a bad row, and remember what it names."""
        for problem in row.problems:
            self.problems.add(problem.line, problem.column, problem.value, problem.why)
        if row.account:
            self._mention(row.line, row.account, row.number, contradicts=False)
            self._flush_when_full()

    def finish(self) -> None:
        """Write what is waiting, then take out what contradicts itself."""
        self._flush()
        while self._leave_out_contradicted():
            pass

    def _flush_when_full(self) -> None:
        if len(self._rows) + len(self._mentions) >= 2 * CHUNK:
            self._flush()

    def _flush(self) -> None:
        with self.run.source.writing() as session:
            if self._rows:
                self._write_rows(session)
            if self._mentions:
                session.execute(insert(StagedMention), self._mentions)
        self._rows, self._mentions = [], []
        crashpoint("import.staging")

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
        there = {(row["account_number"], row["number"]): row for row in session.execute(query).mappings()}
        for row in self._rows:
            first = there[row["account_number"], row["number"]]
            if first["line"] == row["line"]:
                continue
            if all(first[name] == value for name, value in row.items() if name not in _NOT_COMPARED):
                self.counts["repeated"] += 1
            else:
                self._contradiction(row["line"], row["number"])
                self._mention(row["line"], row["account_number"], row["number"], contradicts=True)

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
        "invoiced_on": row.invoiced_on,
        "due_on": row.due_on,
        "service_month": row.service_month,
        "settled_on": settled_on,
        "currency": row.currency,
        "gross_minor": row.gross,
        "open_minor": 0 if settled_on else stated,
        "disputed": row.disputed,
        "po_number": row.po_number or None,
        "contact": asdict(row.contact) if row.contact else None,
    }
