"""The collections log as people and programs read it (interface.md, log)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.receivables import Account


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries: of one account, or of a stretch of time (UTC; `until` exclusive)."""

    account: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def entries(session: Session, wanted: Selection) -> Iterator[dict[str, Any]]:
    """Entries in the order they were written, with their texts; erased texts say so."""
    query = (
        select(LogEntry, Account.number, LogText)
        .outerjoin(Account, Account.id == LogEntry.account_id)
        .outerjoin(LogText, LogText.id == LogEntry.text_id)
        .order_by(LogEntry.id)
        .execution_options(yield_per=500)
    )
    if wanted.account is not None:
        query = query.where(Account.number == wanted.account)
    if wanted.since is not None:
        query = query.where(LogEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(LogEntry.at < wanted.until)
    for entry, account, text in session.execute(query):
        yield _document(entry, account, text)


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
        "text": _words(text),
        "follow_up_on": entry.follow_up_on and entry.follow_up_on.isoformat(),
        "links": entry.links,
    }


def _words(text: LogText | None) -> str | None:
    if text is None or text.erased_at is None:
        return text.body if text else None
    return f"erased on {text.erased_at:%Y-%m-%d} by {text.erased_by}"
