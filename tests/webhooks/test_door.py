"""The door's answers, as interface.md promises them: what it stores, what it refuses, and never a 500."""

import threading
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from outreach.dialer.clicks import Requested
from outreach.ledger import inbox
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.inbox import Event
from outreach.webhooks.digest import digest
from tests.dialer.centre import BASE_URL, HARBOR, Desk
from tests.webhooks.visitor import CUSTOMER, FORM, REP, Visitor, signature, verbs

NOBODY = "a" * 15
RINGING = {"CallSid": REP, "SequenceNumber": "1", "CallStatus": "ringing"}
STATUS = f"/webhooks/twilio/status?attempt={NOBODY}"


def events(desk: Desk) -> list[Event]:
    return desk.rows(Event)


def sending(desk: Desk) -> str:
    """A call whose request is on the wire."""
    made = desk.click(HARBOR)
    assert isinstance(made, Requested)
    with desk.ledger.writing() as session:
        attempt = session.get_one(CallAttempt, made.attempt_id)
        attempt.state, attempt.sent_at = "sending", desk.clock.wall()
    return made.attempt_id


def test_a_report_is_stored_raw_once_and_answered_204_each_time(twilio: Visitor, staffed: Desk) -> None:
    for _ in range(3):
        response = twilio.status(NOBODY, 1, "ringing")
        assert (response.status_code, response.data) == (204, b"")
    (event,) = events(staffed)
    assert (event.provider, event.kind, event.about) == ("twilio", "status", NOBODY)
    assert event.key == f"{REP}:1"
    assert event.body == urlencode(RINGING).encode()


def test_the_same_event_from_many_threads_is_one_row(twilio: Visitor, staffed: Desk) -> None:
    codes: list[int] = []
    posts = [
        threading.Thread(target=lambda: codes.append(twilio.status(NOBODY, 1, "ringing").status_code))
        for _ in range(8)
    ]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    assert codes == [204] * 8
    assert len(events(staffed)) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/webhooks/vonage/status", 404),
        ("/webhooks/twilio/elsewhere", 404),
        ("/webhooks/twilio", 404),
        ("/webhooks/", 404),
        (STATUS, 403),
    ],
)
def test_who_is_not_known_or_has_no_papers(twilio: Visitor, staffed: Desk, path: str, code: int) -> None:
    response = twilio.send(path, urlencode(RINGING), None)
    assert response.status_code == code
    assert code == 404 or response.data == b""
    assert events(staffed) == []


def test_a_get_is_no_way_in(twilio: Visitor) -> None:
    assert twilio.client.get(STATUS).status_code == 405


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_413_and_leaves_no_row(twilio: Visitor, staffed: Desk, chunked: bool) -> None:
    form = RINGING | {"Filler": "x" * 1_100_000}
    signed = signature(f"{BASE_URL}{STATUS}", form)
    headers = {"Transfer-Encoding": "chunked"} if chunked else {}
    environ = {"wsgi.input_terminated": True} if chunked else {}
    response = twilio.client.post(
        STATUS,
        data=urlencode(form),
        content_type=FORM,
        headers={"X-Twilio-Signature": signed, **headers},
        environ_overrides=environ,
    )
    assert response.status_code == 413
    assert events(staffed) == []


def test_a_body_just_below_the_limit_is_taken(twilio: Visitor, staffed: Desk) -> None:
    assert twilio.post(f"status?attempt={NOBODY}", RINGING | {"Filler": "x" * 900_000}).status_code == 204
    assert len(events(staffed)) == 1


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (f"status?attempt={NOBODY}", {"CallStatus": "ringing"}),
        (f"status?attempt={NOBODY}", {"CallSid": "CA1", "CallStatus": "ringing"}),
        (f"status?attempt={NOBODY}", {"CallSid": f"{REP}\x00", "CallStatus": "ringing"}),
        (f"status?attempt={NOBODY}", {"CallSid": REP}),
        (f"status?attempt={NOBODY}", {"CallSid": REP, "CallStatus": "\x00", "SequenceNumber": "\u0661"}),
        ("status", RINGING),
        ("status?attempt=", RINGING),
        ("status?attempt=a", RINGING),
        ("status?attempt=%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00", RINGING),
        (f"answer?attempt={NOBODY}", {"CallStatus": "in-progress"}),
        (f"amd?attempt={NOBODY}", {"AnsweredBy": "human"}),
    ],
)
def test_signed_but_unreadable_is_quarantined(
    twilio: Visitor, staffed: Desk, path: str, form: dict[str, str]
) -> None:
    for _ in range(2):
        assert twilio.post(path, form).status_code == 204
    (event,) = events(staffed)
    assert (event.state, event.about) == ("quarantined", None)
    assert event.detail
    digest(staffed.office)
    assert events(staffed)[0].state == "quarantined"


def test_a_report_of_an_unknown_attempt_waits_a_quarter_of_an_hour_and_is_shown(
    twilio: Visitor, staffed: Desk
) -> None:
    twilio.status(NOBODY, 1, "ringing")
    digest(staffed.office)
    (event,) = events(staffed)
    assert (event.state, event.tries) == ("waiting", 1)
    assert event.next_try_at > event.received_at
    for minutes, state in ((14, "waiting"), (1, "parked")):
        staffed.clock.ahead += timedelta(minutes=minutes)
        digest(staffed.office)
        assert events(staffed)[0].state == state


def test_a_report_that_comes_before_its_row_is_matched_when_it_is_there(
    twilio: Visitor, staffed: Desk
) -> None:
    attempt_id = sending(staffed)
    twilio.status(attempt_id, 0, "initiated")
    digest(staffed.office)
    attempt = staffed.attempt(attempt_id)
    assert (attempt.state, attempt.provider_ref) == ("accepted", REP)


def test_trouble_of_ours_is_503_so_that_they_try_again(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    with staffed.ledger.writing() as session:
        session.execute(text("ALTER TABLE events RENAME TO lost"))
    with capture_logs() as said:
        response = twilio.status(attempt_id, 1, "ringing")
        assert (response.status_code, response.data) == (503, b"")
        assert twilio.answer(attempt_id).status_code == 503
    assert [line["event"] for line in said] == ["the door is in trouble"] * 2
    assert attempt_id not in str([line["route"] for line in said])
    assert staffed.attempt(attempt_id).state == "sending", "nothing is half done"
    with staffed.ledger.writing() as session:
        session.execute(text("ALTER TABLE lost RENAME TO events"))
    assert twilio.status(attempt_id, 1, "ringing").status_code == 204


def test_a_door_without_a_key_is_shut(twilio: Visitor, staffed: Desk) -> None:
    object.__setattr__(staffed.office.keys, "twilio_auth_token", None)
    assert twilio.status(NOBODY, 1, "ringing").status_code == 403
    assert events(staffed) == []


def test_one_poisoned_event_stops_no_other_and_is_parked(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    with staffed.ledger.writing() as session:
        now = staffed.clock.wall()
        session.add(
            Event(provider="nobody", key="1", kind="status", body=b"", received_at=now, next_try_at=now)
        )
    twilio.status(attempt_id, 0, "initiated")
    with capture_logs():
        digest(staffed.office)
        assert staffed.attempt(attempt_id).state == "accepted"
        for _ in range(inbox.MOST_TRIES):
            staffed.clock.ahead += timedelta(minutes=1)
            digest(staffed.office)
    poisoned_row = events(staffed)[0]
    assert (poisoned_row.state, poisoned_row.detail) == ("parked", "KeyError")


# the questions: Twilio waits for a document


def test_the_rep_is_asked_for_a_key_and_then_the_customer_is_rung(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    first = twilio.answer(attempt_id)
    assert (first.status_code, verbs(first)) == (200, ["Gather", "Hangup"])
    assert "Harbor Clinic, account HARBOR" in first.text
    assert staffed.attempt(attempt_id).state == "accepted"
    second = twilio.answer(attempt_id, Digits="1")
    assert verbs(second) == ["Dial"]
    attempt = staffed.attempt(attempt_id)
    assert (attempt.state, attempt.bridging_at) == ("bridging", staffed.clock.at)
    for part in (
        staffed.number(HARBOR),
        f'callerId="{attempt.caller_id}"',
        'answerOnBridge="true"',
        'machineDetection="Enable"',
        "attempt=" + attempt_id + "&amp;leg=customer#rc=3",
        "/webhooks/twilio/amd?",
        "/webhooks/twilio/dial-done?",
    ):
        assert part in second.text


def test_the_same_question_gets_the_same_answer(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    first, dial = twilio.answer(attempt_id).data, twilio.answer(attempt_id, Digits="1").data
    with staffed.ledger.writing() as session:  # whatever has changed since
        session.get_one(CallAttempt, attempt_id).state = "ended"
    assert twilio.answer(attempt_id).data == first
    assert twilio.answer(attempt_id, Digits="1").data == dial
    assert len(events(staffed)) == 2


def test_the_key_pressed_twice_at_once_rings_once(twilio: Visitor, staffed: Desk) -> None:
    attempt_id, said = sending(staffed), list[bytes]()
    twilio.answer(attempt_id)
    posts = [
        threading.Thread(target=lambda: said.append(twilio.answer(attempt_id, Digits="1").data))
        for _ in range(6)
    ]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    assert len(said) == 6
    assert len(set(said)) == 1
    assert b"<Dial" in said[0]
    assert len(staffed.events(kind="answer")) == 2


def test_another_call_for_the_same_attempt_is_hung_up(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    twilio.answer(attempt_id)
    other = twilio.answer(attempt_id, CUSTOMER, Digits="1")
    assert verbs(other) == ["Say", "Hangup"]
    assert staffed.attempt(attempt_id).state == "accepted"


@pytest.mark.parametrize("state", ["requested", "ended", "refused", "not_placed", "bridging"])
def test_a_call_in_any_other_state_rings_nobody(twilio: Visitor, staffed: Desk, state: str) -> None:
    attempt_id = sending(staffed)
    with staffed.ledger.writing() as session:
        session.get_one(CallAttempt, attempt_id).state = state
    assert verbs(twilio.answer(attempt_id, Digits="1")) == ["Say", "Hangup"]
    assert staffed.attempt(attempt_id).state == state


def test_an_unknown_attempt_is_told_so_and_waits(twilio: Visitor, staffed: Desk) -> None:
    assert verbs(twilio.answer(NOBODY)) == ["Say", "Hangup"]
    assert [event.state for event in events(staffed)] == ["new"]


def test_a_name_cannot_become_a_verb(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    with staffed.ledger.writing() as session:
        session.execute(
            text("UPDATE accounts SET name = :name WHERE id = 1"),
            {"name": "</Say></Gather><Dial>+19005550100</Dial><Say>"},
        )
    said = twilio.answer(attempt_id)
    assert verbs(said) == ["Gather", "Hangup"]
    assert b"<Dial>" not in said.data


def test_dial_done_hangs_up_and_waits_for_the_digest(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    twilio.answer(attempt_id)
    twilio.answer(attempt_id, Digits="1")
    form = {"CallSid": REP, "DialCallStatus": "no-answer", "DialCallSid": CUSTOMER}
    assert verbs(twilio.post(f"dial-done?attempt={attempt_id}", form)) == ["Hangup"]
    digest(staffed.office)
    assert staffed.attempt(attempt_id).outcome == "no_answer"


def test_a_number_in_a_post_is_never_dialled(twilio: Visitor, staffed: Desk) -> None:
    attempt_id = sending(staffed)
    said = twilio.answer(attempt_id, Digits="1", To="+19005550100", Called="+19005550100")
    assert "+19005550100" not in said.text
    assert staffed.number(HARBOR) in said.text
