"""Is the collections log as it was written? Walks each hash chain; anchors all heads nightly (promise P8)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.log import GENESIS, Entry, LogEntry, LogHead, LogText, append, digest_of, hash_of_text

Chain = Iterable[tuple[LogEntry, LogText | None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong with a stream."""

    stream: str
    sequence: int
    why: str


def verify(session: Session) -> Iterator[Fault]:
    """Walk every chain and yield the first fault of each. Memory: one entry, and one head a stream."""
    heads = {head.stream: head for head in session.scalars(select(LogHead))}
    entries = session.execute(
        select(LogEntry, LogText)
        .outerjoin(LogText, LogText.id == LogEntry.text_id)
        .order_by(LogEntry.stream, LogEntry.sequence)
        .execution_options(yield_per=1000)
    )
    for stream, chain in groupby(entries, key=lambda pair: pair[0].stream):
        fault = _walk(stream, ((entry, text) for entry, text in chain), heads.pop(stream, None))
        if fault:
            yield fault
    for head in heads.values():
        if head.sequence:
            yield Fault(head.stream, head.sequence, "every entry of this stream is gone")


def anchor(session: Session, *, at: datetime, actor: str) -> str:
    """One house entry over all heads. Returns the list of heads, to be kept in a file elsewhere: with it
    `verify_anchor` finds even a chain whose end was cut off together with its head."""
    heads = session.execute(select(LogHead.stream, LogHead.sequence, LogHead.digest).order_by(LogHead.stream))
    lines = "".join(f"{stream} {sequence} {digest}\n" for stream, sequence, digest in heads)
    root = hashlib.sha256(lines.encode()).hexdigest()
    append(session, Entry(at=at, actor=actor, what="anchor", links={"root": root}))
    return lines


def verify_anchor(session: Session, lines: str) -> Iterator[Fault]:
    """Every head in an anchor's file must still stand, and the house stream must know the file."""
    root = hashlib.sha256(lines.encode()).hexdigest()
    anchors = session.scalars(select(LogEntry).where(LogEntry.what == "anchor"))
    if not any(entry.links.get("root") == root for entry in anchors):
        yield Fault("house", 0, "this anchor file is not the one that was written")
        return
    for line in lines.splitlines():
        stream, sequence, digest = line.split(" ")
        entry = select(LogEntry.digest).where(LogEntry.stream == stream, LogEntry.sequence == int(sequence))
        if int(sequence) and session.execute(entry).scalar() != digest:
            yield Fault(stream, int(sequence), "an anchored entry is gone or was changed")


def _walk(
    stream: str, chain: Iterable[tuple[LogEntry, LogText | None]], head: LogHead | None
) -> Fault | None:
    sequence, digest = 0, GENESIS
    for entry, text in chain:
        why = _wrong(entry, text, sequence, digest)
        if why:
            return Fault(stream, entry.sequence, why)
        sequence, digest = entry.sequence, entry.digest
    if head is None or (head.sequence, head.digest) != (sequence, digest):
        return Fault(stream, sequence + 1, "entries at the end of this stream are gone")
    return None


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
