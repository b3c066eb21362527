"""The collections log as people and programs read it (interface.md, log)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session

from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.receivables import Account

PAGE = 50
"""entries a page"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries: of one account, of a stretch of time (UTC; `until` exclusive), of what one may see.

    `seen` is a condition on `Account`, as `Scope.accounts` gives it; None: everything, the house's own too.
    """

    account: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    seen: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One entry about one customer, as far as it is of use in another ledger."""

    entry: int
    account_id: int
    account: str
    at: datetime
    actor: str
    what: str
    step: str | None
    outcome: str | None
    disposition: str | None
    invoices: Sequence[str]
    follow_up_on: date | None
    words: str | None

    @property
    def action(self) -> str:
        """What happened, in plain words: `call saved, followup 15, promise to pay`."""
        said = (self.what, self.step, self.outcome, self.disposition)
        return ", ".join(part.replace("_", " ") for part in said if part)


def entries(session: Session, wanted: Selection) -> Iterator[dict[str, Any]]:
    """Entries in the order they were written, with their texts; erased texts say so."""
    query = (
        select(LogEntry, Account.number, LogText)
        .outerjoin(Account, Account.id == LogEntry.account_id)
        .outerjoin(LogText, LogText.id == LogEntry.text_id)
        .order_by(LogEntry.id)
        .execution_options(yield_per=500)
    )
    for entry, account, text in session.execute(_among(query, wanted)):
        yield _document(entry, account, text)


def notes(session: Session, wanted: Selection) -> Iterator[Note]:
    """Entries about customers in the order they were written, a few at a time however many there are."""
    query = _notes().order_by(LogEntry.id).execution_options(yield_per=2_000)
    return (_note(row) for row in session.execute(_among(query, wanted)))


def newest(session: Session, wanted: Selection, *, before: int | None = None) -> Sequence[Note]:
    """The newest notes, older than the entry `before`: a page by keyset."""
    query = _notes().order_by(LogEntry.id.desc()).limit(PAGE)
    if before is not None:
        query = query.where(LogEntry.id < before)
    return [_note(row) for row in session.execute(_among(query, wanted))]


def _among(query: Select[*tuple[Any, ...]], wanted: Selection) -> Select[*tuple[Any, ...]]:
    if wanted.account is not None:
        query = query.where(Account.number == wanted.account)
    if wanted.since is not None:
        query = query.where(LogEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(LogEntry.at < wanted.until)
    return query if wanted.seen is None else query.where(wanted.seen)


def _notes() -> Select[*tuple[Any, ...]]:
    return (
        select(
            LogEntry.id,
            Account.id,
            Account.number,
            LogEntry.at,
            LogEntry.actor,
            LogEntry.what,
            LogEntry.step,
            LogEntry.outcome,
            LogEntry.disposition,
            LogEntry.invoices,
            LogEntry.follow_up_on,
            LogText.body,
            LogText.erased_at,
            LogText.erased_by,
        )
        .join(Account, Account.id == LogEntry.account_id)
        .outerjoin(LogText, LogText.id == LogEntry.text_id)
    )


def _note(row: Row[*tuple[Any, ...]]) -> Note:
    *facts, body, erased_at, erased_by = row
    return Note(*[*facts, _words(body, erased_at, erased_by)])


def _document(entry: LogEntry, account: str | None, text: LogText | None) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "account": account,
        "invoices": entry.invoices,
        "channel": entry.channel,
        "direction": entry.direction,
        "step": entry.step,
        "actor": entry.actor,
        "what": entry.what,
        "about": entry.about,
        "outcome": entry.outcome,
        "disposition": entry.disposition,
        "text": _words(text.body, text.erased_at, text.erased_by) if text else None,
        "follow_up_on": entry.follow_up_on and entry.follow_up_on.isoformat(),
        "links": entry.links,
    }


def _words(body: str | None, erased_at: datetime | None, erased_by: str | None) -> str | None:
    return body if erased_at is None else f"erased on {erased_at:%Y-%m-%d} by {erased_by}"
