"""Mail of customers, as SendGrid's inbound parse posts it to the door, with letters of ours to answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.errands import NoErrands
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.destinations import Destination
from outreach.ledger.firings import Firing
from outreach.ledger.inbox import Event
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry
from outreach.ledger.replies import Reply, ReplyPart
from outreach.mail.addresses import reply_address
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.webhooks import door
from outreach.webhooks.digest import digest
from tests.hand_clock import HandClock
from tests.web.cast import NOW, TODAY, seed

KEY = "a key for tests only"
TOKEN, OLD_TOKEN = "n" * 40, "o" * 40
DOMAIN = "reply.outreach.example"
HARBOR = "ap@harbor.example"
PASS = "{@harbor.example : pass}"
BOUNDARY = "xYzZY"


def mail(
    body: str = "We will pay on Friday.",
    *,
    sender: str = f"Maria Ortiz <{HARBOR}>",
    subject: str = "Re: Invoices past due",
    message_id: str | None = "<m1@harbor.example>",
    date: str = "Mon, 23 Nov 2026 09:30:00 -0800",
    **headers: str,
) -> bytes:
    """A plain mail; `in_reply_to="<x>"` adds that header."""
    lines = {"From": sender, "To": "billing@outreach.example", "Subject": subject, "Date": date}
    lines |= {"Message-ID": message_id} if message_id else {}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8"}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return (head + "\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()


def form(fields: Mapping[str, bytes], files: Mapping[str, tuple[str, str, bytes]] | None = None) -> bytes:
    """A multipart form; files as name -> (file name, media type, content)."""
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (BOUNDARY.encode(), name.encode(), value)
        for name, value in fields.items()
    ]
    parts += [
        b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s\r\n'
        % (BOUNDARY.encode(), name.encode(), file.encode(), kind.encode(), content)
        for name, (file, kind, content) in (files or {}).items()
    ]
    return b"".join(parts) + b"--%s--\r\n" % BOUNDARY.encode()


def raw(
    email: bytes, to: str = f"x@{DOMAIN}", sender: str = HARBOR, dkim: str = PASS, spf: str = "pass"
) -> bytes:
    """Raw mode."""
    envelope = json.dumps({"to": [to], "from": sender}).encode()
    return form({"dkim": dkim.encode(), "email": email, "envelope": envelope, "SPF": spf.encode()})


@dataclass
class MailDoor:
    """The door, the standing cast, and what came of it."""

    ledger: Ledger
    folder: Path
    keys: DoorKeys = field(default_factory=lambda: DoorKeys(inbound_tokens=(TOKEN, OLD_TOKEN)))
    clock: HandClock = field(default_factory=HandClock)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        with self.ledger.writing() as session:
            seed(session)
        app = Flask("door")
        app.register_blueprint(door.bp)
        app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
        app.extensions["office"] = self.office
        self.client = app.test_client()

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def office(self) -> Office:
        return Office(
            ledger=self.ledger,
            clock=self.clock,
            errands=NoErrands(),
            news=News(None),
            files=self.files,
            addresses=Addresses("http://127.0.0.1", "Billing <billing@outreach.example>", DOMAIN),
            keys=self.keys,
            secret_keys=(KEY,),
        )

    def post(self, body: bytes, token: str = TOKEN, **headers: str) -> int:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        path = f"/webhooks/sendgrid/inbound/{token}"
        return self.client.post(path, data=body, content_type=kind, headers=headers).status_code

    def come(self, email: bytes, **route: str) -> Reply:
        """Post a mail in raw mode and digest it: the newest reply."""
        assert self.post(raw(email, **route)) == 204
        self.digest()
        return self.replies()[-1]

    def digest(self) -> None:
        digest(self.office)

    def letter(
        self, account_id: int = 1, *, ref: str = "", covers: Mapping[str, list[str]] | None = None
    ) -> str:
        """A letter of ours that left for an account's contact. Returns its id."""
        letter = Letter(
            id=new_id(),
            account_id=account_id,
            covers=dict(covers or {str(account_id): []}),
            destination_id=2 * account_id,
            day=TODAY,
            step="followup_5",
            state="delivered",
            subject="Invoices past due",
            provider="sendgrid",
            provider_ref=ref or None,
            created_at=NOW,
            accepted_at=NOW,
        )
        with self.ledger.writing() as session:
            session.add(letter)
        return letter.id

    def address(self, letter_id: str) -> str:
        return reply_address(letter_id, DOMAIN, (KEY,))

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.ledger.reading() as session:
            return list(session.scalars(select(table).where(*where)))

    def replies(self) -> list[Reply]:
        with self.ledger.reading() as session:
            return list(
                session.scalars(
                    select(Reply).join(LogEntry, LogEntry.about == Reply.id).order_by(LogEntry.id)
                )
            )

    def owed(self, account_id: int = 1) -> list[Firing]:
        firings = self.rows(Firing, Firing.account_id == account_id, Firing.step == "reply_waiting")
        return sorted(firings, key=lambda firing: firing.id)

    def parts(self, reply: Reply) -> list[ReplyPart]:
        return self.rows(ReplyPart, ReplyPart.reply_id == reply.id)

    def events(self) -> list[Event]:
        return self.rows(Event)

    def address_row(self, address: str = HARBOR) -> Destination:
        found: Destination = self.rows(Destination, Destination.address == address)[0]
        return found
