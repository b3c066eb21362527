"""A post office in miniature: the standing cast with letters due, the real door, the sandbox as provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.errands import NoErrands
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Contact
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch, TouchFiring
from outreach.mail import posting
from outreach.mail.mailer import Mailer
from outreach.mail.mailroom import Mailroom
from outreach.mail.posting import Progress
from outreach.mail.sendgrid_mail import SendGridMailer
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.sandbox import seal
from outreach.webhooks import door
from outreach.webhooks.digest import digest
from tests.hand_clock import HandClock
from tests.sandbox.playing import Door, Sandbox, playing
from tests.serving import served
from tests.web.cast import CAST, NOW, TODAY, seed

HARBOR, STANNE, RIDGE, LAKE, NORTH, EAST, SUMMIT, OAK, NOREP = range(1, 10)
FROM, REPLIES = "Accounts Receivable <billing@outreach.example>", "reply.outreach.example"
ADDRESSES = Addresses("http://127.0.0.1", FROM, REPLIES)
KEY = "a key for tests only"


def plan_letters(session: Session, *account_ids: int) -> None:
    """A letter due now for these of the cast, for all by default."""
    for debtor in CAST:
        if account_ids and debtor.id not in account_ids:
            continue
        contact = session.scalars(select(Contact).where(Contact.account_id == debtor.id)).one()
        firing = session.scalars(select(Firing).where(Firing.account_id == debtor.id)).one()
        touch = letter_touch(debtor.id, debtor.step, contact)
        session.add(touch)
        session.flush()
        session.add(TouchFiring(touch_id=touch.id, firing_id=firing.id))


def letter_touch(account_id: int, step: str, contact: Contact) -> Touch:
    return Touch(
        account_id=account_id,
        channel="email",
        day=TODAY,
        step=step,
        currency="USD",
        reasons=[],
        contact_id=contact.id,
        destination_id=contact.email_id,
        not_before=NOW - timedelta(minutes=1),
        created_at=NOW,
    )


@dataclass(frozen=True)
class SandboxSeal:
    """The sandbox's seal, read when it is first needed: making one takes a while."""

    keys_file: Path

    def certificate(self, url: str) -> bytes:
        return seal.load(self.keys_file).certificate(url)

    def confirm(self, topic: str, token: str) -> None:
        raise NotImplementedError


@dataclass
class PostOffice:
    """What tests do and look at."""

    ledger: Ledger
    folder: Path
    mailer: Mailer
    sandbox: Sandbox
    clock: HandClock = field(default_factory=HandClock)

    @property
    def room(self) -> Mailroom:
        return Mailroom(
            self.ledger,
            self.mailer,
            self.clock,
            self.folder / "files",
            ADDRESSES.mail_from,
            ADDRESSES.reply_domain,
            (KEY,),
        )

    @property
    def office(self) -> Office:
        return Office(
            ledger=self.ledger,
            clock=self.clock,
            errands=NoErrands(),
            news=News(None),
            files=self.folder / "files",
            addresses=ADDRESSES,
            keys=DoorKeys(
                sendgrid_public_key=self.sandbox.keys.sendgrid_webhook_public_key,
                ses_topics=(seal.TOPIC,),
                sns=SandboxSeal(self.folder / "sandbox.json"),
                inbound_tokens=(self.sandbox.keys.inbound_token,),
            ),
            secret_keys=(KEY,),
        )

    def plan(self, *account_ids: int) -> None:
        with self.ledger.writing() as session:
            plan_letters(session, *account_ids)

    def fire(self, account_id: int, step: str) -> None:
        """The account's firing is of this step."""
        with self.ledger.writing() as session:
            session.execute(update(Firing).where(Firing.account_id == account_id).values(step=step))

    def send(self) -> Progress:
        return posting.send_due(self.room)

    def answers(self, account_id: int, *behaviour: str) -> None:
        """How the account's mailbox behaves, letter by letter."""
        address = f"ap@{CAST[account_id - 1].number.lower()}.example"
        self.sandbox.script(addresses={address: list(behaviour)})

    def settle_down(self) -> None:
        """Until nothing is under way at the provider and nothing lies in the inbox."""
        self.sandbox.truth()
        digest(self.office)

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.ledger.reading() as session:
            return list(session.scalars(select(table).where(*where).order_by(table.id)))

    def letter(self, account_id: int) -> Letter:
        found: list[Letter] = self.rows(Letter, Letter.account_id == account_id)
        assert len(found) == 1, found
        return found[0]

    def touch(self, account_id: int) -> Touch:
        return self.rows(Touch, Touch.account_id == account_id, Touch.channel == "email")[-1]  # type: ignore[no-any-return]

    def firing(self, account_id: int) -> Firing:
        return self.rows(Firing, Firing.account_id == account_id)[0]  # type: ignore[no-any-return]

    def entries(self, letter_id: str) -> list[LogEntry]:
        return self.rows(LogEntry, LogEntry.about == letter_id)

    def tasks(self, account_id: int | None) -> list[Task]:
        return self.rows(Task, Task.account_id == account_id)

    def request(self, account_id: int) -> dict[str, Any]:
        """The request that brought the account's letter to the provider."""
        mid = self.letter(account_id).id
        [taken] = [letter for letter in self.sandbox.truth()["letters"] if letter["mid"] == mid]
        found: dict[str, Any] = self.sandbox.get(f"/sandbox/letters/{taken['number']}")["request"]
        return found

    def arrived(self) -> list[dict[str, Any]]:
        """The letters the provider truly took, by its own list."""
        letters: list[dict[str, Any]] = self.sandbox.truth()["letters"]
        return letters


def state_of(office: PostOffice) -> dict[str, tuple[str, str | None]]:
    """Of every one of the cast, how the letter's touch ended and why."""
    return {one.name: (office.touch(one.id).state, office.touch(one.id).reason) for one in CAST}


@contextmanager
def post_office(ledger: Ledger, folder: Path) -> Iterator[PostOffice]:
    with ledger.writing() as session:
        seed(session)
    app = Flask("door")
    app.register_blueprint(door.bp)
    with served(app) as url, playing(folder, Door(url), speed=3000.0) as sandbox:
        mailer = SendGridMailer(sandbox.keys.sendgrid_api_key, host=sandbox.url)
        opened = PostOffice(ledger, folder, mailer, sandbox)
        app.extensions["office"] = opened.office
        yield opened
