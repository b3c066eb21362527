"""The staged invoices become the ledger's: what differs is written by account, in short transactions."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, select, tuple_, update
from sqlalchemy.orm import Session

from outreach.intake.changes import ATTRIBUTES, Change, Known, Stated, agrees, change, first_change, with_kind
from outreach.intake.known import BY_FILE, applied_by_day, known_invoices
from outreach.intake.movement import Move, Movement
from outreach.intake.run import CHUNK, Run
from outreach.ledger import log
from outreach.ledger.commitments import Dispute, Hold
from outreach.ledger.crash import crashpoint
from outreach.ledger.imports import StagedInvoice
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.receivables import Account, Application, Invoice


@dataclass(frozen=True, slots=True)
class Item:
    """One invoice and what changes about it. `invoice_id` is None until it is created."""

    account_id: int
    account: str
    number: str
    invoice_id: int | None
    known: Known | None
    """as the ledger has it; None: it is new"""
    change: Change

    @property
    def outcome(self) -> str:
        """created, closed, updated or unchanged."""
        if self.invoice_id is None:
            return "created"
        if self.change.closes:
            return "closed"
        return "updated" if self.change else "unchanged"

    @property
    def gone_since(self) -> bool:
        """New by a late file, and missing from the snapshot after it."""
        return self.invoice_id is None and any(p.kind == "vanished" for p in self.change.postings)


def bring_invoices(run: Run, total: int | None, movement: Movement) -> Counter[str]:
    """Apply every staged row. Counts created, updated, closed, unchanged; reopened and gone_since as well."""
    counts: Counter[str] = Counter()
    done = 0
    for rows in _staged(run):
        items = _items(run, rows)
        counts.update(item.outcome for item in items)
        counts["reopened"] += sum(item.change.reopens for item in items)
        counts["gone_since"] += sum(item.gone_since for item in items)
        note_moves(movement, items)
        if not run.dry:
            write_items(run, items, "invoices imported")
        done += len(rows)
        run.report("invoices", done, total)
    return counts


def note_moves(movement: Movement, items: Iterable[Item]) -> None:
    """Add up what the items move; one that changes its currency leaves the one and enters the other."""
    for item in items:
        values, known = item.change.values, item.known
        was = known.open if known else 0
        before, now = (known.currency if known else ""), values.get("open_minor", was)
        currency = values.get("currency", before)
        if known and currency != before:
            movement.add(before, Move(item.account, item.number, was, 0))
            was = 0
        movement.add(currency, Move(item.account, item.number, was, now))


def write_items(run: Run, items: Sequence[Item], what: str) -> None:
    """Write one chunk, in transactions as long as they may be."""
    wanted = [item for item in items if item.change]
    while wanted:
        some, wanted = wanted[: run.pace.rows], wanted[run.pace.rows :]
        _write_some(run, some, what)


def _write_some(run: Run, items: Sequence[Item], what: str) -> None:
    """One transaction, under its accounts' locks, with a log entry for each of them."""
    with run.source.writing() as session:
        began = time.perf_counter()
        lock_accounts(session, {item.account_id for item in items})
        written = _create(session, run, [item for item in items if item.invoice_id is None])
        written += _update(session, [item for item in items if item.invoice_id is not None])
        _post(session, run, written)
        _open_disputes(session, run, written)
        _date_disputes(session, run, written)
        _resolve_disputes(session, run, written)
        log.append_many(session, _entries(run, items, what))
    run.pace.note(len(items), time.perf_counter() - began)
    crashpoint("import.chunk")


def _staged(run: Run) -> Iterator[Sequence[Row[Any]]]:
    """The staged rows by account, a chunk at a time, each with its account's id (None: not there yet)."""
    after = ("", "")
    query = (
        select(StagedInvoice.__table__, Account.id.label("account_id"))
        .outerjoin(Account, Account.number == StagedInvoice.account_number)
        .where(StagedInvoice.import_id == run.import_id)
        .order_by(StagedInvoice.account_number, StagedInvoice.number)
        .limit(CHUNK)
    )
    while True:
        with run.ledger.reading() as session:
            rows = session.execute(query.where(_key() > after)).all()
        if not rows:
            return
        yield rows
        after = (rows[-1].account_number, rows[-1].number)


def _items(run: Run, rows: Sequence[Row[Any]]) -> list[Item]:
    """What each staged row changes. What was applied is read only of those that differ from the ledger."""
    at = run.occasion
    with run.ledger.reading() as session:
        there = _invoices(session, run, rows)
        known = known_invoices(session, list(there.values()))
        pairs = [_pair(row, there.get((row.account_id, row.number)), known) for row in rows]
        differing = {found.id for stated, found in pairs if found and not agrees(known[found.id], stated, at)}
        applied = applied_by_day(session, sorted(differing))
    items = []
    for row, (stated, found) in zip(rows, pairs, strict=True):
        if found is None:
            what = first_change(stated, at)
        elif found.id in differing:
            what = change(replace(known[found.id], applied=applied.get(found.id, {})), stated, at)
        else:
            what = Change()
        before, id_ = (known[found.id], found.id) if found else (None, None)
        items.append(Item(row.account_id, row.account_number, row.number, id_, before, what))
    return items


def _invoices(session: Session, run: Run, rows: Sequence[Row[Any]]) -> dict[tuple[int, str], Row[Any]]:
    """(account id, number) -> the ledger's row, for the staged rows from the first to the last of these."""
    first, last = ((row.account_number, row.number) for row in (rows[0], rows[-1]))
    ours = and_(
        Invoice.account_id == Account.id,
        Invoice.source == run.source.name,
        Invoice.number == StagedInvoice.number,
    )
    query = (
        select(Invoice.__table__)
        .select_from(StagedInvoice)
        .join(Account, Account.number == StagedInvoice.account_number)
        .join(Invoice, ours)
        .where(StagedInvoice.import_id == run.import_id, _key() >= first, _key() <= last)
    )
    return {(row.account_id, row.number): row for row in session.execute(query)}


def _key() -> ColumnElement[Any]:
    return tuple_(StagedInvoice.account_number, StagedInvoice.number)


def _pair(
    row: Row[Any], found: Row[Any] | None, known: Mapping[int, Known]
) -> tuple[Stated, Row[Any] | None]:
    stated = _as_stated(row)
    return (with_kind(stated, known[found.id]), found) if found else (stated, None)


def _as_stated(row: Row[Any]) -> Stated:
    return Stated(
        **{name: getattr(row, name) for name in ATTRIBUTES},
        gross=row.gross_minor,
        open=row.open_minor,
        settled_on=row.settled_on,
        received_on=row.received_on,
        disputed=row.disputed,
    )


def _create(session: Session, run: Run, items: Sequence[Item]) -> list[Item]:
    """Insert them; those that have more to write come back with their invoice's id."""
    source, connection = run.source.name, session.connection()
    more = [item for item in items if item.change.postings or item.change.disputed]
    bare = [item for item in items if not (item.change.postings or item.change.disputed)]
    if bare:
        connection.execute(insert(Invoice), [_row(item, source) for item in bare])
    if not more:
        return []
    statement = insert(Invoice).returning(Invoice.id, sort_by_parameter_order=True)
    ids = connection.scalars(statement, [_row(item, source) for item in more])
    return [replace(item, invoice_id=id_) for item, id_ in zip(more, ids, strict=True)]


def _row(item: Item, source: str) -> dict[str, Any]:
    return {"account_id": item.account_id, "source": source, "number": item.number, **item.change.values}


def _update(session: Session, items: Sequence[Item]) -> Sequence[Item]:
    """Only the columns that change: the planner moves others of the same row."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for item in items:
        if values := item.change.values:
            alike[tuple(sorted(values))].append({"id": item.invoice_id, **values})
    for rows in alike.values():
        session.execute(update(Invoice), rows)
    return items


def _post(session: Session, run: Run, items: Sequence[Item]) -> None:
    now = run.source.clock.now()
    rows = [
        {
            "invoice_id": item.invoice_id,
            "amount_minor": posting.amount,
            "kind": posting.kind,
            "dated_on": posting.dated_on,
            "received_on": item.change.received_on if posting.kind == "payment" else None,
            "import_id": run.import_id,
            "recorded_at": now,
        }
        for item in items
        for posting in item.change.postings
    ]
    if rows:
        session.connection().execute(insert(Application), rows)


def _open_disputes(session: Session, run: Run, items: Sequence[Item]) -> None:
    """An open dispute on the whole invoice, and the hold it makes (interface.md, import)."""
    as_of = run.occasion.as_of
    ours = [
        {"account_id": item.account_id, "invoice_id": item.invoice_id}
        for item in items
        if item.change.disputed is True
    ]
    if not ours:
        return
    told = {"reason": "disputed in the ledger's file", "source": BY_FILE, "opened_on": as_of}
    rows = [row | told | {"created_at": run.source.clock.now()} for row in ours]
    ids = session.scalars(insert(Dispute).returning(Dispute.id, sort_by_parameter_order=True), rows)
    hold = {"kind": "dispute", "since": as_of}
    session.execute(
        insert(Hold), [row | hold | {"dispute_id": id_} for row, id_ in zip(ours, ids, strict=True)]
    )


def _date_disputes(session: Session, run: Run, items: Sequence[Item]) -> None:
    """A late file says that the dispute which stands began earlier: what was disputed on a past day is the
    same in whatever order the files came."""
    ids = [item.invoice_id for item in items if item.change.disputed_on]
    if not ids:
        return
    disputes, since = _by_file(session, ids), run.occasion.as_of
    session.execute(update(Hold).where(Hold.dispute_id.in_(disputes)).values(since=since))
    session.execute(update(Dispute).where(Dispute.id.in_(disputes)).values(opened_on=since))


def _resolve_disputes(session: Session, run: Run, items: Sequence[Item]) -> None:
    """The file says so no more, or nothing is open: the dispute it opened ends, never one of ours."""
    ids = [item.invoice_id for item in items if item.change.disputed is False]
    if not ids:
        return
    disputes = _by_file(session, ids)
    ended = {"ended_on": run.occasion.as_of}
    session.execute(update(Hold).where(Hold.dispute_id.in_(disputes), Hold.ended_on.is_(None)).values(ended))
    session.execute(update(Dispute).where(Dispute.id.in_(disputes)).values(resolved_on=run.occasion.as_of))


def _by_file(session: Session, invoice_ids: Sequence[int | None]) -> Sequence[int]:
    """The standing disputes of these invoices that a file opened."""
    standing = and_(Dispute.source == BY_FILE, Dispute.resolved_on.is_(None))
    return session.scalars(select(Dispute.id).where(standing, Dispute.invoice_id.in_(invoice_ids))).all()


def _entries(run: Run, items: Sequence[Item], what: str) -> Iterator[Entry]:
    """One entry an account, which names the invoices and counts what became of them."""
    by_account: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        by_account[item.account_id].append(item)
    for account_id, its in by_account.items():
        counts = Counter(item.outcome for item in its)
        text = ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items()))
        yield run.entry(account_id, what, text=text, invoices=[item.number for item in its])
