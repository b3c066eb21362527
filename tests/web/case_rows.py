"""A suspension case of the cast, as rows."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import papers, suspension_moves, suspensions
from outreach.ledger.receivables import Invoice
from outreach.ledger.suspension_moves import Evidence
from outreach.rules.suspension import Act, Event, Role, State
from tests.web.cast import TODAY


def keep_case(session: Session, files: Path, account_id: int, now: datetime) -> dict[str, int]:
    """A recommended case with every invoice of the account. Returns its id, and that of a transition with a
    paper, by the names of the routes' arguments."""
    query = select(Invoice).where(Invoice.account_id == account_id, Invoice.open_minor > 0)
    invoices = session.scalars(query).all()
    total = sum(invoice.open_minor for invoice in invoices)
    row = {"account_id": account_id, "currency": "USD", "state": State.CANDIDATE, "moved_at": now}
    row |= {"amount_minor": total, "unpaid_minor": total, "known_on": TODAY, "opened_on": TODAY}
    listed = [[(invoice.id, invoice.open_minor) for invoice in invoices]]
    [case] = suspension_moves.open_many(session, [row], listed)
    found = Act("outreach", Role.OUTREACH, "overdue")
    suspension_moves.found(session, [case], found, "ledger", at=now)
    notes = b"five calls, no answer"
    kept = {"size": len(notes), "media_type": "text/plain", "retention": "document", "now": now}
    paper = papers.record(session, papers.write(files, notes), **kept)  # type: ignore[arg-type]
    act, evidence = Act("ben", Role.REP, "no answer"), Evidence("notes.txt", paper.id)
    suspension_moves.move(session, case, Event.RECOMMENDED, act, evidence, at=now)
    return {"case_id": case.id, "transition_id": suspensions.history(session, case.id)[-1].id}
