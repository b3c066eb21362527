"""An open-invoices file, opened: walked once to learn what its dates mean, then walked again row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from outreach.intake.changes import Form
from outreach.intake.columns import Overrides
from outreach.intake.dates import DateEvidence, DateOrder, as_of_in_title, parse_date
from outreach.intake.headings import TOTALS
from outreach.intake.invoices import DATE_COLUMNS, REQUIRED, BadRow, InvoiceReader, InvoiceRow
from outreach.intake.problems import BadCell, Problem
from outreach.intake.reading import Row
from outreach.intake.run import Progress
from outreach.intake.sheet import Sheet, open_sheet
from outreach.intake.statuses import is_not_asked
from outreach.intake.vocabulary import INVOICE_COLUMNS, letters
from outreach.rules.kinds import KindRule

_IDENTITY = ("account", "name", "invoice", "invoiced_on", "due_on")
_GRAND_TOTALS = ("total", "grandtotal")
_SHOWN_LINES = 5
_EVERY = 10_000


@dataclass
class InvoiceFile:
    """What the first walk learned. `rows` counts records, good or bad; subtotals and footers are none."""

    sheet: Sheet
    point: str
    order: DateOrder = DateOrder.YMD
    rows: int = 0
    passed_over: int = 0
    passed_lines: list[int] = field(default_factory=list)
    """the first lines passed over"""
    not_asked: Counter[str] = field(default_factory=Counter)
    """drafts, voided and other documents that ask for nothing, by the file's word for it; none is a row"""
    total: tuple[int, str] | None = None
    """line and text of the file's own grand total"""

    def walk(self, progress: Progress) -> DateEvidence:
        """Count the records and collect what their dates say."""
        evidence = DateEvidence()
        for row in self.sheet.rows():
            if self.is_furniture(row):
                self._pass_over(row)
                continue
            if status := self._not_asked(row):
                self.not_asked[status] += 1
                continue
            self.rows += 1
            for cell in self._cells(row, DATE_COLUMNS):
                evidence.note(cell, row.line)
            if self.rows % _EVERY == 0:
                progress("reading", self.rows, None)
        return evidence

    @property
    def form(self) -> Form:
        """A file with settled dates is a history, any other a snapshot (interface.md, import)."""
        return "history" if "settled_on" in self.sheet.header.columns else "snapshot"

    def title_date(self) -> date | None:
        """The day of a title row such as "As of Jul 25, 2026"."""
        try:
            return parse_date(self._title, self.order) if self._title else None
        except BadCell:
            return None

    @property
    def _title(self) -> str | None:
        return next((text for row in self.sheet.titles if (text := as_of_in_title(row.cells))), None)

    def records(
        self, currency: str, country: str, kinds: Sequence[KindRule] = ()
    ) -> Iterator[InvoiceRow | BadRow]:
        """Every record, read; `currency`, `country` and the rules `kinds` hold where it names none."""
        reader = InvoiceReader(self.sheet.header, self.order, self.point, currency, country, kinds)
        for row in self.sheet.rows():
            if why := self.sheet.misfit(row):
                yield self._misfit(row, why)
            elif not self.is_furniture(row) and not self._not_asked(row):
                yield reader.read(row)

    def is_furniture(self, row: Row) -> bool:
        """True for what a report prints between its records.

        Nothing in it names a record, or it is a single cell, or it says "Total ..." and no date.
        """
        filled = [cell for cell in row.cells if cell]
        if len(filled) == 1 or not any(self._cells(row, _IDENTITY)):
            return not row.trouble
        return filled[0].lower().startswith(TOTALS) and not any(self._cells(row, DATE_COLUMNS))

    def warnings(self) -> list[str]:
        """What a person should know of how the file was read."""
        found = list(self.sheet.table.warnings)
        if self._title and self.title_date() is None:
            found.append(
                f"The title says as of {self._title}, which cannot be read; give --as-of if it matters."
            )
        if self.rows == 0:
            found.append("The file has a header and no rows.")
        if unused := self.sheet.header.unused():
            found.append(f"Columns not used: {', '.join(unused)}.")
        if self.not_asked:
            counts = ", ".join(f"{count} {status}" for status, count in sorted(self.not_asked.items()))
            found.append(f"Left aside, since their status asks for nothing: {counts}.")
        if self.passed_over:
            shown = ", ".join(map(str, self.passed_lines))
            shown += " ..." if self.passed_over > len(self.passed_lines) else ""
            found.append(f"Passed over as subtotals or footers: {self.passed_over} lines ({shown}).")
        return found

    def _misfit(self, row: Row, why: str) -> BadRow:
        account = number = ""
        if not row.trouble:
            account = next(iter(self._cells(row, ("account",))), "")
            number = next(iter(self._cells(row, ("invoice",))), "")
        return BadRow(row.line, account, number, [Problem(row.line, "", row.cells[0], why)])

    def _not_asked(self, row: Row) -> str:
        """The status of a draft or voided document; empty for every other row."""
        status = next(iter(self._cells(row, ("status",))), "")
        return status if is_not_asked(status) else ""

    def _cells(self, row: Row, columns: tuple[str, ...]) -> list[str]:
        indexes = (self.sheet.header.columns.get(column) for column in columns)
        return [row.cells[index] for index in indexes if index is not None and index < len(row.cells)]

    def _pass_over(self, row: Row) -> None:
        self.passed_over += 1
        if len(self.passed_lines) < _SHOWN_LINES:
            self.passed_lines.append(row.line)
        label = next((cell for cell in row.cells if cell), "")
        amounts = self._cells(row, ("open_amount",)) or self._cells(row, ("amount",))
        if letters(label) in _GRAND_TOTALS and any(amounts):
            self.total = (row.line, amounts[0])


def open_invoice_file(
    path: Path, overrides: Overrides, date_order: DateOrder | None, progress: Progress
) -> InvoiceFile:
    """Open a file and walk it once. `date_order` overrules what its dates say.

    Raises FileRefused for what is no such file, or when its dates can be read two ways.
    """
    file = InvoiceFile(open_sheet(path, INVOICE_COLUMNS, REQUIRED, overrides), overrides.decimal)
    evidence = file.walk(progress)
    file.order = date_order or evidence.order()
    return file
