"""What Twilio refuses, reads back, lists and ends: asked by its own client."""

from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.sandbox.playing import CUSTOMER, REP, Door, Sandbox, until

URL = {"url": "http://127.0.0.1:1/answer"}

# what differs from a good request, the HTTP status, Twilio's code
REFUSED: list[tuple[dict[str, Any], int, int]] = [
    ({"to": ""}, 400, 21201),
    ({"from_": ""}, 400, 21213),
    ({"to": "5550101"}, 400, 21211),
    ({"to": "+1 212 555 0101"}, 400, 21211),
    ({"to": "+0123456789"}, 400, 21211),
    ({"to": "client:rep_7"}, 400, 21211),
    ({"to": "+37167222222"}, 400, 21215),
    ({"from_": "0190"}, 400, 21212),
    ({"from_": "+12125550102"}, 400, 21210),
    ({"url": None}, 400, 21205),
    ({"url": "/answer"}, 400, 21205),
    ({"url": "ftp://example.com/answer"}, 400, 21205),
    ({"url": "http://our_host/answer"}, 400, 21205),
    ({"url": None, "twiml": "x" * 4001}, 400, 20001),
    ({"application_sid": "AP" + "0" * 32}, 400, 21218),
    ({"fallback_url": "nowhere"}, 400, 21205),
    ({"status_callback": "nowhere"}, 400, 21609),
    ({"status_callback_event": ["initiated", "done"]}, 400, 21626),
    ({"status_callback_event": ["initiated ringing answered completed"]}, 400, 21626),
    ({"send_digits": "12x"}, 400, 21206),
    ({"send_digits": "1" * 33}, 400, 21206),
    ({"machine_detection": "Yes"}, 400, 21207),
    ({"machine_detection_timeout": 60}, 400, 21207),
    ({"machine_detection_speech_threshold": 999}, 400, 21207),
    ({"machine_detection_speech_end_threshold": 5001}, 400, 21207),
    ({"machine_detection_silence_timeout": 1999}, 400, 21207),
    ({"async_amd": "maybe"}, 400, 21207),
    ({"timeout": 0}, 400, 21208),
    ({"timeout": 601}, 400, 21208),
    ({"method": "PUT"}, 400, 21209),
    ({"status_callback_method": "DELETE"}, 400, 21209),
    ({"recording_channels": "stereo"}, 400, 20001),
    ({"trim": "yes"}, 400, 20001),
]


@pytest.mark.parametrize(("wrong", "status", "code"), REFUSED)
def test_refused(sandbox: Sandbox, wrong: dict[str, Any], status: int, code: int) -> None:
    good = {"to": REP, "from_": sandbox.keys.caller_ids[0], **URL}
    chosen = {name: value for name, value in {**good, **wrong}.items() if value is not None}
    with pytest.raises(TwilioRestException) as refusal:
        sandbox.calls.create(**chosen)
    assert (refusal.value.status, refusal.value.code) == (status, code)
    truth = sandbox.truth()
    assert truth["calls"] == []
    assert [(request["answer"], request["accepted"]) for request in truth["requests"]] == [(status, [])]


ACCEPTED: list[dict[str, Any]] = [
    {"timeout": 600, "send_digits": "wW0123456789ABCD#*", "record": True, "trim": "do-not-trim"},
    {"url": None, "twiml": "<Response/>"},
    {"twiml": "<Response/>"},  # a Url wins
    {"async_amd": "true", "machine_detection": "DetectMessageEnd", "machine_detection_timeout": 59},
    {"method": "GET", "time_limit": 3600},
]


@pytest.mark.parametrize("extra", ACCEPTED)
def test_accepted(sandbox: Sandbox, extra: dict[str, Any]) -> None:
    good = {"to": REP, "from_": sandbox.keys.caller_ids[0], **URL}
    chosen = {name: value for name, value in {**good, **extra}.items() if value is not None}
    assert sandbox.calls.create(**chosen).status == "queued"


@pytest.mark.parametrize("code", ["21214", "21215", "21216", "21217", "21219", "10004", "20503"])
def test_refused_by_script(sandbox: Sandbox, code: str) -> None:
    sandbox.script(reps={REP: [code, "presses"]})
    with pytest.raises(TwilioRestException) as refusal:
        sandbox.ring()
    assert refusal.value.code == int(code)
    assert sandbox.truth()["calls"] == []


def client(sandbox: Sandbox, user: str, password: str, account: str | None = None) -> Client:
    asking = Client(user, password, account_sid=account or sandbox.keys.account_sid)
    asking.api.base_url = sandbox.url
    return asking


def test_an_api_key_opens_the_account_too(sandbox: Sandbox) -> None:
    asking = client(sandbox, sandbox.keys.api_key, sandbox.keys.api_secret)
    assert asking.calls.list() == []
    assert asking.api.accounts(sandbox.keys.account_sid).fetch().status == "active"


@pytest.mark.parametrize(("password", "account", "code"), [("wrong", None, 20003), (None, "AC0", 20404)])
def test_wrong_papers(sandbox: Sandbox, password: str | None, account: str | None, code: int) -> None:
    asking = client(sandbox, sandbox.keys.account_sid, password or sandbox.keys.auth_token, account)
    with pytest.raises(TwilioRestException) as refusal:
        asking.calls.create(to=REP, from_=sandbox.keys.caller_ids[0], **URL)
    assert refusal.value.code == code


def test_no_papers(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/2010-04-01/Accounts/AC0/Calls.json", timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_a_call_reads_back(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Pause length='5'/>")
    placed = sandbox.ring()
    sandbox.truth()
    call = sandbox.calls(placed.sid).fetch()
    assert (call.to, call._from, call.direction) == (REP, sandbox.keys.caller_ids[0], "outbound-api")
    assert (call.status, int(call.duration) >= 5) == ("completed", True)
    assert call.date_created <= call.start_time <= call.end_time


def test_an_unknown_call(sandbox: Sandbox) -> None:
    for ask in (sandbox.calls("CA0").fetch, lambda: sandbox.calls("CA0").update(status="completed")):
        with pytest.raises(TwilioRestException) as refusal:
            ask()
        assert (refusal.value.status, refusal.value.code) == (404, 20404)


def test_calls_are_listed_newest_first_and_filtered(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", f"<Dial>{CUSTOMER}</Dial>")
    sandbox.script(numbers={CUSTOMER: "busy"})
    first = sandbox.ring("a1").sid
    sandbox.truth()
    second = sandbox.ring("a2", from_=sandbox.keys.caller_ids[1]).sid
    sandbox.truth()

    def sids(**filters: Any) -> list[str]:
        return [call.sid for call in sandbox.calls.list(**filters) if not call.parent_call_sid]

    assert sids() == [second, first]
    assert sids(to=REP) == [second, first]
    assert sids(to="+13035550198") == []
    assert sids(from_=sandbox.keys.caller_ids[1]) == [second]
    assert sids(status="completed") == [second, first]
    assert sids(status="queued") == []
    (child,) = sandbox.calls.list(parent_call_sid=first)
    assert (child.to, child.status) == (CUSTOMER, "busy")
    began = sandbox.calls(first).fetch().start_time
    assert sids(start_time_after=began) == [second, first]
    assert sids(start_time=began.date()) == [second, first]
    assert sids(end_time_before=began.replace(year=2001)) == []


def test_lists_come_in_pages(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    placed = [sandbox.ring(f"a{nth}").sid for nth in range(5)]
    sandbox.truth()
    assert [call.sid for call in sandbox.calls.stream(page_size=2)] == placed[::-1]
    assert len(sandbox.calls.list(limit=3, page_size=2)) == 3


@pytest.mark.parametrize("status", ["completed", "canceled"])
def test_a_ringing_call_can_be_ended(sandbox: Sandbox, door: Door, status: str) -> None:
    sandbox.script(reps={REP: "no-answer"})
    call = sandbox.ring(timeout=600)
    sandbox.calls(call.sid).update(status=status)
    assert sandbox.truth()["calls"][0]["status"] == "canceled"
    assert door.at("/status")[-1].form["CallStatus"] == "canceled"


def test_an_answered_call_can_only_be_completed(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Pause length='20000'/>")
    call = sandbox.ring()
    until(lambda: bool(door.at("/answer")))
    assert sandbox.calls(call.sid).update(status="canceled").status == "in-progress"
    sandbox.calls(call.sid).update(status="completed")
    assert sandbox.truth()["calls"][0]["status"] == "completed"


def test_ending_the_reps_leg_ends_the_customers(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", f"<Dial timeout='20000'>{CUSTOMER}</Dial>")
    sandbox.script(numbers={CUSTOMER: "no-answer"})
    call = sandbox.ring()
    until(lambda: len(sandbox.get("/sandbox/truth")["calls"]) == 2)
    sandbox.calls(call.sid).update(status="completed")
    assert [call["status"] for call in sandbox.truth()["calls"]] == ["completed", "canceled"]


@pytest.mark.parametrize("status", ["completed", "canceled", "busy"])
def test_an_ended_call_cannot_be_ended(sandbox: Sandbox, door: Door, status: str) -> None:
    door.twiml("/answer", "<Hangup/>")
    call = sandbox.ring()
    sandbox.truth()
    with pytest.raises(TwilioRestException) as refusal:
        sandbox.calls(call.sid).update(status=status)
    assert refusal.value.code == (20001 if status == "busy" else 21220)
