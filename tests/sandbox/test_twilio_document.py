"""The sandbox beside Twilio's OpenAPI document: what breaks it is refused, what is answered keeps to it."""

from typing import Any

import pytest
import requests

from outreach.sandbox.twilio_errors import ERRORS, NOTICES
from tests.sandbox.openapi import TWILIO
from tests.sandbox.playing import CUSTOMER, REP, Door, Sandbox

ROOT = "/2010-04-01/Accounts/{AccountSid}"
CALLS, NOTES = f"{ROOT}/Calls.json", f"{ROOT}/Calls/{{CallSid}}/Notifications.json"
CALL, ACCOUNT = f"{ROOT}/Calls/{{Sid}}.json", "/2010-04-01/Accounts/{Sid}.json"
SCHEMA = TWILIO.request(CALLS)["properties"]
BAD = {  # by what the document says of a parameter
    "integer": ["many", "1.5", "-1", ""],
    "boolean": ["maybe", "1"],
    "uri": ["nowhere", "ftp://example.com/a", "http://our_host/a", "http:///a"],
    "http-method": ["PUT", "post"],
    "pattern": ["AP", "BY0", "x" * 34],
    "endpoint": ["5550101", "+0123456789", "+999123456789", "client:rep_7"],
}
# What its prose says: `Can be:`, `Possible Values:`, and lengths.
PROSE: dict[str, tuple[list[str], list[str]]] = {  # good ones, bad ones
    "MachineDetection": (["Enable", "DetectMessageEnd"], ["enable", "true"]),
    "MachineDetectionSpeechThreshold": (["1000", "6000"], ["999", "6001"]),
    "MachineDetectionSpeechEndThreshold": (["500", "5000"], ["499", "5001"]),
    "MachineDetectionSilenceTimeout": (["2000", "10000"], ["1999", "10001"]),
    "AsyncAmd": (["true", "false"], ["True", "yes"]),
    "RecordingChannels": (["mono", "dual"], ["stereo"]),
    "RecordingTrack": (["inbound", "outbound", "both"], ["all"]),
    "Trim": (["trim-silence", "do-not-trim"], ["trim"]),
    "StatusCallbackEvent": (["initiated", "ringing", "answered", "completed"], ["in-progress"]),
    "RecordingStatusCallbackEvent": (["in-progress", "completed", "absent", "completed absent"], ["done"]),
    "RecordingStatusCallback": (["http://127.0.0.1:1/recording"], ["nowhere"]),
    "SendDigits": (["0123456789ABCD#*wW", "1" * 32], ["12x", "1" * 33, ""]),
    "Timeout": (["1", "600"], ["0", "601"]),
    "Twiml": (["<Response/>"], ["x" * 4001]),
}
# The document's own kind is all there is to say of these, and of these nothing.
FREE = {"SipAuthUsername", "SipAuthPassword", "CallReason", "CallToken", "CallerId"}


def kind_of(schema: dict[str, Any]) -> str:
    return "pattern" if "pattern" in schema else str(schema.get("format", schema["type"]))


BREACHES = [
    *((name, bad) for name, schema in SCHEMA.items() for bad in BAD.get(kind_of(schema), [])),
    *((name, bad) for name, (_, wrong) in PROSE.items() for bad in wrong),
]


class Caller:
    """Posts forms of its own making: Twilio's client would not send some of them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.root = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.keys.account_sid}"
        self.good = {"To": REP, "From": sandbox.keys.caller_ids[0], "Url": f"{sandbox.door.url}/answer"}

    def create(self, **changes: Any) -> requests.Response:
        """None leaves a parameter out."""
        form = {name: value for name, value in {**self.good, **changes}.items() if value is not None}
        return self.ask("POST", "/Calls.json", data=form)

    def ask(self, method: str, path: str, **how: Any) -> requests.Response:
        papers = (self.sandbox.keys.account_sid, self.sandbox.keys.auth_token)
        return requests.request(method, self.root + path, auth=papers, timeout=10, **how)


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


def test_every_parameter_is_judged() -> None:
    assert set(SCHEMA) - {name for name, _ in BREACHES} == FREE


@pytest.mark.parametrize(("name", "bad"), BREACHES)
def test_what_breaks_the_document_is_refused(caller: Caller, name: str, bad: str) -> None:
    without_url = {"Url": None} if name == "Twiml" else {}
    answer = caller.create(**{**without_url, name: bad})
    assert answer.status_code == 400
    error = answer.json()
    assert (error["status"], error["code"] in ERRORS) == (400, True)
    assert error["more_info"].endswith(f"/docs/errors/{error['code']}")
    assert caller.sandbox.truth()["calls"] == []


@pytest.mark.parametrize(
    ("name", "good"), [(name, good) for name, (right, _) in PROSE.items() for good in right]
)
def test_what_keeps_to_it_is_taken(caller: Caller, name: str, good: str) -> None:
    answer = caller.create(**{name: good})
    assert (answer.status_code, faults(answer, CALLS, "post")) == (201, [])


# x-twilio.conditional: one of the three; a Url goes before Twiml, an application (this account has none)
# before both
WAYS: list[tuple[dict[str, Any], int, int | None]] = [
    ({"Url": None}, 400, 21205),
    ({"Url": "", "Twiml": ""}, 400, 21205),
    ({"Url": None, "Twiml": "<Response/>"}, 201, None),
    ({"Twiml": "<Response/>"}, 201, None),
    ({"Url": None, "ApplicationSid": "AP" + "0" * 32}, 400, 21218),
    ({"ApplicationSid": "AP" + "0" * 32}, 400, 21218),
]


@pytest.mark.parametrize(("changes", "status", "code"), WAYS)
def test_what_to_do_after_the_answer(
    caller: Caller, changes: dict[str, Any], status: int, code: int | None
) -> None:
    answer = caller.create(**changes)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_url_goes_before_twiml(caller: Caller, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    caller.create(Twiml="<Response/>")
    caller.sandbox.truth()
    assert len(door.at("/answer")) == 1


@pytest.mark.parametrize(("digits", "detected"), [({}, ["human"]), ({"SendDigits": "wW12"}, [])])
def test_digits_to_send_leave_nothing_to_detect(
    caller: Caller, door: Door, digits: dict[str, str], detected: list[str]
) -> None:
    door.twiml("/answer", "<Pause length='9'/>")
    amd = {"MachineDetection": "Enable", "AsyncAmd": "true", "AsyncAmdStatusCallback": f"{door.url}/amd"}
    caller.create(**amd, **digits)
    caller.sandbox.truth()
    assert [post.form["AnsweredBy"] for post in door.at("/amd")] == detected


# providers.md A 2.1, "Error codes": those that answer a request
DOCUMENTED = {
    **dict.fromkeys((20005, 10001, 10004, 21201, 21213, 21205, 21210, 21212, 21211, 21214, 21217), 400),
    **dict.fromkeys((21215, 21216, 21218, 21219, 21220, 21626), 400),
    20003: 401,
    20404: 404,
    20429: 429,
    20500: 500,
    20503: 503,
}


@pytest.mark.parametrize(("code", "status"), sorted(DOCUMENTED.items()))
def test_every_documented_code_can_be_met(caller: Caller, code: int, status: int) -> None:
    caller.sandbox.script(reps={REP: str(code)})
    answer = caller.create()
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert caller.sandbox.truth()["calls"] == []


def test_every_documented_notice_has_words() -> None:
    assert {13223, 13224, 13225, 13226, 13227, 11200, 11205, 12100, 12300} <= set(NOTICES)


def test_a_number_of_no_country_ends_the_dial(caller: Caller, door: Door) -> None:
    door.twiml("/answer", '<Dial action="/done">+999123456789</Dial>')
    door.twiml("/done", "<Hangup/>")
    caller.create()
    (call,) = caller.sandbox.truth()["calls"]
    assert [notice["code"] for notice in call["notices"]] == [13226]
    assert door.at("/done")[0].form["DialCallStatus"] == "failed"


def faults(answer: requests.Response, path: str, method: str) -> list[str]:
    schema = TWILIO.answer(path, method, answer.status_code)
    assert schema is not None
    return TWILIO.faults(answer.json(), schema)


# how the customer's phone behaves: every end a call can have
ENDS = ["human", "machine", "no-answer", "busy", "failed", "bad-number", "blocked", "fax", "answered"]


@pytest.mark.parametrize("behaviour", ENDS)
def test_answers_keep_to_the_document(caller: Caller, door: Door, behaviour: str) -> None:
    door.twiml("/answer", f"<Dial>{CUSTOMER}</Dial><Hangup/>")
    caller.sandbox.script(numbers={CUSTOMER: behaviour})
    placed = caller.create()
    assert (placed.status_code, faults(placed, CALLS, "post")) == (201, [])
    caller.sandbox.truth()
    listed = caller.ask("GET", "/Calls.json")
    assert faults(listed, CALLS, "get") == []
    calls = listed.json()["calls"]
    assert len(calls) == 2
    for call in calls:
        assert faults(caller.ask("GET", f"/Calls/{call['sid']}.json"), CALL, "get") == []
        assert faults(caller.ask("GET", f"/Calls/{call['sid']}/Notifications.json"), NOTES, "get") == []
        # "empty for busy, failed, unanswered, or ongoing calls"
        assert (call["duration"] is not None) == (call["status"] == "completed")
    assert faults(caller.ask("GET", ".json"), ACCOUNT, "get") == []


def test_a_live_call_and_its_end_keep_to_the_document(caller: Caller) -> None:
    caller.sandbox.script(reps={REP: "no-answer"})
    sid = caller.create(Timeout=600).json()["sid"]
    live = caller.ask("GET", f"/Calls/{sid}.json")
    assert (faults(live, CALL, "get"), live.json()["duration"], live.json()["end_time"]) == ([], None, None)
    ended = caller.ask("POST", f"/Calls/{sid}.json", data={"Status": "canceled"})
    assert (ended.status_code, faults(ended, CALL, "post")) == (200, [])


@pytest.mark.parametrize("status", ["ended", "busy", ""])
def test_a_call_cannot_be_made_anything_else(caller: Caller, status: str) -> None:
    sid = caller.create().json()["sid"]
    answer = caller.ask("POST", f"/Calls/{sid}.json", data={"Status": status})
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_pages_keep_to_the_document(caller: Caller, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    for _ in range(5):
        caller.create()
    caller.sandbox.truth()
    pages = [caller.ask("GET", "/Calls.json", params={"PageSize": "2"})]
    while more := pages[-1].json()["next_page_uri"]:
        pages.append(caller.ask("GET", more.removeprefix(caller.root.removeprefix(caller.sandbox.url))))
    assert [faults(page, CALLS, "get") for page in pages] == [[], [], []]
    shown = [page.json() for page in pages]
    assert [(page["page"], page["start"], page["end"]) for page in shown] == [(0, 0, 1), (1, 2, 3), (2, 4, 4)]
    assert len({call["sid"] for page in shown for call in page["calls"]}) == 5
    assert shown[0]["previous_page_uri"] is None
    back = caller.ask("GET", "/Calls.json", params={"PageSize": "2", "Page": "0"}).json()
    assert back["calls"] == shown[0]["calls"]


BAD_QUERIES = [
    *({"PageSize": size} for size in ("0", "1001", "-1", "many", "1" * 20)),
    *({"Page": page} for page in ("-1", "first")),
    *({"Status": status} for status in ("done", "initiated", "")),
    *({name: "yesterday"} for name in ("StartTime", "StartTime<", "StartTime>", "EndTime>")),
    {"ParentCallSid": "CA0"},
]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_question_that_breaks_the_document(caller: Caller, query: dict[str, str]) -> None:
    assert set(query) <= set(TWILIO.query(CALLS))
    answer = caller.ask("GET", "/Calls.json", params=query)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/Messages.json", 404, 20404), ("PUT", "/Calls.json", 405, 20004)],
)
def test_what_there_is_not(caller: Caller, method: str, path: str, status: int, code: int) -> None:
    answer = caller.ask(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


# providers.md A 2.1: what Twilio says of a call in each request, and what each kind of request adds
OF_A_CALL = {
    *("CallSid", "AccountSid", "From", "To", "Caller", "Called", "CallStatus", "Direction", "ApiVersion"),
    *(f"{who}{what}" for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip")),
    *(f"{who}Country" for who in ("From", "To", "Caller", "Called")),
}
PROGRESS = OF_A_CALL | {"Timestamp", "CallbackSource", "SequenceNumber"}
AT_THE_END = {"CallDuration", "Duration"}
MAY_BE = {"ParentCallSid", "SipResponseCode", "AnsweredBy", "ErrorCode", "ErrorMessage"}
ANSWERED_BY = {
    *("human", "fax", "unknown", "machine_start"),
    *("machine_end_beep", "machine_end_silence", "machine_end_other"),
}
BRIDGE = f"""
<Dial action="/done"><Number statusCallback="/status?leg=customer" machineDetection="Enable"
  amdStatusCallback="/amd" statusCallbackEvent="initiated ringing answered completed">
  {CUSTOMER}</Number></Dial>"""
STATUSES = {"initiated", *TWILIO.query(CALLS)["Status"]["enum"]}


@pytest.mark.parametrize("behaviour", ENDS)
def test_reports_have_the_documented_fields(caller: Caller, door: Door, behaviour: str) -> None:
    door.twiml("/answer", BRIDGE)
    door.twiml("/done", "<Hangup/>")
    caller.sandbox.script(numbers={CUSTOMER: behaviour})
    caller.sandbox.ring()
    caller.sandbox.truth()
    for post in door.at("/status"):
        form, fields = post.form, set(post.form)
        over = form["CallStatus"] in ("completed", "busy", "failed", "no-answer", "canceled")
        assert fields - MAY_BE == PROGRESS | (AT_THE_END if over else set())
        assert form["CallStatus"] in STATUSES
        assert form["Direction"] == ("outbound-dial" if "ParentCallSid" in form else "outbound-api")
        assert form["CallbackSource"] == "call-progress-events"
        assert form.get("AnsweredBy", "human") in ANSWERED_BY
        timestamp = {"type": "string", "format": "date-time-rfc-2822"}
        assert TWILIO.faults(form["Timestamp"], timestamp) == []
        assert -(-int(form.get("CallDuration", "0")) // 60) == int(form.get("Duration", "0"))
    for post in door.at("/amd"):
        assert set(post.form) == {"CallSid", "AccountSid", "AnsweredBy", "MachineDetectionDuration"}
        assert post.form["AnsweredBy"] in ANSWERED_BY
    (done,) = door.at("/done")
    assert set(done.form) - {"DialCallDuration"} == OF_A_CALL | {
        *("DialCallSid", "DialCallStatus", "DialBridged")
    }
    assert done.form["DialCallStatus"] in {"completed", "busy", "no-answer", "failed", "canceled"}
