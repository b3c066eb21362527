"""A call centre whose carrier is Amazon Connect: the sandbox, through boto3; its events from a queue."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from outreach import amazon
from outreach.dialer import calls
from outreach.dialer.amazon_connect import AmazonConnect
from outreach.dialer.clicks import Requested
from outreach.dialer.reconciling import Patience, reconcile
from outreach.ledger.base import Ledger
from outreach.office import DoorKeys
from outreach.sandbox.keys import AWS_REGION, EVENTS_QUEUE
from outreach.webhooks.collecting import keep
from outreach.webhooks.digest import digest
from outreach.webhooks.sqs import Sqs
from tests.dialer.centre import HURRIED, Desk, desk
from tests.sandbox.playing import Door, Sandbox, playing


@dataclass
class ConnectCentre(Desk):
    sandbox: Sandbox
    carrier: AmazonConnect
    queue: Sqs

    def dial(self, account_id: int, login: str = "ana") -> str:
        """Click, place, let the contact live to its end, fetch and digest its events, ask how it ended."""
        attempt_id = self.place(account_id, login)
        self.settle_down()
        return attempt_id

    def place(self, account_id: int, login: str = "ana") -> str:
        asked = self.click(account_id, login)
        assert isinstance(asked, Requested), asked
        calls.place(self.ledger, self.carrier, self.clock, asked.attempt_id)
        return asked.attempt_id

    def fetch(self) -> None:
        """Until the carrier is quiet and its queue is empty."""
        while not self.sandbox.get("/sandbox/quiet")["quiet"]:
            if messages := self.queue.receive():
                keep(self.office, messages)
                self.queue.delete(messages)

    def settle_down(self) -> None:
        self.fetch()
        digest(self.office)
        self.reconcile(None)

    def reconcile(self, patience: Patience | None = HURRIED) -> list[str]:
        return reconcile(self.ledger, self.carrier, self.clock, patience)

    def contacts(self, attempt_id: str) -> list[Any]:
        """By the carrier's own list."""
        return [call for call in self.sandbox.truth()["calls"] if call["attempt"] == attempt_id]


def login(sandbox: Sandbox) -> dict[str, str]:
    """What the sandbox's client needs."""
    keys = sandbox.keys
    return {
        "url": sandbox.url,
        "region_name": AWS_REGION,
        "aws_access_key_id": keys.aws_access_key_id,
        "aws_secret_access_key": "not checked",
    }


def connected(sandbox: Sandbox, **own: str) -> AmazonConnect:
    """The adapter, with the sandbox's ids unless others are given."""
    keys = sandbox.keys
    ids = {
        "instance_id": keys.connect_instance_id,
        "flow_id": keys.connect_flow_id,
        "queue_id": keys.connect_queue_id,
    }
    given = {**ids, **own}
    connect = partial(amazon.client, "connect", **login(sandbox))
    return AmazonConnect(**given, connect=connect, requests_per_second=1000)


def queue_of(sandbox: Sandbox) -> Sqs:
    connect = partial(amazon.client, "sqs", **login(sandbox))
    return Sqs(f"{sandbox.url}/{EVENTS_QUEUE}", connect=connect)


@contextmanager
def connect_centre(ledger: Ledger, redis_url: str, folder: Path) -> Iterator[ConnectCentre]:
    nowhere = Door("http://127.0.0.1:9")
    with desk(ledger, redis_url, folder) as staffed, playing(folder, nowhere, speed=3000.0) as sandbox:
        carrier, queue = connected(sandbox), queue_of(sandbox)
        office = replace(
            staffed.office,
            keys=DoorKeys(connect_instance=sandbox.keys.connect_instance_id),
            carrier=carrier,
            caller_ids=sandbox.keys.caller_ids,
            events=queue,
        )
        yield ConnectCentre(office, staffed.clock, sandbox, carrier, queue)
