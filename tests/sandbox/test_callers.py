"""People who call us: they obey our TwiML, leave a message, and it is reported as Twilio reports it."""

import io
import wave
from email.utils import parsedate_to_datetime

import pytest
import requests

from outreach.sandbox.callers import NO_NUMBER, calls_back
from outreach.sandbox.people import People
from tests.sandbox.playing import CUSTOMER, REP, Sandbox

RECORD = (
    '<Say>Hello.</Say><Record action="/webhooks/twilio/voicemail" maxLength="180" transcribe="true"'
    ' recordingStatusCallback="/webhooks/twilio/recording" recordingStatusCallbackEvent="completed absent"'
    ' transcribeCallback="/webhooks/twilio/transcription"/><Say>We heard nothing.</Say><Hangup/>'
)
SAYS = "This is Dana. Please call me back about the invoice."
INBOUND = "/webhooks/twilio/inbound"
REPORTS = [f"/webhooks/twilio/{kind}" for kind in ("voicemail", "recording", "transcription")]


def call_in(sandbox: Sandbox, says: str = SAYS, number: str = CUSTOMER) -> str:
    ordered = sandbox.post("/sandbox/calls", {"from": number, "says": says})
    assert ordered.status_code == 201
    return str(ordered.json()["sid"])


def test_a_caller_leaves_a_message_and_three_reports_come(sandbox: Sandbox) -> None:
    sandbox.door.twiml(INBOUND, RECORD)
    sandbox.door.twiml(REPORTS[0], "<Hangup/>")
    sid = call_in(sandbox)
    truth = sandbox.truth()
    (asked,) = sandbox.door.at(INBOUND)
    assert (asked.form["CallSid"], asked.form["From"], asked.form["Direction"]) == (sid, CUSTOMER, "inbound")
    posts = [sandbox.door.at(path) for path in REPORTS]
    assert [len(found) for found in posts] == [1, 1, 1]
    (recording,) = truth["recordings"]
    for (post,) in posts:
        assert sandbox.signed(post)
        assert post.form["RecordingSid"] == recording["sid"]
        assert post.form["AccountSid"] == sandbox.keys.account_sid
    assert posts[1][0].form["RecordingStatus"] == "completed"
    assert posts[2][0].form["TranscriptionText"] == SAYS == recording["says"]
    (call,) = truth["calls"]
    assert (call["direction"], call["status"], call["from_"]) == ("inbound", "completed", CUSTOMER)
    assert call["notices"] == []


def test_who_says_nothing_goes_on_to_the_next_verb(sandbox: Sandbox) -> None:
    sandbox.door.twiml(INBOUND, RECORD)
    call_in(sandbox, says="")
    (recording,) = sandbox.truth()["recordings"]
    assert recording["seconds"] == 0
    assert [len(sandbox.door.at(path)) for path in REPORTS] == [0, 1, 0]
    form = sandbox.door.at(REPORTS[1])[0].form
    assert (form["RecordingStatus"], form["ErrorCode"]) == ("absent", "16102")
    assert parsedate_to_datetime(form["RecordingStartTime"]).tzinfo
    assert _sound(sandbox, recording["sid"]).status_code == 404


def _sound(sandbox: Sandbox, ref: str, token: str | None = None) -> requests.Response:
    keys = sandbox.keys
    url = f"{sandbox.url}/2010-04-01/Accounts/{keys.account_sid}/Recordings/{ref}.wav"
    return requests.get(url, auth=(keys.account_sid, token or keys.auth_token), timeout=10)


def test_the_sound_can_be_fetched_with_our_keys_only(sandbox: Sandbox) -> None:
    sandbox.door.twiml(INBOUND, RECORD)
    call_in(sandbox)
    (recording,) = sandbox.truth()["recordings"]
    answer = _sound(sandbox, recording["sid"])
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (1, 8000)
        assert sound.getnframes() > 8000
    assert _sound(sandbox, recording["sid"], "another").status_code == 401
    assert _sound(sandbox, "RE" + "0" * 32).status_code == 404


@pytest.mark.parametrize(
    ("behaviour", "taken"), [("presses", True), ("voicemail", False), ("no-answer", False)]
)
def test_a_rep_is_rung_and_a_key_takes_the_call(sandbox: Sandbox, behaviour: str, taken: bool) -> None:
    sandbox.script(reps={REP: behaviour})
    ours = sandbox.keys.caller_ids[0]
    number = f'<Number url="/whisper">{REP}</Number>'
    sandbox.door.twiml(INBOUND, f'<Dial action="/over" timeout="20" callerId="{ours}">{number}</Dial>')
    sandbox.door.twiml("/whisper", '<Gather numDigits="1" action="/key"><Say>Harbor</Say></Gather><Hangup/>')
    sandbox.door.twiml("/key", "")
    sandbox.door.twiml("/over", "<Hangup/>")
    sid = call_in(sandbox)
    calls = {call["direction"]: call for call in sandbox.truth()["calls"]}
    assert calls["outbound-dial"]["parent_sid"] == sid
    assert calls["outbound-dial"]["to"] == REP
    assert len(sandbox.door.at("/key")) == taken
    assert len(sandbox.door.at("/over")) == 1


@pytest.mark.parametrize("faults", [{"lost": 1.0}, {"duplicate": 1.0}])
def test_faults_lose_and_repeat_the_reports(sandbox: Sandbox, faults: dict[str, float]) -> None:
    sandbox.faults(webhooks=faults)
    sandbox.door.twiml(INBOUND, RECORD)
    sandbox.door.twiml(REPORTS[0], "<Hangup/>")
    call_in(sandbox)
    sandbox.truth()
    times = 0 if "lost" in faults else 2
    assert [len(sandbox.door.at(path)) for path in REPORTS[1:]] == [times, times]


@pytest.mark.parametrize("order", [{}, {"from": 5}, {"from": CUSTOMER, "to": "+19990000000"}])
def test_an_order_that_makes_no_sense_is_refused(sandbox: Sandbox, order: dict[str, object]) -> None:
    assert sandbox.post("/sandbox/calls", order).status_code == 400


def test_a_share_of_those_not_reached_calls_back_once() -> None:
    people = People(seed=3, call_backs=0.25)
    numbers = [f"+1212{n:07d}" for n in range(2000)]
    found = [caller for number in numbers if (caller := calls_back(people, number, 0))]
    assert 400 < len(found) < 600
    assert [calls_back(people, number, 0) for number in numbers] == [
        calls_back(people, number, 0) for number in numbers
    ]
    assert not any(calls_back(people, number, 1) for number in numbers)
    assert {NO_NUMBER, *numbers} & {caller.number for caller in found}
    assert any(not caller.says for caller in found)
    assert calls_back(People(seed=3), numbers[0], 0) is None
