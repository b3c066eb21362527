"""A call centre in miniature: the standing cast, the real door, and the sandbox as its carrier."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from outreach.dialer import calls, clicks
from outreach.dialer.carrier import Answer, CallOrder, Leg, LegOf, Sound
from outreach.dialer.clicks import NotNow, Requested
from outreach.dialer.reconciling import Patience, reconcile
from outreach.dialer.recordings import fetch_due
from outreach.dialer.twilio_voice import TwilioVoice
from outreach.errands import Errands
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.inbox import Event
from outreach.ledger.log import LogEntry
from outreach.ledger.people import User
from outreach.ledger.touches import Touch
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.webhooks import door
from outreach.webhooks.digest import digest
from tests.hand_clock import HandClock
from tests.sandbox.playing import Door, Sandbox, playing
from tests.serving import served
from tests.web.cast import seed

ANA = "+12135550100"
HARBOR, STANNE, SUMMIT, OAK = 1, 2, 7, 8
ACCOUNT = "AC" + "0" * 32
TOKEN, BASE_URL = "0123456789abcdef", "https://outreach.example"
HURRIED = Patience(*[timedelta(0)] * 4)


@dataclass
class Desk:
    """The people, their rows, and no carrier."""

    office: Office
    clock: HandClock

    @property
    def ledger(self) -> Ledger:
        return self.office.ledger

    def click(self, account_id: int, login: str = "ana") -> Requested | NotNow:
        """The rep presses the button of the account's open call."""
        with self.ledger.reading() as session:
            rep = session.scalars(select(User).where(User.login == login)).one()
            mine = select(Touch).where(Touch.account_id == account_id, Touch.channel == "call")
            touch = session.scalars(mine.order_by(Touch.state != "open", Touch.id.desc())).first()
        assert touch
        return clicks.request_call(
            self.ledger,
            self.office.errands,
            self.clock,
            provider=self.office.carrier.name if self.office.carrier else "twilio",
            caller_ids=self.office.caller_ids,
            touch_id=touch.id,
            rep_id=rep.id,
            rings_first=self.office.carrier.rings_first if self.office.carrier else "rep",
        )

    def attempt(self, attempt_id: str) -> CallAttempt:
        with self.ledger.reading() as session:
            return session.get_one(CallAttempt, attempt_id)

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.ledger.reading() as session:
            return list(session.scalars(select(table).where(*where).order_by(table.id)))

    def touches(self, account_id: int) -> list[Touch]:
        return self.rows(Touch, Touch.account_id == account_id, Touch.channel == "call")

    def firing(self, account_id: int) -> Firing:
        return self.rows(Firing, Firing.account_id == account_id)[0]  # type: ignore[no-any-return]

    def entries(self, attempt_id: str) -> list[LogEntry]:
        return self.rows(LogEntry, LogEntry.about == attempt_id)

    def events(self, **wanted: str) -> list[Event]:
        return self.rows(Event, *(getattr(Event, name) == value for name, value in wanted.items()))

    def number(self, account_id: int) -> str:
        phone = self.rows(Destination, Destination.address == f"+1303555010{account_id}")[0]
        return str(phone.address)


class NoCarrier:
    """For what must come to pass without a carrier: whoever turns to this one fails."""

    name, interval = "twilio", timedelta(0)
    rings_first: LegOf = "rep"

    def place(self, order: CallOrder) -> Answer:
        raise AssertionError("a call was placed")

    def find(self, order: CallOrder, since: datetime) -> list[Leg]:
        raise AssertionError("the carrier was asked")

    def legs(self, call_id: str) -> list[Leg]:
        raise AssertionError("the carrier was asked")

    def end(self, call_id: str) -> None:
        raise AssertionError("a call was ended")

    def recording(self, ref: str) -> Sound:
        raise AssertionError("a recording was asked for")


@dataclass
class Centre(Desk):
    """A desk with a carrier: the sandbox, through Twilio's own client."""

    sandbox: Sandbox
    carrier: TwilioVoice

    def dial(self, account_id: int, login: str = "ana") -> str:
        """Click, place, and let the call live to its end and be digested. Returns the attempt's id."""
        asked = self.click(account_id, login)
        assert isinstance(asked, Requested), asked
        calls.place(self.ledger, self.carrier, self.clock, asked.attempt_id)
        self.settle_down()
        return asked.attempt_id

    def settle_down(self) -> None:
        """Until nothing is under way at the carrier and nothing lies in the inbox."""
        self.sandbox.truth()
        digest(self.office)

    def call_in(self, number: str, says: str = "") -> str:
        """Somebody calls, says that after the tone; all of it is reported and digested. The CallSid."""
        ordered = self.sandbox.post("/sandbox/calls", {"from": number, "says": says})
        assert ordered.ok, ordered.text
        self.settle_down()
        return str(ordered.json()["sid"])

    def fetch_recordings(self) -> list[str]:
        return fetch_due(self.ledger, self.carrier, self.clock, self.office.files)

    def reconcile(self, patience: Patience | None = HURRIED) -> list[str]:
        return reconcile(self.ledger, self.carrier, self.clock, patience)

    def rings(self, attempt_id: str) -> tuple[int, int]:
        """How often the rep's and the customer's phone rang for it, by the carrier's own list."""
        legs = [call for call in self.sandbox.truth()["calls"] if call["attempt"] == attempt_id]
        customers = sum(bool(call["parent_sid"]) for call in legs)
        return len(legs) - customers, customers


@contextmanager
def desk(ledger: Ledger, redis_url: str, folder: Path) -> Iterator[Desk]:
    with ledger.writing() as session:
        seed(session)
        # Only Oakmont has an extension: with digits to dial Twilio detects no machines.
        session.execute(update(Contact).where(Contact.account_id != OAK).values(extension=None))
    clock = HandClock()
    office = Office(
        ledger=ledger,
        clock=clock,
        errands=Errands(redis_url),
        news=News(None),
        files=folder,
        addresses=Addresses(BASE_URL, "Billing <billing@outreach.example>", "reply.outreach.example"),
        keys=DoorKeys(twilio_auth_token=TOKEN, twilio_account_sid=ACCOUNT),
        secret_keys=("a key for tests only",),
        caller_ids=("+12125550190", "+13125550190"),
    )
    yield Desk(office, clock)
    office.errands.close()


@contextmanager
def call_centre(ledger: Ledger, redis_url: str, folder: Path) -> Iterator[Centre]:
    app = Flask("door")
    app.register_blueprint(door.bp)
    with (
        desk(ledger, redis_url, folder) as staffed,
        served(app) as url,
        playing(folder, Door(url), speed=3000.0) as sandbox,
    ):
        keys = sandbox.keys
        carrier = TwilioVoice(
            keys.account_sid, keys.auth_token, base_url=url, url=sandbox.url, calls_per_second=1000
        )
        office = replace(
            staffed.office,
            addresses=replace(staffed.office.addresses, base_url=url),
            keys=DoorKeys(twilio_auth_token=keys.auth_token, twilio_account_sid=keys.account_sid),
            carrier=carrier,
            caller_ids=keys.caller_ids,
        )
        app.extensions["office"] = office
        yield Centre(office, staffed.clock, sandbox, carrier)
