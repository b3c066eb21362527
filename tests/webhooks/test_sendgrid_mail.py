"""SendGrid at the door and in the digest: papers, keys, and what events do in whatever order they come."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from werkzeug.datastructures import Headers

from outreach.errands import NoErrands
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.destinations import Destination
from outreach.ledger.inbox import Event
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.tasks import Task
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.sandbox.signing import EventSigner
from outreach.webhooks import door
from outreach.webhooks.digest import digest
from outreach.webhooks.post import Papers, Post
from outreach.webhooks.sendgrid_mail import SIGNATURE, STALE, TIMESTAMP, papers
from tests.web.cast import NOW, TODAY, seed

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "sendgrid"
WALL = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
HARBOR, MID, REF = 1, "a" * 15, "wrfRRvF7Q0GgwUo2CvDmEA"
THERE = "/webhooks/sendgrid/events"


class StillClock:
    def now(self) -> datetime:
        return WALL

    def wall(self) -> datetime:
        return WALL


def key_pair() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(private).decode(), b64encode(public).decode()


PRIVATE, PUBLIC = key_pair()
SIGNER = EventSigner(PRIVATE)


@dataclass
class AtTheDoor:
    """The door with one letter of Harbor's that was accepted."""

    office: Office
    client: FlaskClient

    @property
    def ledger(self) -> Ledger:
        return self.office.ledger

    def post(self, events: Any, *, at: datetime = WALL, signature: str | None = None) -> int:
        body = events if isinstance(events, bytes) else json.dumps(events).encode() + b"\r\n"
        timestamp = str(int(at.timestamp()))
        sent = {SIGNATURE: signature or SIGNER.sign(timestamp, body), TIMESTAMP: timestamp}
        return self.client.post(THERE, data=body, headers=sent, content_type="application/json").status_code

    def digest(self) -> None:
        digest(self.office)

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.ledger.reading() as session:
            return list(session.scalars(select(table).where(*where).order_by(table.id)))

    @property
    def letter(self) -> Letter:
        return self.rows(Letter)[0]  # type: ignore[no-any-return]

    @property
    def address(self) -> Destination:
        return self.rows(Destination, Destination.id == self.letter.destination_id)[0]  # type: ignore[no-any-return]

    def told(self) -> list[str]:
        return [entry.what for entry in self.rows(LogEntry, LogEntry.about == MID)]

    def story(self, mid: str) -> tuple[object, ...]:
        """Everything that must not depend on the order in which the events came."""
        [letter] = self.rows(Letter, Letter.id == mid)
        [address] = self.rows(Destination, Destination.id == letter.destination_id)
        return (
            (letter.state, letter.ended_at, letter.opened_at, letter.complained_at),
            (address.bad_why, address.suppressed_why),
            sorted(entry.what for entry in self.rows(LogEntry, LogEntry.about == mid)),
            len(self.rows(Event, Event.about == mid)),
        )


def write_letter(
    ledger: Ledger,
    state: str = "accepted",
    *,
    mid: str = MID,
    address: str = "ap@harbor.example",
    ref: str | None = REF,
) -> None:
    with ledger.writing() as session:
        known = session.scalars(select(Destination).where(Destination.address == address)).first()
        destination = known or Destination(kind="email", address=address, created_at=NOW)
        session.add(destination)
        session.flush()
        letter = Letter(
            id=mid,
            account_id=HARBOR,
            covers={str(HARBOR): ["INV-1001"]},
            destination_id=destination.id,
            day=TODAY,
            step="followup_5",
            state=state,
            provider="sendgrid",
            provider_ref=ref,
            created_at=NOW,
        )
        session.add(letter)


@pytest.fixture
def door_of(ledger: Ledger, tmp_path: Path) -> AtTheDoor:
    with ledger.writing() as session:
        seed(session)
    write_letter(ledger)
    office = Office(
        ledger=ledger,
        clock=StillClock(),
        errands=NoErrands(),
        news=News(None),
        files=tmp_path,
        addresses=Addresses("https://outreach.example", "billing@outreach.example", "reply.outreach.example"),
        keys=DoorKeys(sendgrid_public_key=PUBLIC),
        secret_keys=("k",),
    )
    app = Flask("door")
    app.register_blueprint(door.bp)
    app.extensions["office"] = office
    return AtTheDoor(office, app.test_client())


def event(kind: str, *, n: int = 0, **extra: Any) -> dict[str, Any]:
    facts = {
        "email": "ap@harbor.example",
        "timestamp": int(WALL.timestamp()) + n,
        "event": kind,
        "sg_event_id": f"{kind}-{n}",
        "sg_message_id": f"{REF}.filter0425p1mdw1.13037.57168B4A1D.0",
        "smtp-id": f"<{REF}@ismtpd0006p1sjc2.sendgrid.net>",
        "mid": MID,
    }
    return {**facts, **extra}


BOUNCE: dict[str, Any] = {"reason": "550 5.1.1 no such user", "status": "5.1.1", "type": "bounce"}


# Papers


def judged(body: bytes, wall: datetime, key: str | None, *headers: tuple[str, str]) -> Papers:
    post = Post("events", "https://x" + THERE, {}, Headers(list(headers)), "application/json", body)
    return papers(post, DoorKeys(sendgrid_public_key=key), wall)


def test_the_provider_s_own_vector() -> None:
    path = DATA / "event_webhook_signature_vectors.json"
    if not path.exists():
        pytest.skip("../shared/data/sendgrid is not here")
    [vector] = json.loads(path.read_text())
    headers = [(SIGNATURE, vector["signature"]), (TIMESTAMP, vector["timestamp"])]
    body, then = b64decode(vector["body_base64"]), datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    assert judged(body, then, vector["public_key"], *headers) is Papers.GOOD
    assert judged(body.strip(), then, vector["public_key"], *headers) is Papers.FALSE
    assert judged(body, then, PUBLIC, *headers) is Papers.FALSE


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, Papers.GOOD),
        (STALE, Papers.GOOD),
        (-STALE, Papers.GOOD),
        (STALE + 1, Papers.STALE),
        (-STALE - 1, Papers.STALE),
    ],
)
def test_how_old_papers_may_be(seconds: int, expected: Papers) -> None:
    timestamp = str(int(WALL.timestamp()))
    headers = [(SIGNATURE, SIGNER.sign(timestamp, b"[]")), (TIMESTAMP, timestamp)]
    assert judged(b"[]", WALL + timedelta(seconds=seconds), PUBLIC, *headers) is expected


STAMP = str(int(WALL.timestamp()))
GOOD = SIGNER.sign(STAMP, b"[]")
FALSE_PAPERS: dict[str, list[tuple[str, str]]] = {
    "no headers": [],
    "no signature": [(TIMESTAMP, STAMP)],
    "no timestamp": [(SIGNATURE, GOOD)],
    "empty": [(SIGNATURE, ""), (TIMESTAMP, "")],
    "not base64": [(SIGNATURE, "?" + GOOD), (TIMESTAMP, STAMP)],
    "no DER": [(SIGNATURE, b64encode(b"nonsense").decode()), (TIMESTAMP, STAMP)],
    "cut short": [(SIGNATURE, GOOD[:40]), (TIMESTAMP, STAMP)],
    "another time": [(SIGNATURE, GOOD), (TIMESTAMP, str(int(STAMP) + 1))],
    "a word for a time": [(SIGNATURE, SIGNER.sign("now", b"[]")), (TIMESTAMP, "now")],
    "a time that is no number": [(SIGNATURE, SIGNER.sign("1e9", b"[]")), (TIMESTAMP, "1e9")],
    "an endless time": [(SIGNATURE, SIGNER.sign("9" * 5000, b"[]")), (TIMESTAMP, "9" * 5000)],
    "not ASCII": [(SIGNATURE, GOOD), (TIMESTAMP, "１６００")],
    "two signatures": [(SIGNATURE, GOOD), (SIGNATURE, GOOD), (TIMESTAMP, STAMP)],
    "two timestamps": [(SIGNATURE, GOOD), (TIMESTAMP, STAMP), (TIMESTAMP, STAMP)],
    "of another body": [(SIGNATURE, SIGNER.sign(STAMP, b"[ ]")), (TIMESTAMP, STAMP)],
    "of another key": [(SIGNATURE, EventSigner(key_pair()[0]).sign(STAMP, b"[]")), (TIMESTAMP, STAMP)],
}


@pytest.mark.parametrize("headers", FALSE_PAPERS.values(), ids=FALSE_PAPERS)
def test_false_papers(headers: list[tuple[str, str]]) -> None:
    assert judged(b"[]", WALL, PUBLIC, *headers) is Papers.FALSE


@pytest.mark.parametrize("key", [None, "", "nonsense", b64encode(b"nonsense").decode()])
def test_without_a_key_of_ours_everything_is_false(key: str | None) -> None:
    assert judged(b"[]", WALL, key, (SIGNATURE, GOOD), (TIMESTAMP, STAMP)) is Papers.FALSE


def test_false_papers_leave_no_row(door_of: AtTheDoor) -> None:
    assert door_of.post([event("delivered")], signature=GOOD) == 403
    assert door_of.rows(Event) == []


# What is kept


def test_stale_but_valid_is_kept_and_not_acted_upon(door_of: AtTheDoor) -> None:
    assert door_of.post([event("delivered")], at=WALL - timedelta(minutes=11)) == 204
    door_of.digest()
    assert [kept.state for kept in door_of.rows(Event)] == ["quarantined"]
    assert door_of.letter.state == "accepted"


@pytest.mark.parametrize("body", [b"", b"{", b'{"event": "open"}', b"\xff\xfe", b"[" * 100_000])
def test_signed_but_unreadable_is_quarantined(door_of: AtTheDoor, body: bytes) -> None:
    assert door_of.post(body) == 204
    assert [kept.state for kept in door_of.rows(Event)] == ["quarantined"]


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        7,
        "delivered",
        [],
        {},
        {"event": "delivered"},
        event("delivered", timestamp="soon"),
        event("delivered", timestamp=1e300),
        event("delivered", email=None),
        event("delivered", email="\x00", sg_event_id="\x00", reason="\ud800"),
        event("de\x00livered"),
        {"event": {"a": 1}, "email": [], "timestamp": {}},
    ],
    ids=repr,
)
def test_an_event_that_makes_no_sense_holds_up_no_other(door_of: AtTheDoor, nonsense: Any) -> None:
    assert door_of.post([nonsense, event("bounce", **BOUNCE)]) == 204
    door_of.digest()
    assert door_of.letter.state == "bounced"
    assert {kept.state for kept in door_of.rows(Event)} <= {"digested", "parked"}
    assert len(door_of.rows(Event)) == 2


def test_a_replay_changes_nothing(door_of: AtTheDoor) -> None:
    batch = [event("delivered"), event("open", n=1)]
    for _ in range(5):
        assert door_of.post(batch) == 204
        door_of.digest()
    assert len(door_of.rows(Event)) == 2
    assert door_of.told() == ["letter sent", "letter delivered", "letter opened"]


def test_the_same_event_under_another_id_is_the_same_event(door_of: AtTheDoor) -> None:
    """SendGrid has been seen to change sg_event_id with a retry, and to leave it out (providers.md B0.7)."""
    door_of.post([event("delivered", sg_event_id="one")])
    door_of.post([event("delivered", sg_event_id="two")])
    nameless = event("delivered")
    del nameless["sg_event_id"]
    door_of.post([nameless])
    assert len(door_of.rows(Event)) == 1


def test_an_unknown_letter_waits_and_is_then_shown_to_a_person(door_of: AtTheDoor) -> None:
    stranger: dict[str, Any] = {"mid": "b" * 15, "sg_message_id": "x.y", "smtp-id": "<x@y>"}
    door_of.post([event("delivered", **stranger)])
    door_of.digest()
    assert [kept.state for kept in door_of.rows(Event)] == ["waiting"]


# What it does


@pytest.mark.parametrize(
    ("given_events", "state", "bad", "suppressed", "task"),
    [
        ([event("processed")], "accepted", False, False, None),
        ([event("deferred", response="451 try later")], "deferred", False, False, None),
        ([event("delivered")], "delivered", False, False, None),
        ([event("bounce", **BOUNCE)], "bounced", True, False, "right contact"),
        ([event("bounce", **{**BOUNCE, "type": "blocked"})], "deferred", False, False, None),
        ([event("dropped", reason="Bounced Address")], "dropped", True, False, "right contact"),
        ([event("dropped", reason="Invalid")], "dropped", True, False, "right contact"),
        ([event("dropped", reason="Unsubscribed Address")], "dropped", False, True, "right contact"),
        ([event("dropped", reason="Spam Content")], "dropped", False, False, "letter dropped"),
        ([event("spamreport")], "accepted", False, True, "right contact"),
        ([event("unsubscribe")], "accepted", False, True, "right contact"),
        ([event("open"), event("click", url="https://x")], "accepted", False, False, None),
        ([event("delivered"), event("bounce", n=9, **BOUNCE)], "bounced", True, False, "right contact"),
    ],
    ids=lambda value: value[-1]["event"] if isinstance(value, list) else None,
)
def test_what_an_event_does(
    door_of: AtTheDoor,
    given_events: list[dict[str, Any]],
    state: str,
    bad: bool,
    suppressed: bool,
    task: str | None,
) -> None:
    door_of.post(given_events)
    door_of.digest()

    assert door_of.letter.state == state
    assert (door_of.address.bad_at is not None, door_of.address.suppressed_at is not None) == (
        bad,
        suppressed,
    )
    assert [one.kind for one in door_of.rows(Task, Task.account_id == HARBOR)] == ([task] if task else [])


def test_flags(door_of: AtTheDoor) -> None:
    door_of.post([event("open", n=60), event("open", n=30), event("spamreport", n=90)])
    door_of.digest()
    assert door_of.letter.opened_at == WALL + timedelta(seconds=30)
    assert door_of.letter.complained_at == WALL + timedelta(seconds=90)
    assert door_of.told() == ["letter sent", "letter opened", "letter complained"]


@pytest.mark.parametrize(
    "lost",
    [
        {"mid": None},
        {"mid": None, "smtp-id": None},
        {"mid": None, "sg_message_id": None},
        {"mid": None, "smtp-id": None, "sg_message_id": None},
    ],
    ids=["custom argument", "smtp-id", "message id", "everything"],
)
def test_a_bounce_that_lost_its_ids_finds_its_letter(door_of: AtTheDoor, lost: dict[str, Any]) -> None:
    """Asynchronous bounces come without custom arguments, some without any id (providers.md B0.8)."""
    door_of.post([event("bounce", **BOUNCE, **lost)])
    door_of.digest()
    assert door_of.letter.state == "bounced"


def test_a_match_by_address_alone_says_so(door_of: AtTheDoor) -> None:
    nameless: dict[str, Any] = {**BOUNCE, "mid": "", "sg_message_id": "", "smtp-id": ""}
    door_of.post([event("delivered"), event("bounce", n=5, **nameless)])
    door_of.digest()
    [bounced] = door_of.rows(LogEntry, LogEntry.what == "letter bounced")
    [text] = door_of.rows(LogText, LogText.id == bounced.text_id)
    assert text.body == "550 5.1.1 no such user; matched by the address alone"


@pytest.mark.parametrize("state", ["sending", "unknown", "unconfirmed"])
def test_a_report_settles_a_letter_in_doubt(door_of: AtTheDoor, state: str) -> None:
    with door_of.ledger.writing() as session:
        session.execute(delete(Letter))
    write_letter(door_of.ledger, state)
    door_of.post([event("processed")])
    door_of.digest()
    assert door_of.letter.state == "accepted"
    assert door_of.told() == ["letter sent"]


LIFE = (
    event("processed"),
    event("deferred", n=1, attempt="1", response="451 later"),
    event("deferred", n=2, attempt="2", response="451 later still"),
    event("delivered", n=3),
    event("open", n=4),
    event("open", n=5),
    event("spamreport", n=6),
    event("bounce", n=7, **BOUNCE),
)
LAST = (
    ("bounced", WALL + timedelta(seconds=7), WALL + timedelta(seconds=4), WALL + timedelta(seconds=6)),
    (BOUNCE["reason"], "complained"),
    [
        "letter bounced",
        "letter complained",
        "letter deferred",
        "letter delivered",
        "letter opened",
        "letter sent",
    ],
    len(LIFE),
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],
)
@given(
    order=st.lists(st.sampled_from(LIFE), max_size=12), rest=st.permutations(LIFE), batches=st.integers(1, 6)
)
def test_the_end_does_not_depend_on_the_order(
    door_of: AtTheDoor, order: list[dict[str, Any]], rest: list[dict[str, Any]], batches: int
) -> None:
    """Every permutation, with duplicates, in batches of any size, ends in the same rows (P3, P5)."""
    mid = new_id()
    write_letter(door_of.ledger, mid=mid, address=f"{mid}@harbor.example", ref=mid)
    events = [_of(mid, one) for one in [*order, *rest]]
    for start in range(0, len(events), batches):
        door_of.post(events[start : start + batches])
        door_of.digest()

    assert door_of.story(mid) == LAST


def _of(mid: str, one: dict[str, Any]) -> dict[str, Any]:
    own = {"mid": mid, "email": f"{mid}@harbor.example", "sg_event_id": f"{mid}-{one['sg_event_id']}"}
    return {**one, **own, "sg_message_id": f"{mid}.filter.0", "smtp-id": f"<{mid}@ismtpd>"}
