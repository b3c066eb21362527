"""Files by the page, on the person's side: taken in, read in another way, applied, put away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sqlalchemy.orm import Session

from outreach.intake.importing import differing
from outreach.intake.run import Amounts
from outreach.intake.sheet import refuse_at_once
from outreach.ledger import papers, uploads
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.uploads import APPLYING, DISCARDED, PREVIEWED, READING, REFUSED, Upload
from outreach.rules import money

LARGEST = 200 * 2**20
"""bytes of a file that comes by the page; `outreach import` takes any"""
LONGEST_NAME = 120
_UNNAMED = "file"


class NotSoFast(ValueError):
    """What was shown cannot be applied as it stands; each argument is a sentence that says what to do."""


@dataclass(frozen=True)
class Reading:
    """How a person says that a file is to be read. `columns` stand as on the page, ours -> header."""

    columns: Mapping[str, str]
    as_of: date | None = None
    date_order: str | None = None
    decimal: str = "."
    sheet: str | None = None


def receive(
    ledger: Ledger,
    files: Path,
    content: IO[bytes],
    name: str,
    *,
    source: str,
    as_of: date | None,
    by: str,
    now: datetime,
) -> str:
    """Keep a file, to be previewed by a worker. Returns the upload's id.

    Raises FileRefused for what the first look shows to be no open-invoices file.
    """
    file_name = _shown_name(name)
    digest, size = papers.keep(files, content)
    with TemporaryDirectory() as folder:  # every message names the file as the person does
        path = Path(folder) / file_name
        path.symlink_to(papers.path_of(files, digest).absolute())
        refuse_at_once(path)
    kept = {"media_type": "application/octet-stream", "retention": "import", "now": now}
    with ledger.writing() as session:
        upload = Upload(
            id=new_id(),
            paper_id=papers.record(session, digest, size=size, **kept).id,  # type: ignore[arg-type]
            file_name=file_name,
            source=source,
            as_of=as_of,
            created_at=now,
            created_by=by,
            moved_at=now,
        )
        session.add(upload)
    return upload.id


def read_again(session: Session, upload: Upload, round_: int, wanted: Reading, *, now: datetime) -> bool:
    """Have it read as a person says. False where somebody was there before."""
    shown = (upload.preview or {}).get("columns", {})
    overruled = {name: header for name, header in wanted.columns.items() if header != shown.get(name, "")}
    values = {
        "columns": {**upload.columns, **overruled},
        "as_of": wanted.as_of,
        "date_order": wanted.date_order,
        "decimal": wanted.decimal,
        "sheet": wanted.sheet,
    }
    return uploads.move(
        session,
        upload.id,
        [PREVIEWED, REFUSED],
        round_,
        now=now,
        state=READING,
        round=round_ + 1,
        said=None,
        **values,
    )


def apply(
    session: Session,
    upload: Upload,
    round_: int,
    *,
    control_totals: Amounts,
    differences_accepted: bool,
    closed_accepted: bool,
    by: str,
    now: datetime,
) -> bool:
    """Have what was shown applied. False where somebody was there before. Raises NotSoFast."""
    doubts = list(_doubts(upload, control_totals, differences_accepted, closed_accepted))
    if doubts and upload.state == PREVIEWED:
        raise NotSoFast(*doubts)
    return uploads.move(
        session,
        upload.id,
        [PREVIEWED],
        round_,
        now=now,
        state=APPLYING,
        said=None,
        control_totals=dict(control_totals),
        accept_closed=closed_accepted,
        applied_by=by,
    )


def discard(session: Session, upload: Upload, round_: int, *, now: datetime) -> bool:
    """Put it away; a worker clears what was staged. False where somebody was there before."""
    return uploads.move(session, upload.id, [PREVIEWED, REFUSED], round_, now=now, state=DISCARDED, said=None)


def found_totals(preview: Mapping[str, Any]) -> dict[str, int]:
    """Currency -> what the file adds up to, in minor units."""
    return {currency: money.minor(text, currency) for currency, text in preview["open_total"].items()}


def _doubts(
    upload: Upload, control_totals: Amounts, differences_accepted: bool, closed_accepted: bool
) -> list[str]:
    preview = upload.preview or {}
    if upload.state != PREVIEWED:
        return []
    doubts = []
    if preview["vanished"]["half_a_file"] and not closed_accepted:
        doubts.append(
            "More than 20 % of what was open would be closed: tick that it is paid, or discard the file."
        )
    differences = differing(control_totals, found_totals(preview))
    if differences and not differences_accepted:
        gaps = ", ".join(money.words(gap, currency) for currency, gap in sorted(differences.items()))
        doubts.append(
            f"The control total differs from the file by {gaps}: correct it, discard the file, or tick that "
            "it is to be applied all the same. Then no statement leaves until a supervisor acknowledges it."
        )
    return doubts


def _shown_name(name: str) -> str:
    """The last part of the name, on one line and not too long; whatever a browser says."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in last if char.isprintable()).strip(". ")
    return shown.encode()[-LONGEST_NAME:].decode(errors="ignore") or _UNNAMED
