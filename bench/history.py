"""Years of it: what has ended is multiplied, to see that a plan costs by what is due and not by that."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import cast, func, insert, literal, select
from sqlalchemy.orm import Session

from bench.ledger import NOW
from outreach.ledger.base import Ledger
from outreach.ledger.firings import Firing
from outreach.ledger.log import LogEntry
from outreach.ledger.plans import LeftOut
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch

TIMES = 10
ASSUMPTIONS = f"years: all that has ended {TIMES} times over, and {TIMES} entries an account in the log"
BACK = timedelta(weeks=2)
"""so much earlier each time: longer than what was lived, so that no touch meets another"""


def multiply(ledger: Ledger, day: date) -> None:
    """Ended firings, intervals and touches of the days before `day`, again and again; and the log."""
    with ledger.reading() as session:
        lived = {table: session.scalar(select(func.max(table.id))) for table in (Firing, LeftOut, Touch)}
        days = session.scalars(select(Touch.day).where(Touch.day < day).distinct()).all()
    for nth in range(1, TIMES):
        with ledger.writing() as session:
            ended = Firing.state != "open", Firing.id <= lived[Firing]
            _again(session, Firing, *ended, cycle=Firing.cycle + literal(f" ({nth})"))
            _again(session, LeftOut, LeftOut.until <= day, LeftOut.id <= lived[LeftOut])
            for since in days:
                done = Touch.day == since, Touch.state == "done", Touch.id <= lived[Touch]
                _again(session, Touch, *done, day=literal(since - nth * BACK))
    for nth in range(1, TIMES + 1):
        with ledger.writing() as session:
            _log(session, nth)


def _again(session: Session, table: Any, *which: Any, **changed: Any) -> None:
    """Insert these rows once more, with other values in some columns."""
    columns = [one for one in table.__table__.c if one.name != "id"]
    values: list[Any] = [changed.get(one.name, one) for one in columns]
    rows = select(*values).where(*which)
    session.execute(insert(table).from_select(columns, rows))


def _log(session: Session, nth: int) -> None:
    """An entry an account. Nobody verifies them: their digests are none."""
    c = LogEntry.__table__.c
    entry: dict[Any, Any] = {
        c.stream: literal("account:") + cast(Account.id, c.stream.type),
        c.sequence: literal(1000 + nth),
        c.at: literal(NOW - nth * BACK, c.at.type),
        c.actor: literal("rep1"),
        c.what: literal("called"),
        c.account_id: Account.id,
        c.invoices: literal([], c.invoices.type),
        c.links: literal({}, c.links.type),
        c.digest: literal("-"),
    }
    session.execute(insert(LogEntry).from_select(list(entry), select(*entry.values())))
