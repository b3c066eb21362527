"""Which mail provider carries the next letters, where there are several (`OUTREACH_MAILER=ses,smtp`).

The first that is neither stopped nor closed for now. What stops or closes one is its word that it takes no
letter of ours, which proves that it took none: whatever is in doubt is never given to another (P1).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.ledger import pace, stops
from outreach.mail.mailer import Mailer

AS_GOOD_AS_NOW = timedelta(seconds=1)


def choose(session: Session, mailers: Iterable[Mailer], wall: datetime) -> tuple[Mailer, datetime | None]:
    """The mailer whose turn it is, and until when (wall time) even that one is closed; None: it is open.

    Where all are stopped, the first: the gate lets no letter pass, or a person has lifted only that stop.
    """
    every, stopped = list(mailers), stops.in_force(session)
    running = [one for one in every if _scope(one) not in stopped] or every[:1]
    waits = {one: _closed_until(session, one, wall) for one in running}
    for one in running:
        if waits[one] is None:
            return one, None
    first = min(running, key=lambda one: waits[one] or wall)
    return first, waits[first]


def scope_of_stop(session: Session, mailer: Mailer, mailers: Iterable[Mailer]) -> str:
    """What stands still with this mailer: it alone, as long as another still runs, else all letters."""
    stopped = stops.in_force(session)
    runs_on = any(one is not mailer and _scope(one) not in stopped for one in mailers)
    return _scope(mailer) if runs_on else "emails"


def _scope(mailer: Mailer) -> str:
    return f"mailer:{mailer.name}"


def _closed_until(session: Session, mailer: Mailer, wall: datetime) -> datetime | None:
    opens = pace.opens_at(session, mailer.name)
    return opens if opens and opens > wall + AS_GOOD_AS_NOW else None
