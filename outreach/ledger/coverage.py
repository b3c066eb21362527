"""From when and to when the files of each source speak: what a figure of a past day can rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.ledger.imports import APPLIED, Import
from outreach.ledger.receivables import Invoice
from outreach.rules.quarters import months_before


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of one source. A history tells every invoice; a snapshot only what was open."""

    source: str
    first_invoice_on: date
    snapshots_from: date | None = None
    history_until: date | None = None

    @property
    def begins(self) -> date | None:
        """From this day on all that was open is known; None: from no day, since no file was applied."""
        if self.history_until:
            return months_before(self.first_invoice_on, 0)
        return self.snapshots_from


def coverage(session: Session) -> Mapping[str, Coverage]:
    """Source -> what is known of it, for every source that has invoices."""
    firsts = select(Invoice.source, func.min(Invoice.invoiced_on)).group_by(Invoice.source)
    files = select(Import.source, Import.form, func.min(Import.as_of), func.max(Import.as_of)).where(APPLIED)
    found: dict[tuple[str, str], tuple[date, date]] = {}
    for source, form, first, last in session.execute(files.group_by(Import.source, Import.form)):
        found[source, form] = (first, last)
    return {
        source: Coverage(
            source,
            first,
            snapshots_from=found[source, "snapshot"][0] if (source, "snapshot") in found else None,
            history_until=found[source, "history"][1] if (source, "history") in found else None,
        )
        for source, first in session.execute(firsts)
    }


def newest_as_of(session: Session) -> date | None:
    """The last day that any file speaks of."""
    return session.execute(select(func.max(Import.as_of)).where(APPLIED)).scalar()
