"""Operations at the door: their word that it is done, signed as our orders are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.campaigns.suspension.standard_webhooks import signature
from outreach.errands import NoErrands
from outreach.ledger.base import Ledger
from outreach.ledger.inbox import Event as Stored
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.rules.suspension import Event
from outreach.webhooks import door
from outreach.webhooks.digest import digest
from tests.campaigns.book import Book
from tests.campaigns.casework import Casework, ridgeway, walked_to_due
from tests.campaigns.operations_desk import SECRET

OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Noc:
    """Operations, before the door."""

    casework: Casework
    office: Office
    client: FlaskClient

    def say(
        self,
        done: object = "suspended",
        *,
        id_: str = "msg_1",
        case: object = None,
        path: int | None = None,
        secret: str = SECRET,
        late: int = 0,
        body: bytes | None = None,
        **headers: str | None,
    ) -> int:
        case_id = self.casework.case().id
        told = {"case": case_id if case is None else case, "done": done, "by": "Jo\x07 at the NOC"}
        body = json.dumps(told).encode() if body is None else body
        at = int(datetime.now(UTC).timestamp()) - late
        given: Mapping[str, str | None] = {
            "webhook-id": id_,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(secret, id_, at, body),
        } | headers
        answer = self.client.post(
            f"/api/v1/suspensions/{case_id if path is None else path}/acknowledge",
            data=body,
            headers={name: value for name, value in given.items() if value is not None},
        )
        assert answer.data == b""
        digest(self.office)
        return answer.status_code

    def stored(self) -> list[tuple[str, str | None]]:
        with self.casework.book.ledger.reading() as session:
            return [(one.state, one.detail) for one in session.scalars(select(Stored).order_by(Stored.id))]


@pytest.fixture
def noc(ledger: Ledger, tmp_path: Path) -> Noc:
    casework = ridgeway(Book(ledger), tmp_path)
    walked_to_due(casework)
    office = Office(
        ledger=ledger,
        clock=replace_clock(casework),
        errands=NoErrands(),
        news=News(None),
        files=tmp_path,
        addresses=Addresses("http://127.0.0.1:8000", "billing@outreach.example", "reply.outreach.example"),
        keys=DoorKeys(operations_secret=SECRET),
        secret_keys=("a key for tests only",),
    )
    app = Flask("door")
    app.register_blueprint(door.bp)
    app.extensions["office"] = office
    return Noc(casework, office, app.test_client())


def replace_clock(casework: Casework) -> Any:
    """The business's time by hand, the world's by the wall."""

    class Clock:
        def now(self) -> datetime:
            return casework.clock.at

        def wall(self) -> datetime:
            return datetime.now(UTC)

    return Clock()


def test_their_word_suspends_and_reinstates_once(noc: Noc) -> None:
    noc.casework.decide(Event.CONFIRMED, "sam")
    assert noc.say() == 204
    assert noc.casework.case().state == "suspended"
    last = noc.casework.history()[-1]
    assert (last.actor, last.role, last.document) == ("Jo at the NOC", "operations", "acknowledgement msg_1")
    assert noc.say() == 204, "the same again"
    assert noc.say(id_="msg_2") == 204, "the same in other words"
    assert noc.casework.history()[-1].id == last.id
    noc.casework.decide(Event.RECALLED, "sue")
    assert noc.say("reinstated", id_="msg_3") == 204
    assert noc.casework.case().state == "reinstated"
    assert {state for state, _ in noc.stored()} == {"digested"}


@pytest.mark.parametrize(
    "false",
    [
        {"secret": OTHER},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1a,\xe9"},
        {"webhook-signature": None},
        {"webhook-timestamp": None},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "99999999999999999999"},
        {"webhook-id": None},
        {"webhook-id": "msg_other"},
    ],
    ids=str,
)
def test_false_papers_are_nothing(noc: Noc, false: dict[str, Any]) -> None:
    noc.casework.decide(Event.CONFIRMED, "sam")
    assert noc.say(**false) == 403
    assert noc.casework.case().state == "due"
    assert noc.stored() == []


def test_who_is_not_connected_is_not_believed(noc: Noc) -> None:
    noc.client.application.extensions["office"] = replace(noc.office, keys=DoorKeys())
    assert noc.say() == 403


@pytest.mark.parametrize("late", [601, -700])
def test_what_is_stale_is_kept_and_not_acted_upon(noc: Noc, late: int) -> None:
    noc.casework.decide(Event.CONFIRMED, "sam")
    assert noc.say(late=late) == 204
    assert noc.casework.case().state == "due"
    assert [state for state, _ in noc.stored()] == ["quarantined"]


@pytest.mark.parametrize(
    "told",
    [
        {"done": "destroyed"},
        {"done": ["suspended"]},
        {"case": 99},
        {"path": 99},
        {"body": b"[]"},
        {"body": b"\xff"},
        {"body": b"[" * 5000},
        {"body": b'{"type": "suspension.requested", "data": {"case": 1}}'},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_for_a_person(noc: Noc, told: dict[str, Any]) -> None:
    """Our own order, thrown back at us, is among it; so is a word about another case than its path's."""
    noc.casework.decide(Event.CONFIRMED, "sam")
    assert noc.say(**told) == 204
    assert noc.casework.case().state == "due"
    assert [state for state, _ in noc.stored()] == ["quarantined"]


def test_what_nobody_ordered_is_told_to_a_supervisor(noc: Noc) -> None:
    assert noc.say() == 204
    assert noc.casework.case().state == "due"
    assert noc.stored() == [("parked", "nobody has ordered it: the case is due")]
    assert any("which nobody has ordered" in title for title in noc.casework.tasks())


def test_a_case_that_is_not_there(noc: Noc) -> None:
    assert noc.say(case=99, path=99) == 204
    assert noc.stored() == [("parked", "there is no case 99")]


def test_no_other_way_leads_there(noc: Noc) -> None:
    assert noc.client.post("/webhooks/operations/acknowledge", data=b"{}").status_code == 404
    assert noc.client.post("/api/v1/suspensions/one/acknowledge", data=b"{}").status_code == 404
    assert noc.client.get("/api/v1/suspensions/1/acknowledge").status_code == 405
    assert noc.client.post("/api/v1/suspensions/1/acknowledge", data=b"x" * (2**20 + 1)).status_code == 413
