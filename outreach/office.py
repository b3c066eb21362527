"""The office: one frozen container of everything a door needs, handed to every edge. It chooses nothing.

`bootstrap` fills it; tests fill it with their own. Nothing below the doors ever sees it: rooms get the
ledger, the carrier, the mailer or the clock as arguments.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from outreach.campaigns.suspension.operations import Hook
from outreach.dialer.carrier import Carrier
from outreach.errands import Errands, NoErrands
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.mail.mailer import Mailer
from outreach.news import News


class Notices(Protocol):
    """Amazon SNS, as far as the door must ask it. What either raises is trouble: the notice comes again."""

    def certificate(self, url: str) -> bytes:
        """PEM at an address that was judged before; empty where there is none."""

    def confirm(self, topic: str, token: str) -> None:
        """Accept the subscription to a topic of ours."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a queue, and the receipt by which it is deleted."""

    receipt: str
    body: str = field(repr=False)


class EventQueue(Protocol):
    """Where a carrier lays its events for us to fetch. Both raise QueueError."""

    def receive(self) -> Sequence[Message]:
        """A few messages; waits a moment for the first. What is not deleted comes again."""

    def delete(self, messages: Sequence[Message]) -> None: ...


class QueueError(Exception):
    """The queue cannot be asked now; the sentence says why."""


@dataclass(frozen=True, slots=True)
class DoorKeys:
    """What the door checks papers with. None: that provider is not connected; all of it is refused."""

    twilio_auth_token: str | None = field(default=None, repr=False)
    twilio_account_sid: str | None = None
    """whose recordings are ours"""
    sendgrid_public_key: str | None = None
    inbound_tokens: tuple[str, ...] = field(default=(), repr=False)
    """any of them opens the door to mail"""
    sendgrid_inbound_key: str | None = None
    """None: inbound mail comes unsigned, and its token is all the paper it has"""
    ses_topics: tuple[str, ...] = ()
    sns: Notices | None = None
    connect_instance: str | None = None
    operations_secret: str | None = field(default=None, repr=False)
    """what operations sign their acknowledgements with"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """How the world reaches us: the base of webhook URLs, and the mail addresses letters carry."""

    base_url: str
    mail_from: str
    reply_domain: str


@dataclass(frozen=True, slots=True)
class Office:
    """What every edge is handed. `carrier` and `mailer` are None where a command needs neither."""

    ledger: Ledger
    clock: Clock
    errands: Errands | NoErrands
    news: News
    files: Path
    addresses: Addresses
    keys: DoorKeys
    secret_keys: tuple[str, ...] = field(repr=False)
    """newest first: sign with the first, accept all"""
    carrier: Carrier | None = None
    mailer: Mailer | None = None
    standby: tuple[Mailer, ...] = ()
    """who carries letters while `mailer` takes none"""
    caller_ids: tuple[str, ...] = ()
    events: EventQueue | None = None
    """None: whoever is connected posts their events to the door"""
    operations: Hook | None = None
    """where orders to suspend and reinstate go; None: their tasks are all there is"""
    environment_policy: Path = Path("config/outreach.toml")
