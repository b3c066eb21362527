"""Print the figures of a day and keep what was printed; where they changed, say what came since."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from outreach.ledger import policies, printed_figures
from outreach.ledger.base import Ledger
from outreach.ledger.printed_figures import PrintedFigures, RecordedSince
from outreach.reports.metrics import LEDGER, metrics
from outreach.rules.money import decimal


def print_figures(ledger: Ledger, on: date | None, *, now: datetime, actor: str) -> dict[str, Any]:
    """The document of a day (None: today), kept with the moment it was known."""
    with ledger.reading() as session:
        in_force = policies.in_force(session)
        day = on or in_force.policy.today(now)
        document = metrics(session, day, in_force, now)
        before = printed_figures.last_printed(session, day)
        known = printed_figures.newest_application(session)
        differs = before is not None and _of_ledger(before.document) != _of_ledger(document)
        since = printed_figures.recorded_since(session, before) if before and differs else None
    document["recorded_since"] = _told(since) if since else None
    with ledger.writing() as session:
        row = PrintedFigures(as_of=day, known_at=now, actor=actor, application_id=known, document=document)
        session.add(row)
    return document


def _of_ledger(document: Mapping[str, Any]) -> dict[str, Any]:
    """What changes only where something was recorded; what people did on the day goes on all day."""
    return {name: document.get(name) for name in LEDGER}


def _told(since: RecordedSince) -> dict[str, Any]:
    return {
        "known_at": since.known_at.isoformat(),
        "imports": [
            {"id": one.id, "file": one.file_name, "source": one.source, "as_of": one.as_of.isoformat()}
            for one in since.imports
        ],
        "applications": [
            {
                "account": account,
                "invoice": invoice,
                "amount": decimal(one.amount_minor, currency),
                "currency": currency,
                "kind": one.kind,
                "dated_on": one.dated_on.isoformat(),
                "recorded_at": one.recorded_at.isoformat(),
            }
            for one, account, invoice, currency in since.applications
        ],
        "applications_in_all": since.count,
        "credit_sales": [
            {
                "month": f"{one.month:%Y-%m}",
                "currency": one.currency,
                "amount": decimal(one.amount_minor, one.currency),
            }
            for one in since.sales
        ],
    }
