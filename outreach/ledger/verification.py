"""Is the collections log as it was written? Walks every hash chain; anchors all heads nightly (promise P8)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.log import GENESIS, Entry, LogEntry, LogHead, LogText, append, digest_of, hash_of_text


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong with a stream."""

    stream: str
    sequence: int
    why: str


def verify(session: Session) -> Iterator[Fault]:
    """Walk every chain and yield the first fault of each. Memory is one entry and one head a stream."""
    heads = {head.stream: head for head in session.scalars(select(LogHead))}
    query = (
        select(LogEntry, LogText)
        .outerjoin(LogText, LogText.id == LogEntry.text_id)
        .order_by(LogEntry.stream, LogEntry.sequence)
        .execution_options(yield_per=1000)
    )
    stream, sequence, digest, broken = None, 0, GENESIS, False
    for entry, text in session.execute(query):
        if entry.stream != stream:
            if stream is not None and not broken:
                yield from _check_head(stream, sequence, digest, heads.get(stream))
            heads.pop(stream, None) if stream is not None else None
            stream, sequence, digest, broken = entry.stream, 0, GENESIS, False
        if broken:
            continue
        why = _wrong(entry, text, sequence, digest)
        if why:
            broken = True
            yield Fault(entry.stream, entry.sequence, why)
        sequence, digest = entry.sequence, entry.digest
    if stream is not None:
        if not broken:
            yield from _check_head(stream, sequence, digest, heads.get(stream))
        heads.pop(stream, None)
    for head in heads.values():
        yield Fault(head.stream, head.sequence, "every entry of this stream is gone")


def anchor(session: Session, *, at: datetime, actor: str) -> str:
    """Write one house entry over all heads; its text is the root digest, to be kept elsewhere too."""
    root = hashlib.sha256()
    for head in session.execute(select(LogHead.stream, LogHead.digest).order_by(LogHead.stream)):
        root.update(f"{head.stream} {head.digest}\n".encode())
    append(session, Entry(at=at, actor=actor, what="anchor", links={"root": root.hexdigest()}))
    return root.hexdigest()


def _wrong(entry: LogEntry, text: LogText | None, sequence: int, previous: str) -> str | None:
    if entry.sequence != sequence + 1:
        return f"entry {sequence + 1} is missing"
    row = {column.key: getattr(entry, column.key) for column in LogEntry.__table__.columns}
    if digest_of(previous, row) != entry.digest:
        return "the entry was changed after it was written"
    if entry.text_id is None:
        return None
    if text is None:
        return "its text is gone without a record of who erased it"
    if text.erased_at is not None and text.body is None:
        return None
    return (
        None
        if hash_of_text(text.salt, text.body) == entry.text_hash
        else "its text was changed after it was written"
    )


def _check_head(stream: str, sequence: int, digest: str, head: LogHead | None) -> Iterator[Fault]:
    if head is None or (head.sequence, head.digest) != (sequence, digest):
        yield Fault(stream, sequence + 1, "entries at the end of this stream are gone")
