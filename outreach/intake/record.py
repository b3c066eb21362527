"""The ledger's record of an import, from first row to end, so that a killed one can be ended later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from outreach.intake.changes import Form, Occasion
from outreach.intake.problems import FileRefused
from outreach.intake.run import Amounts, Progress, Run, Source
from outreach.intake.staging import clear
from outreach.ledger import change_requests, log, tie_outs
from outreach.ledger.crash import crashpoint
from outreach.ledger.imports import Import, StagedInvoice

STAGING, PREVIEWED, APPLYING, APPLIED, REFUSED = "staging", "previewed", "applying", "applied", "refused"


def begin(
    source: Source, path: Path, form: Form, as_of: date, actor: str, *, dry: bool, progress: Progress
) -> Run:
    """Open the record. Until `ready`, whoever finds it without its importer throws it away."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with source.writing() as session:
        values = {
            "source": source.name,
            "file_name": path.name,
            "sha256": sha256,
            "form": form,
            "as_of": as_of,
            "state": STAGING,
            "actor": actor,
            "started_at": source.clock.now(),
        }
        import_id = session.scalars(insert(Import).values(values).returning(Import.id)).one()
        occasion = _occasion(session, source.name, form, as_of)
    return Run(source, import_id, path.name, occasion, actor, dry, progress)


def keep(run: Run) -> None:
    """All is staged and judged, and waits for a person's word, however long that takes."""
    _set_state(run, PREVIEWED)


def reopened(source: Source, import_id: int, actor: str, progress: Progress) -> Run | None:
    """What was kept, now among the files of its source as they are; None if it is not there any more."""
    with source.ledger.reading() as session:
        row = session.get(Import, import_id)
        if row is None or row.state != PREVIEWED:
            return None
        return replace(_run_of(session, source, row), actor=actor, progress=progress)


def applied_so_far(session: Session) -> int:
    """How many files were applied: by it can be told whether the ledger is still what it was."""
    return session.scalar(select(func.count()).select_from(Import).where(Import.state == APPLIED)) or 0


def ready(run: Run, control_totals: Amounts, found: Amounts) -> None:
    """All is staged and judged: from here on it is applied, if need be by the next import of the source.

    Where `found` differs from the control totals no statement leaves from here on (product.md 6, tie-out).
    """
    with run.source.writing() as session:
        tie_outs.note(session, run.import_id, control_totals, found)
        session.execute(update(Import).where(Import.id == run.import_id).values(state=APPLYING))
    crashpoint("import.ready")


def conclude(run: Run, result: dict[str, Any], *, changed: bool) -> None:
    """It is applied. Of a file that changed nothing and came before, no trace stays."""
    if not changed and (before := _came_before(run)) is not None:
        forget(run, before)
        return
    now = run.source.clock.now()
    with run.source.writing() as session:
        change_requests.close_shown(session, file=run.file_name, now=now, import_id=run.import_id)
        values = {"state": APPLIED, "result": result, "applied_at": now}
        session.execute(update(Import).where(Import.id == run.import_id).values(values))
        log.append(session, run.entry(None, "file imported", text=run.file_name))
    crashpoint("import.applied")
    clear(run)


@contextmanager
def unready(run: Run) -> Iterator[None]:
    """Nothing is applied yet: of a file refused now the record keeps why, other trouble leaves nothing."""
    try:
        yield
    except FileRefused as why:
        if run.dry:
            forget(run)
        else:
            clear(run)
            _set_state(run, REFUSED, result={"refused": str(why)})
        raise
    except BaseException:
        forget(run)
        raise


def forget(run: Run, before: int | None = None) -> None:
    """As if the file had never come; `before`: the import that said the same and keeps what differs."""
    clear(run)
    with run.source.writing() as session:
        tie_outs.move(session, run.import_id, before)
        session.execute(delete(Import).where(Import.id == run.import_id))


def interrupted(source: Source) -> list[Run]:
    """Imports of this source that were staged whole and not applied to the end; others are thrown away.

    The caller holds the source, so whoever was at them is gone.
    """
    with source.ledger.reading() as session:
        left = session.scalars(
            select(Import).where(Import.source == source.name, Import.state.in_([STAGING, APPLYING]))
        ).all()
        ended = select(Import).where(Import.source == source.name, Import.state.in_([APPLIED, REFUSED]))
        uncleared = session.scalars(ended.where(Import.id.in_(select(StagedInvoice.import_id)))).all()
        runs = {row.id: _run_of(session, source, row) for row in [*left, *uncleared]}
    for row in uncleared:
        clear(runs[row.id])
    for row in left:
        if row.state == STAGING:
            forget(runs[row.id])
    return [runs[row.id] for row in left if row.state == APPLYING]


def _run_of(session: Session, source: Source, row: Import) -> Run:
    form: Form = "history" if row.form == "history" else "snapshot"
    occasion = _occasion(session, source.name, form, row.as_of)
    return Run(source, row.id, row.file_name, occasion, row.actor)


def _occasion(session: Session, source: str, form: Form, as_of: date) -> Occasion:
    later = select(func.min(Import.as_of)).where(
        Import.source == source, Import.state == APPLIED, Import.as_of > as_of
    )
    next_on = session.scalar(later)
    next_snapshot_on = session.scalar(later.where(Import.form == "snapshot"))
    return Occasion(as_of, form, next_on, next_snapshot_on)


def _came_before(run: Run) -> int | None:
    at = run.occasion
    same = select(func.max(Import.id)).where(
        Import.source == run.source.name,
        Import.state == APPLIED,
        Import.as_of == at.as_of,
        Import.form == at.form,
    )
    with run.ledger.reading() as session:
        return session.scalar(same)


def _set_state(run: Run, state: str, **values: Any) -> None:
    with run.source.writing() as session:
        session.execute(update(Import).where(Import.id == run.import_id).values(state=state, **values))
