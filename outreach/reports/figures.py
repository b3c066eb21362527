"""The figures of the whole book: worked out when what they rest on has changed, and kept for the board."""

from datetime import datetime

from outreach.ledger import figures, lateness, policies
from outreach.ledger.base import Ledger
from outreach.ledger.book_totals import book_totals
from outreach.ledger.imports import Import
from outreach.ledger.promises import Judging
from outreach.reports.key_figures import key_figures, to_json
from outreach.reports.overdue_31 import overdue_31


def refresh(ledger: Ledger, now: datetime) -> bool:
    """Make a new set unless the newest is still right. Two at once make the same; the later one stays.

    Reads one moment of the ledger, so what comes in meanwhile makes the set old, and the next round finds it.
    """
    with ledger.reading() as session:
        in_force = policies.in_force(session)
        policy = in_force.policy
        today = policy.today(now)
        if not figures.are_stale(session, today):
            return False
        basis = figures.basis(session, today)
        newest = session.get(Import, basis.import_id) if basis.import_id else None
        tallies = list(book_totals(session, Judging(today, newest.as_of if newest else None), policy))
        explained = {
            "by_currency": to_json(key_figures(session, today, policy)),
            "over_31": overdue_31(session, today, in_force),
        }
        late = lateness.routinely_late(session, today, policy.lateness)
    lateness.refresh(ledger, late)
    with ledger.writing() as session:  # last: as long as no set says so, all of it is made again
        figures.keep(session, basis, tallies, explained, now=now)
    return True
