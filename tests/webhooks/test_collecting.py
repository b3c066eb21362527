"""Contact events fetched from a queue: each once, deleted only after the commit, and none lost (P3)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from outreach.dialer.clicks import Requested
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.inbox import PATIENCE, Event
from outreach.office import Message, Office, QueueError
from outreach.webhooks.collecting import collect
from outreach.webhooks.digest import digest
from tests.dialer.centre import HARBOR, Desk

INSTANCE = "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0"
CONTACT = "11111111-1111-4111-8111-111111111111"


@dataclass
class Queue:
    """SQS as it is promised: what is not deleted comes again. `breaks`: which of the requests fails."""

    lying: list[Message] = field(default_factory=list)
    breaks: str | None = None

    def put(self, *bodies: str) -> None:
        self.lying += [Message(f"r{len(self.lying) + n}", body) for n, body in enumerate(bodies)]

    def receive(self) -> Sequence[Message]:
        self._may_break("receive")
        return self.lying[:10]

    def delete(self, messages: Sequence[Message]) -> None:
        self._may_break("delete")
        self.lying = [one for one in self.lying if one not in messages]

    def _may_break(self, what: str) -> None:
        if self.breaks == what or (self.breaks is None and not self.lying):
            raise QueueError("it is down")  # or it is empty, and nobody wants to wait for more


def told(kind: str = "QUEUED", number: int = 1, **own: Any) -> str:
    arn = f"arn:aws:connect:us-east-1:555501005550:instance/{INSTANCE}"
    detail = {"eventType": kind, "contactId": CONTACT, "instanceArn": arn, "initiationMethod": "API", **own}
    return json.dumps({"id": f"e{number}", "detail-type": "Amazon Connect Contact Event", "detail": detail})


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def office(staffed: Desk, queue: Queue) -> Office:
    keys = replace(staffed.office.keys, connect_instance=INSTANCE)
    return replace(staffed.office, keys=keys, events=queue)


def events(staffed: Desk) -> list[tuple[str, str]]:
    return [(event.key, event.state) for event in staffed.rows(Event)]


def in_the_air(staffed: Desk) -> str:
    """An attempt that is the contact of these events."""
    asked = staffed.click(HARBOR)
    assert isinstance(asked, Requested)
    with staffed.ledger.writing() as session:
        attempt = session.get_one(CallAttempt, asked.attempt_id)
        attempt.provider, attempt.provider_ref, attempt.state = "connect", CONTACT, "accepted"
        attempt.sent_at = attempt.moved_at = staffed.clock.wall()
        attempt.bridging_at = staffed.clock.now()
    return asked.attempt_id


def test_each_message_is_stored_once_and_then_deleted(staffed: Desk, office: Office, queue: Queue) -> None:
    queue.put(told(number=1), told(number=2), told(number=1))
    assert collect(office, 5) == 3
    assert events(staffed) == [("e1", "new"), ("e2", "new")]
    assert queue.lying == []


def test_what_could_not_be_deleted_comes_again_and_is_known(
    staffed: Desk, office: Office, queue: Queue
) -> None:
    queue.put(told(number=1))
    queue.breaks = "delete"
    collect(office, 5)
    assert len(queue.lying) == 1
    queue.breaks = None
    collect(office, 5)
    assert events(staffed) == [("e1", "new")]
    assert queue.lying == []


def test_nothing_is_deleted_that_is_not_committed(
    staffed: Desk, office: Office, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.put(told(number=1))

    def broken(*_: Any, **__: Any) -> int:
        raise RuntimeError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr("outreach.webhooks.collecting.inbox.store_many", broken)
        with pytest.raises(RuntimeError):
            collect(office, 5)
    assert len(queue.lying) == 1
    assert events(staffed) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("no json", "it is no contact event"),
        ("[]", "it is no contact event"),
        ('{"a": "\ud800"}', "it is no contact event"),
        ("[" * 100_000, "it is no contact event"),
        (json.dumps({"id": "e1", "detail": {"eventType": "QUEUED"}}), "it is no contact event"),
        (told(contactId="c 1; drop"), "it is no contact event"),
        (told(instanceArn="arn:aws:connect:us-east-1:1:instance/another"), "it comes from another instance"),
    ],
    ids=["no json", "no object", "surrogate", "deep", "no contact", "odd contact", "foreign"],
)
def test_what_makes_no_sense_or_is_not_ours_is_kept_for_a_person(
    staffed: Desk, office: Office, queue: Queue, body: str, why: str
) -> None:
    queue.put(body, told(number=7))
    collect(office, 5)
    assert queue.lying == [], "it holds up nobody"
    odd, good = sorted(staffed.rows(Event), key=lambda event: event.state != "quarantined")
    assert (odd.state, good.key, good.state) == ("quarantined", "e7", "new")
    assert odd.detail.startswith(why)


def test_the_tick_tries_again_when_the_queue_is_down(
    staffed: Desk, office: Office, queue: Queue, redis_url: str
) -> None:
    queue.breaks = "receive"
    assert collect(office, 5) == 0
    with Redis.from_url(redis_url) as redis:
        assert redis.llen("rq:queue:collect") == 0
    assert office.errands.nudge("collect")
    with Redis.from_url(redis_url) as redis:
        assert redis.llen("rq:queue:collect") == 1


def test_while_it_listens_nobody_else_is_woken_and_then_it_goes_on(
    office: Office, queue: Queue, redis_url: str
) -> None:
    queue.breaks = "nothing"  # an empty queue that answers at once
    assert collect(office, 0.2) == 0
    with Redis.from_url(redis_url) as redis:
        assert redis.llen("rq:queue:collect") == 1


def test_who_posts_to_the_door_has_nothing_to_fetch(staffed: Desk) -> None:
    assert collect(staffed.office, 5) == 0


def test_an_end_is_not_an_outcome_and_the_carrier_is_asked_at_once(
    staffed: Desk, office: Office, queue: Queue
) -> None:
    attempt_id = in_the_air(staffed)
    queue.put(told("DISCONNECTED", 2), told("CONNECTED_TO_SYSTEM", 1))
    collect(office, 5)
    digest(office)
    attempt = staffed.attempt(attempt_id)
    assert (attempt.state, attempt.progress, attempt.outcome) == ("bridging", "connected", None)
    assert attempt.ask_at


def test_an_event_of_a_contact_not_yet_known_waits_and_is_shown_to_a_person_in_the_end(
    staffed: Desk, office: Office, queue: Queue
) -> None:
    queue.put(told("CONNECTED_TO_SYSTEM", 1), told("QUEUED", 2))
    collect(office, 5)
    digest(office)
    assert events(staffed) == [("e1", "waiting"), ("e2", "waiting")]
    attempt_id = in_the_air(staffed)
    staffed.clock.ahead = timedelta(seconds=3)
    digest(office)
    assert events(staffed) == [("e1", "digested"), ("e2", "digested")]
    assert staffed.attempt(attempt_id).progress == "connected"
    queue.put(told("QUEUED", 3, contactId="22222222-1111-4111-8111-111111111111"))
    collect(office, 5)
    digest(office)
    staffed.clock.ahead += PATIENCE + timedelta(minutes=1)
    digest(office)
    assert events(staffed)[-1] == ("e3", "parked")


@pytest.mark.parametrize(
    "body", [told("QUEUED", 1, initiationMethod="INBOUND"), told("CONTACT_DATA_UPDATED", 1)]
)
def test_what_is_none_of_our_calls_bothers_nobody(
    staffed: Desk, office: Office, queue: Queue, body: str
) -> None:
    queue.put(body)
    collect(office, 5)
    digest(office)
    assert events(staffed) == [("e1", "digested")]


def test_there_is_no_path_at_the_door(twilio: Any) -> None:
    assert twilio.client.post("/webhooks/connect", data="{}").status_code == 404
