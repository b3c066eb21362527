"""Documents whose place is known are kept: bytes first, then rows, with a word in each account's log."""

from __future__ import annotations

import mimetypes
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from outreach.ledger import documents, log, papers
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.documents import Document
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.papers import Sheet


@dataclass(frozen=True, slots=True)
class Listed:
    """A file and what is said of it; `line` is its line in a list, or its place in a folder."""

    line: int
    path: Path
    kind: str
    account: str = ""
    number: str = ""
    approved: bool = False
    expires_on: date | None = None

    def of_account(self, number: str) -> Listed:
        return replace(self, account=number)


@dataclass(frozen=True, slots=True)
class Placed:
    """A file of which it is known whose it is; `invoice_id` None: the account's as a whole."""

    listed: Listed
    account_id: int
    invoice_id: int | None

    @property
    def key(self) -> tuple[int, int | None, str, str]:
        return (self.account_id, self.invoice_id, self.listed.kind, self.listed.path.name)


def write_documents(
    ledger: Ledger, files: Path, placed: Sequence[Placed], *, clock: Clock, actor: str
) -> Counter[str]:
    """Keep these, in one transaction. Counts what became of them; named twice, the last counts."""
    last = {one.key: one for one in placed}
    counts = Counter(unchanged=len(placed) - len(last))
    sheets = {key: _sheet(files, one.listed.path) for key, one in last.items()}
    if not last:
        return counts
    now = clock.now()
    with ledger.writing() as session:
        lock_accounts(session, {one.account_id for one in last.values()})
        ids = papers.record_many(session, sheets.values(), now=now)
        known = _known(session, list(last.values()))
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        entries = []
        for key, one in last.items():
            values = _values(one, ids[sheets[key].digest])
            there = known.get(key)
            if there and all(getattr(there, name) == value for name, value in values.items()):
                counts["unchanged"] += 1
                continue
            outcome = "updated" if there else "created"
            counts[outcome] += 1
            entries.append(_entry(one, outcome, actor, now))
            if there:
                changed.append({"id": there.id, "changed_at": now, **values})
            else:
                new.append(_row(one) | {"changed_at": now, **values})
        if new:
            session.execute(insert(Document), new)
        if changed:
            session.execute(update(Document), changed)
        log.append_many(session, entries)
    return counts


def _known(session: Session, placed: Sequence[Placed]) -> dict[tuple[int, int | None, str, str], Document]:
    names = sorted({one.listed.path.name for one in placed})
    rows = documents.known(session, sorted({one.account_id for one in placed}), names)
    return {(row.account_id, row.invoice_id, row.kind, row.file_name): row for row in rows}


def _sheet(files: Path, path: Path) -> Sheet:
    with path.open("rb") as content:
        digest, size = papers.keep(files, content)
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Sheet(digest, size, media_type, "document")


def _values(one: Placed, paper_id: int) -> dict[str, Any]:
    said = one.listed
    return {"paper_id": paper_id, "approved": said.approved, "expires_on": said.expires_on}


def _row(one: Placed) -> dict[str, Any]:
    account_id, invoice_id, kind, file_name = one.key
    return {"account_id": account_id, "invoice_id": invoice_id, "kind": kind, "file_name": file_name}


def _entry(one: Placed, outcome: str, actor: str, now: datetime) -> Entry:
    text = f"{one.listed.kind}: {one.listed.path.name}"
    return Entry(at=now, actor=actor, what=f"document {outcome}", account_id=one.account_id, text=text)
