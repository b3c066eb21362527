"""Files by the page, on the worker's side: each that waits is previewed, applied or cleared, one at a time.

The row says what is to be done, so a job may be lost or come twice; a lease keeps a second worker off, so
that of the long-running ones some stay free for the sweep and the plan.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.orm import Session

from outreach.intake.columns import Overrides
from outreach.intake.dates import DateOrder
from outreach.intake.importing import Wishes
from outreach.intake.previewing import (
    LedgerMoved,
    apply_previewed,
    drop_previewed,
    headings,
    preview_file,
)
from outreach.intake.problems import FileRefused, SourceBusy
from outreach.ledger import leases, papers, uploads
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.papers import Paper
from outreach.ledger.uploads import APPLIED, APPLYING, DISCARDED, PREVIEWED, READING, REFUSED, Upload

LEASE = "uploads"
LASTS = timedelta(minutes=2)
TOLD_EVERY = timedelta(seconds=1)
KEPT = timedelta(days=7)
"""a preview that nobody applies is put away after this time"""
MOST_TRIES = 3
BROKEN = (
    "It broke on our side, three times, and was stopped. Try it again; if it stops again, tell the operator."
)
MOVED = (
    "Other files were imported since you looked at this one, so what it would change was worked out anew: "
    "look again, then apply it."
)
RESUMED = "It was interrupted and then brought to its end; the figures are those of the preview."
CHANGED = "The ledger changed while it was applied: the figures differ from the preview."

Tell = Callable[[str], object]
"""told the id of an upload that changed"""


@dataclass
class Desk:
    """One worker at the uploads. `files` is where their bytes are."""

    ledger: Ledger
    clock: Clock
    files: Path
    tell: Tell
    holder: str = field(default_factory=lambda: secrets.token_hex(8))

    def progress_of(self, upload_id: str) -> Callable[[str, int, int | None], None]:
        """A progress that is written down once a second, and keeps the lease alive."""
        told_at = self.clock.wall() - TOLD_EVERY

        def progress(doing: str, done: int, total: int | None) -> None:
            nonlocal told_at
            if (wall := self.clock.wall()) - told_at < TOLD_EVERY:
                return
            told_at = wall
            with self.ledger.writing() as session:
                leases.renew(session, LEASE, holder=self.holder, until=wall + LASTS)
                upload = session.get_one(Upload, upload_id)
                upload.doing, upload.done, upload.total = doing, done, total
            self.tell(upload_id)

        return progress

    def move(self, upload: Upload, **values: Any) -> None:
        """What became of it, if it still waits for that."""
        now = self.clock.now()
        with self.ledger.writing() as session:
            uploads.move(session, upload.id, [upload.state], upload.round, now=now, **values)
        self.tell(upload.id)


def work(ledger: Ledger, clock: Clock, files: Path, tell: Tell) -> None:
    """Do what waits. Returns at once where another worker is at it, or where nothing can be done now."""
    desk = Desk(ledger, clock, files, tell)
    with ledger.writing() as session:
        uploads.put_away_before(session, clock.now() - KEPT, now=clock.now())
    with _held(desk) as held:
        while held and (upload := _next(ledger)) is not None:
            if upload.tries >= MOST_TRIES:
                desk.move(upload, said=BROKEN, **_GIVEN_UP[upload.state])
                continue
            _count(ledger, upload, upload.tries + 1)
            try:
                _STEPS[upload.state](desk, upload)
            except SourceBusy:
                _count(ledger, upload, upload.tries)
                return  # the next tick looks again


def waiting(session: Session, wall: datetime) -> bool:
    """True where something waits and no worker is at it."""
    return not leases.is_held(session, LEASE, wall) and uploads.next_waiting(session) is not None


def _preview(desk: Desk, upload: Upload) -> None:
    _clear_staged(desk, upload)
    overrides = _overrides(upload)
    progress = desk.progress_of(upload.id)
    with _file(desk, upload) as path:
        try:
            found = preview_file(
                desk.ledger,
                path,
                Wishes(upload.source, upload.as_of, overrides, accept_closed=True),
                clock=desk.clock,
                actor=upload.created_by,
                progress=progress,
            )
        except SourceBusy:
            raise
        except FileRefused as why:
            headers, columns = headings(path, overrides)
            preview = {"headers": headers, "columns": columns}
            desk.move(upload, state=REFUSED, said=str(why), preview=preview, import_id=None)
            return
    desk.move(upload, state=PREVIEWED, import_id=found.import_id, preview=found.document)


def _apply(desk: Desk, upload: Upload) -> None:
    shown: Mapping[str, Any] = upload.preview or {}
    try:
        result = apply_previewed(
            desk.ledger,
            upload.import_id or 0,
            shown,
            source=upload.source,
            clock=desk.clock,
            actor=upload.applied_by or upload.created_by,
            control_totals=upload.control_totals,
            accept_closed=upload.accept_closed,
            progress=desk.progress_of(upload.id),
        )
    except LedgerMoved:
        desk.move(upload, state=READING, round=upload.round + 1, said=MOVED)
    except SourceBusy:
        raise
    except FileRefused as why:
        desk.move(upload, state=PREVIEWED, said=str(why))
    else:
        desk.move(upload, state=APPLIED, result=result, import_id=None, said=_about(shown, result))


def _clear_staged(desk: Desk, upload: Upload) -> None:
    """The rows of an earlier look at it, or of one that was put away."""
    if upload.import_id is not None:
        by = upload.created_by
        drop_previewed(desk.ledger, upload.import_id, source=upload.source, clock=desk.clock, actor=by)
        desk.move(upload, import_id=None)


_STEPS: Mapping[str, Callable[[Desk, Upload], None]] = {
    READING: _preview,
    APPLYING: _apply,
    DISCARDED: _clear_staged,
}
_GIVEN_UP: Mapping[str, dict[str, Any]] = {
    READING: {"state": REFUSED, "preview": {"headers": [], "columns": {}}},
    APPLYING: {"state": PREVIEWED},
    DISCARDED: {"import_id": None},
}
"""what becomes of one at which a worker dies each time, lest it stand in the way of the others"""


def _count(ledger: Ledger, upload: Upload, tries: int) -> None:
    with ledger.writing() as session:
        session.get_one(Upload, upload.id).tries = tries


def _about(shown: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
    if result.get("resumed"):
        return RESUMED
    same = all(shown[name] == result[name] for name in ("accounts", "invoices", "open_after"))
    return None if same else CHANGED


def _next(ledger: Ledger) -> Upload | None:
    with ledger.reading() as session:
        return uploads.next_waiting(session)


def _overrides(upload: Upload) -> Overrides:
    order = DateOrder(upload.date_order) if upload.date_order else None
    return Overrides(upload.columns, order, upload.decimal, upload.sheet)


@contextmanager
def _file(desk: Desk, upload: Upload) -> Iterator[Path]:
    """The bytes under the name by which the person knows them, since every message names the file."""
    with desk.ledger.reading() as session:
        paper = session.get_one(Paper, upload.paper_id)
    with TemporaryDirectory() as folder:
        path = Path(folder) / upload.file_name
        path.symlink_to(papers.path_of(desk.files, paper.sha256).absolute())
        yield path


@contextmanager
def _held(desk: Desk) -> Iterator[bool]:
    now = desk.clock.wall()
    with desk.ledger.writing() as session:
        held = leases.take(session, LEASE, holder=desk.holder, until=now + LASTS, now=now)
    try:
        yield held
    finally:
        if held:
            with desk.ledger.writing() as session:
                leases.release(session, LEASE, holder=desk.holder)
