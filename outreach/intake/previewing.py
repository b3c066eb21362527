"""A file is looked at first and applied later, from the rows that were staged when it was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.intake import record
from outreach.intake.columns import Overrides
from outreach.intake.importing import Wishes, apply_staged, bring_file, end_interrupted
from outreach.intake.problems import FileRefused
from outreach.intake.result import figures, missing_document, open_of, totals_document
from outreach.intake.run import Amounts, Progress, Run, Source
from outreach.intake.sheet import find_sheet
from outreach.intake.vanishing import Missing, missing
from outreach.intake.vocabulary import INVOICE_COLUMNS
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.imports import Import, StagedInvoice
from outreach.rules import money

FIRST_ROWS = 10


class LedgerMoved(Exception):
    """Other files were applied since this one was looked at: what it would change is to be told anew."""


class Preview(NamedTuple):
    """What was told of a file, and the import under which its rows are staged."""

    import_id: int
    document: dict[str, Any]


def preview_file(
    ledger: Ledger, path: Path, wishes: Wishes, *, clock: Clock, actor: str, progress: Progress
) -> Preview:
    """Stage a file and tell what it would change: the document of `import --dry-run`, and its first rows.

    Raises as `import_file` does, save for half a file: that is told, and a person may accept it.
    """
    result = bring_file(ledger, path, wishes, clock=clock, actor=actor, end="keep", progress=progress)
    with ledger.reading() as session:
        more = {
            "first_rows": _first_rows(session, result.import_id),
            "applied_so_far": record.applied_so_far(session),
        }
    return Preview(result.import_id, result.document() | more)


def apply_previewed(
    ledger: Ledger,
    import_id: int,
    shown: Mapping[str, Any],
    *,
    source: str,
    clock: Clock,
    actor: str,
    control_totals: Amounts,
    accept_closed: bool,
    progress: Progress,
) -> dict[str, Any]:
    """Apply what was staged and `shown`. Returns the document of what was done.

    Raises LedgerMoved where it would not be what was shown any more, and as `import_file` does.
    """
    with Source(ledger, clock, source).held() as here:
        end_interrupted(here)
        if (ended := _ended(ledger, import_id)) is not None:
            return {**shown, **ended, "dry_run": False}
        run = record.reopened(here, import_id, actor, progress)
        with ledger.reading() as session:
            moved = record.applied_so_far(session) != shown["applied_so_far"]
        if run is None or moved:
            raise LedgerMoved
        return _apply(run, shown, control_totals, accept_closed)


def drop_previewed(ledger: Ledger, import_id: int, *, source: str, clock: Clock, actor: str) -> None:
    """Forget what was staged and will not be applied. Raises SourceBusy."""
    with Source(ledger, clock, source).held() as here:
        run = record.reopened(here, import_id, actor, lambda *_: None)
        if run is not None:
            record.forget(run)


def headings(path: Path, overrides: Overrides) -> tuple[list[str], dict[str, str]]:
    """A refused file's headers, and what was recognised among them: what a person needs to set it right."""
    try:
        header = find_sheet(path, INVOICE_COLUMNS, overrides).header
    except FileRefused:
        return [], {}
    return header.offered(), header.shown()


def _apply(
    run: Run, shown: Mapping[str, Any], control_totals: Amounts, accept_closed: bool
) -> dict[str, Any]:
    gone = missing(run) if run.occasion.form == "snapshot" else Missing()
    if not accept_closed:
        gone.refuse_half_a_file(run.file_name)
    with run.ledger.reading() as session:
        found, before = figures(session, run).total, open_of(session, run.source.name)
    record.ready(run, control_totals, found)
    applied = apply_staged(run, shown["rows"])
    document = {
        **shown,
        **applied.document(before),
        "control_totals": totals_document(control_totals, found),
        "vanished": missing_document(gone),
        "dry_run": False,
    }
    record.conclude(run, document, changed=bool(applied))
    return document


def _ended(ledger: Ledger, import_id: int) -> dict[str, Any] | None:
    """What was told of this import if it is applied already."""
    with ledger.reading() as session:
        row = session.get(Import, import_id)
        return (row.result or {}) if row and row.state == record.APPLIED else None


def _first_rows(session: Session, import_id: int) -> list[dict[str, Any]]:
    """The first rows of the file as they were read."""
    query = select(StagedInvoice).where(StagedInvoice.import_id == import_id).order_by(StagedInvoice.id)
    return [
        {
            "line": row.line,
            "account": row.account_number,
            "name": row.account_name,
            "invoice": row.number,
            "kind": row.kind or "standard",
            "invoiced_on": _iso(row.invoiced_on),
            "due_on": _iso(row.due_on),
            "settled_on": _iso(row.settled_on),
            "open": money.decimal(row.open_minor, row.currency),
            "currency": row.currency,
            "disputed": bool(row.disputed),
        }
        for row in session.scalars(query.limit(FIRST_ROWS))
    ]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
