"""From the click to the outcome through Amazon Connect, over the wire: boto3, SQS, digest, reconciler."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from outreach.dialer import calls
from outreach.dialer.clicks import NotNow, Requested
from outreach.ledger import attempts
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.destinations import Contact
from outreach.ledger.people import User
from outreach.ledger.tasks import Task
from outreach.webhooks.collecting import collect
from outreach.webhooks.digest import digest
from tests.dialer.centre import HARBOR, STANNE
from tests.dialer.connect_centre import ConnectCentre


def test_a_click_rings_the_customer_then_the_rep_and_is_logged_once(connect: ConnectCentre) -> None:
    connect.sandbox.script(numbers={connect.number(HARBOR): "human"})
    attempt_id = connect.dial(HARBOR)
    attempt = connect.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.counts) == ("ended", "answered_unknown", True)
    (contact,) = connect.contacts(attempt_id)
    assert attempt.provider_ref == attempt.customer_ref == contact["sid"]
    assert (contact["to"], contact["from_"]) == (connect.number(HARBOR), attempt.caller_id)
    assert contact["contact"]["agent"] == "ana", "who asked for the call is handed it"
    assert attempt.seconds
    assert attempt.connected_at
    (entry,) = connect.entries(attempt_id)
    assert (entry.actor, entry.what, entry.outcome) == ("ana", "call ended", "answered_unknown")
    assert [event.kind for event in connect.events(provider="connect")] == [
        "INITIATED",
        "CONNECTED_TO_SYSTEM",
        "QUEUED",
        "CONNECTED_TO_AGENT",
        "DISCONNECTED",
        "COMPLETED",
    ]
    assert {event.state for event in connect.events()} == {"digested"}


def test_the_drain_that_fetches_events_asks_how_calls_ended(connect: ConnectCentre) -> None:
    connect.sandbox.script(numbers={connect.number(HARBOR): "busy"})
    attempt_id = connect.place(HARBOR)
    while not connect.sandbox.get("/sandbox/quiet")["quiet"]:
        collect(connect.office, 0.1)
    digest(connect.office)
    assert connect.attempt(attempt_id).outcome is None, "no event says how"
    collect(connect.office, 0.1)
    assert connect.attempt(attempt_id).outcome == "busy"


@pytest.mark.parametrize(
    ("behaviour", "outcome", "counts"),
    [
        ("human", "answered_unknown", True),
        ("machine", "answered_unknown", True),  # Connect detects machines for campaigns only
        ("no-answer", "no_answer", True),
        ("busy", "busy", False),
        ("bad-number", "bad_number", False),
        ("blocked", "blocked", False),
        ("failed", "failed", False),
    ],
)
def test_each_end_has_its_outcome(connect: ConnectCentre, behaviour: str, outcome: str, counts: bool) -> None:
    connect.sandbox.script(numbers={connect.number(HARBOR): behaviour})
    attempt = connect.attempt(connect.dial(HARBOR))
    assert (attempt.state, attempt.outcome, attempt.counts) == ("ended", outcome, counts)


def test_a_customer_to_whom_no_rep_comes_was_called_and_abandoned(connect: ConnectCentre) -> None:
    connect.sandbox.script(reps={"ana": "no-answer"}, numbers={connect.number(HARBOR): "human"})
    attempt = connect.attempt(connect.dial(HARBOR))
    assert (attempt.outcome, attempt.counts) == ("abandoned", True)


def test_the_claim_is_the_last_word_of_the_gate(connect: ConnectCentre) -> None:
    """A stop between click and claim: no request leaves, for the request itself would ring."""
    asked = connect.click(HARBOR)
    assert isinstance(asked, Requested)
    with connect.ledger.writing() as session:
        session.execute(update(Contact).where(Contact.account_id == HARBOR).values(do_not_call=True))
    calls.place(connect.ledger, connect.carrier, connect.clock, asked.attempt_id)
    attempt = connect.attempt(asked.attempt_id)
    assert (attempt.state, attempt.bridging_at, attempt.counts) == ("not_placed", None, False)
    assert connect.sandbox.truth()["requests"] == []


def test_the_caps_count_from_the_request(connect: ConnectCentre) -> None:
    connect.sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    attempt = connect.attempt(connect.place(HARBOR))
    assert (attempt.state, attempt.counts) == ("accepted", True)
    assert attempt.bridging_at == connect.clock.now()
    busy = connect.click(HARBOR, "ben")
    assert isinstance(busy, NotNow)


def test_a_rep_needs_no_phone_of_their_own(connect: ConnectCentre) -> None:
    with connect.ledger.writing() as session:
        session.execute(update(User).where(User.login == "ana").values(phone=None))
    assert connect.attempt(connect.dial(HARBOR)).state == "ended"


@pytest.mark.parametrize("fault", ["lost", "garbled", "error_accepted"])
def test_a_lost_answer_is_found_by_our_own_id(connect: ConnectCentre, fault: str) -> None:
    connect.sandbox.script(numbers={connect.number(HARBOR): "human", connect.number(STANNE): "human"})
    connect.dial(STANNE, "ben")  # another contact of the same hour
    connect.sandbox.faults(answers={fault: 1.0})
    attempt_id = connect.place(HARBOR)
    connect.sandbox.faults()
    assert connect.attempt(attempt_id).state == "unknown"
    connect.fetch()
    digest(connect.office)
    assert {event.state for event in connect.events(about=connect.contacts(attempt_id)[0]["sid"])} == {
        "waiting"
    }
    connect.reconcile()
    attempt = connect.attempt(attempt_id)
    assert (attempt.state, attempt.outcome) == ("ended", "answered_unknown")
    assert [entry.what for entry in connect.entries(attempt_id)] == ["call found by asking", "call ended"]
    connect.clock.ahead = timedelta(minutes=2)
    digest(connect.office)
    assert {event.state for event in connect.events()} == {"digested"}
    assert len(connect.contacts(attempt_id)) == 1


def test_what_amazon_never_took_is_proved_not_placed(connect: ConnectCentre) -> None:
    connect.sandbox.faults(answers={"error": 1.0})
    attempt_id = connect.place(HARBOR)
    connect.sandbox.faults()
    assert connect.attempt(attempt_id).state == "unknown"
    for minutes in (3, 11):
        connect.clock.ahead = timedelta(minutes=minutes)
        connect.reconcile(None)
    attempt = connect.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.counts) == ("not_placed", "not_placed", False)
    assert attempt.bridging_at is None
    assert connect.contacts(attempt_id) == []


def test_lost_events_are_found_by_asking(connect: ConnectCentre) -> None:
    connect.sandbox.faults(webhooks={"lost": 1.0})
    connect.sandbox.script(numbers={connect.number(HARBOR): "human"})
    attempt_id = connect.dial(HARBOR)
    assert connect.attempt(attempt_id).state == "accepted"
    connect.clock.ahead = timedelta(minutes=3)
    connect.reconcile(None)
    assert connect.attempt(attempt_id).outcome == "answered_unknown"


def test_shuffled_and_repeated_events_come_to_the_same(connect: ConnectCentre) -> None:
    connect.sandbox.faults(webhooks={"shuffled": 0.6, "duplicate": 0.6, "spread_ms": 300})
    connect.sandbox.script(numbers={connect.number(HARBOR): "human"})
    attempt_id = connect.dial(HARBOR)
    attempt = connect.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.progress) == ("ended", "answered_unknown", "connected")
    assert len(connect.entries(attempt_id)) == 1
    assert len(connect.events()) == 6, "each once, however often it came"


def test_the_rep_hangs_up_from_the_desk(connect: ConnectCentre) -> None:
    connect.sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    attempt_id = connect.place(HARBOR)
    for _ in range(2):  # idempotent
        calls.hang_up(connect.ledger, connect.carrier, connect.clock, attempt_id)
        connect.settle_down()
    attempt = connect.attempt(attempt_id)
    assert (attempt.outcome, attempt.counts) == ("canceled", True)


def test_a_contact_amazon_has_forgotten_goes_to_a_person(connect: ConnectCentre) -> None:
    attempt_id = connect.place(HARBOR)
    connect.sandbox.post("/sandbox/reset", {})
    connect.reconcile()
    assert [task.title for task in connect.rows(Task, Task.kind == "call in doubt")] == [
        "The carrier does not know a call it had accepted"
    ]
    assert connect.attempt(attempt_id).state == "accepted"


def test_books_that_lag_behind_an_event_are_read_again_soon(connect: ConnectCentre) -> None:
    """Amazon said that it ended, and does not know how yet: not two minutes later but in seconds."""
    connect.sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    attempt_id = connect.place(HARBOR)
    with connect.ledger.writing() as session:
        attempt = attempts.lock(session, attempt_id)
        assert attempt
        attempts.ask_now(attempt, connect.clock.wall())
    assert connect.reconcile(None) == [attempt_id]
    assert connect.reconcile(None) == []
    connect.clock.ahead = timedelta(seconds=3)
    assert connect.reconcile(None) == [attempt_id]
    with connect.ledger.reading() as session:
        assert session.get_one(CallAttempt, attempt_id).state == "bridging"
