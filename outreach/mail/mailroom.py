"""What writing and posting letters needs of the house, handed in at the top."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.mail.composing import shipped
from outreach.mail.letter_templates import Templates
from outreach.mail.mailer import Mailer


@dataclass(frozen=True, slots=True)
class Mailroom:
    """One installation's: its database, its provider, its clock, its folder of papers, its addresses."""

    ledger: Ledger
    mailer: Mailer
    clock: Clock
    files: Path
    mail_from: str
    """as `Accounts Receivable <billing@example.com>`"""
    reply_domain: str
    keys: Sequence[str] = field(repr=False)
    """sign reply addresses: the newest first"""
    templates: Templates = field(default_factory=shipped)
    interval: timedelta = timedelta()
    """between two requests to the provider; zero: as fast as it goes, until it asks us to slow down"""
    standby: tuple[Mailer, ...] = ()
    """who carries letters while `mailer` takes none, in this order (mail.choosing)"""

    @property
    def mailers(self) -> tuple[Mailer, ...]:
        return (self.mailer, *self.standby)
