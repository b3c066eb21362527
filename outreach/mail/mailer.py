"""The port to a mail provider: one message in, one answer out. Adapters see no ledger and no policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address and the name shown with it. Neither may hold a line break (trust.md 4, header injection)."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    file_name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One letter to one mailbox, final. `mid` is our letter's id: it comes back in every report."""

    mid: str
    sender: Mailbox
    to: Mailbox
    reply_to: Mailbox
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it over and will deliver or report. `ref` is its own id of the message."""

    ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Proof that this request sent nothing.

    `again_in` None: this letter as it is will never be taken; else the same letter may be tried then.
    `everyone`: no other letter would be taken either (the key or the sender is refused, too many, line down).
    `nobody`: there is no such mailbox; the address is bad for every letter.
    """

    why: str
    again_in: timedelta | None = None
    everyone: bool = False
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken: the answer was lost or makes no sense. Never asked again (promise P1)."""

    why: str


Answer = Accepted | Refused | Unknown


class Mailer(Protocol):
    """A mail provider. `send` makes exactly one request, with a timeout, and may be called from threads."""

    name: str
    """as in letters.provider, pace.provider and events.provider"""

    def send(self, message: Message) -> Answer: ...
