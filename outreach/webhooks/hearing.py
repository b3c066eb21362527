"""What every mail provider's digest does with a report: find its letter, take it in, say what has changed."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach import news
from outreach.ledger import letters, policies
from outreach.ledger.letters import Letter
from outreach.ledger.receivables import Account
from outreach.mail import reports
from outreach.mail.reports import Report
from outreach.webhooks.post import Digested


def hear(session: Session, report: Report, provider: str, now: datetime, wall: datetime) -> Digested:
    """The report moves its letter, marks its address, writes the log; it waits for a letter not yet known."""
    found, certain = reports.find(session, report, provider)
    if found is None:
        return Digested("waiting")
    letter = letters.lock(session, [found.id])[0]
    policy = policies.in_force(session).policy
    reports.hear(session, letter, report, policy, certain=certain, now=now, at=now - (wall - report.at))
    return Digested(changed=tuple(_changed(session, letter)))


def _changed(session: Session, letter: Letter) -> Iterator[str]:
    query = select(Account.number).where(Account.id.in_([int(account) for account in letter.covers]))
    yield from map(news.account, session.scalars(query))
    yield news.BOARD
