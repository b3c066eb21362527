"""What the ledger holds of invoices that a file speaks of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from outreach.intake.changes import ATTRIBUTES, Known
from outreach.ledger.commitments import Dispute
from outreach.ledger.receivables import Application

BY_FILE = "import"
"""disputes.source of one that a file opened"""


def known_invoices(session: Session, rows: Sequence[Row[Any]]) -> dict[int, Known]:
    """Invoice id -> the invoice and its standing disputes; `applied` is left to `applied_by_day`."""
    by_file: dict[int, date] = {}
    by_us = set()
    query = select(Dispute.invoice_id, Dispute.source, Dispute.amount_minor, Dispute.opened_on)
    ours = Dispute.invoice_id.in_([row.id for row in rows])
    for dispute in session.execute(query.where(ours, Dispute.resolved_on.is_(None))):
        if dispute.source == BY_FILE:
            by_file[dispute.invoice_id] = dispute.opened_on
        elif dispute.amount_minor is None:
            by_us.add(dispute.invoice_id)
    return {
        row.id: Known(
            **{name: getattr(row, name) for name in ATTRIBUTES},
            gross=row.gross_minor,
            open=row.open_minor,
            reopened=row.reopened,
            closed_on=row.closed_on,
            closed_why=row.closed_why,
            first_seen_on=row.first_seen_on,
            disputed=row.id in by_file,
            disputed_on=by_file.get(row.id),
            disputed_by_us=row.id in by_us,
        )
        for row in rows
    }


def applied_by_day(session: Session, ids: Sequence[int]) -> Mapping[int, dict[date, int]]:
    """Invoice id -> what was applied to it, by the day it is dated."""
    query = select(
        Application.invoice_id, Application.dated_on, func.sum(Application.amount_minor).label("sum")
    )
    query = query.where(Application.invoice_id.in_(ids)).group_by(
        Application.invoice_id, Application.dated_on
    )
    applied: dict[int, dict[date, int]] = defaultdict(dict)
    for row in session.execute(query):
        applied[row.invoice_id][row.dated_on] = int(row.sum)
    return applied
