"""Bytes that are kept: letters as they left, statements, recordings. Files named by their content."""

import hashlib
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import BigInteger, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key

PIECE = 64 * 1024


class Paper(Base):
    """A file's row. The file is written and synced before its row commits: no row points at nothing."""

    __tablename__ = "papers"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    retention: Mapped[str]
    """letter, statement, voicemail, inbound, import, document, reconciliation or evidence: how long each is
    kept is policy"""
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file already written that has no row yet."""

    digest: str
    size: int
    media_type: str
    retention: str


def write(folder: Path, content: bytes) -> str:
    """Put bytes under their own digest, synced to disk. Idempotent. Returns the digest."""
    digest = hashlib.sha256(content).hexdigest()
    _write(folder, digest, content)
    return digest


class Pile:
    """Papers that are wanted together. A disk syncs eight files in the time of two, but only at once."""

    LANES = 8

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents: dict[str, bytes] = {}

    def put(self, content: bytes, *, media_type: str, retention: str) -> Sheet:
        """Not written before `sync`."""
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = content
        return Sheet(digest, len(content), media_type, retention)

    def sync(self) -> None:
        """Put all on disk, and forget them. Raises OSError if one could not be written."""
        with ThreadPoolExecutor(self.LANES) as lanes:
            for written in [lanes.submit(_write, self._folder, *one) for one in self._contents.items()]:
                written.result()
        self._contents.clear()


def _write(folder: Path, digest: str, content: bytes) -> None:
    path = path_of(folder, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.draft")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def keep(folder: Path, content: IO[bytes]) -> tuple[str, int]:
    """Put a stream under its digest, synced to disk, of which no more than a piece is in memory at a time.

    Returns the digest and the number of bytes.
    """
    draft = Draft(folder)
    try:
        while piece := content.read(PIECE):
            draft.write(piece)
        return draft.keep(), draft.size
    finally:
        draft.discard()


class Draft:
    """A paper that comes in pieces: to disk as they come, and under its digest when all are there."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.size, self._hash = folder, 0, hashlib.sha256()
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(suffix=".draft", dir=folder)
        self.path, self._file = Path(name), os.fdopen(descriptor, "wb")

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    def keep(self) -> str:
        """Synced and in its place. Returns the digest."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        digest = self._hash.hexdigest()
        path = path_of(self._folder, digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path.replace(path)
        return digest

    def pieces(self) -> Iterator[bytes]:
        """What has come so far, again."""
        self._file.flush()
        return pieces(self.path)

    def discard(self) -> None:
        """What is not kept leaves nothing behind. After `keep` this does nothing."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def pieces(path: Path) -> Iterator[bytes]:
    """A file in pieces, never all of it in memory."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def record(
    session: Session, digest: str, *, size: int, media_type: str, retention: str, now: datetime
) -> Paper:
    """The row of a file already written; the same content has one row."""
    known = session.scalars(select(Paper).where(Paper.sha256 == digest)).first()
    if known:
        return known
    paper = Paper(sha256=digest, media_type=media_type, size=size, retention=retention, created_at=now)
    session.add(paper)
    session.flush()
    return paper


def record_many(session: Session, sheets: Iterable[Sheet], *, now: datetime) -> Mapping[str, int]:
    """Digest -> id of the row, for many at once."""
    rows = {sheet.digest: _row(sheet, now) for sheet in sheets}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(Paper).on_conflict_do_nothing(), list(rows.values()))
    query = select(Paper.sha256, Paper.id).where(Paper.sha256.in_(rows))
    return {row.sha256: row.id for row in session.execute(query)}


def _row(sheet: Sheet, now: datetime) -> dict[str, object]:
    kept = {"sha256": sheet.digest, "media_type": sheet.media_type, "size": sheet.size}
    return kept | {"retention": sheet.retention, "created_at": now}


def path_of(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / digest


def read(folder: Path, paper: Paper) -> bytes:
    return path_of(folder, paper.sha256).read_bytes()
