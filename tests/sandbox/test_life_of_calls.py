"""A two-leg call from the rep's phone to its last report, by every behaviour."""

import pytest

from tests.sandbox.playing import CUSTOMER, REP, Door, Post, Sandbox

BRIDGE = """
<Gather numDigits="1" action="/answer?attempt=a1" timeout="5"><Say>Press any key.</Say></Gather>
<Say>Goodbye.</Say>
"""


def dial(number: str = CUSTOMER, **attributes: str) -> str:
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"""
    <Say>Connecting you.</Say>
    <Dial action="/dial-done?attempt=a1" timeout="25" callerId="+12125550190">
      <Number statusCallback="/status?attempt=a1&amp;leg=customer"
              statusCallbackEvent="initiated ringing answered completed"
              machineDetection="Enable" amdStatusCallback="/amd?attempt=a1"{extra}>{number}</Number>
    </Dial>"""


@pytest.fixture
def bridged(sandbox: Sandbox, door: Door) -> Sandbox:
    door.twiml("/answer", BRIDGE, dial())
    door.twiml("/dial-done", "<Hangup/>")
    return sandbox


def statuses(posts: list[Post]) -> list[str]:
    return [post.form["CallStatus"] for post in posts]


def legs(door: Door) -> tuple[list[Post], list[Post]]:
    """The status callbacks of the rep's and of the customer's leg."""
    posts = door.at("/status")
    customer = [post for post in posts if post.query.get("leg") == "customer"]
    return [post for post in posts if post not in customer], customer


ANSWERED = ["initiated", "ringing", "in-progress", "completed"]

# behaviour, the child's callbacks, DialCallStatus, the detection's result, what the last callback adds
CUSTOMERS = [
    ("human", ANSWERED, "completed", "human", {}),
    ("answered", ANSWERED, "completed", None, {}),
    ("machine", ANSWERED, "completed", "machine_start", {}),
    ("fax", ANSWERED, "completed", "fax", {}),
    ("no-answer", ["initiated", "ringing", "no-answer"], "no-answer", None, {}),
    ("busy", ["initiated", "ringing", "busy"], "busy", None, {"SipResponseCode": "486"}),
    ("failed", ["initiated", "failed"], "failed", None, {"SipResponseCode": "503"}),
    ("bad-number", ["initiated", "failed"], "failed", None, {"ErrorCode": "13224"}),
    ("blocked", ["initiated", "failed"], "failed", None, {"SipResponseCode": "603", "ErrorCode": "13225"}),
]


@pytest.mark.parametrize(("behaviour", "reported", "ended", "detected", "says"), CUSTOMERS)
def test_the_customer(
    bridged: Sandbox,
    door: Door,
    behaviour: str,
    reported: list[str],
    ended: str,
    detected: str | None,
    says: dict[str, str],
) -> None:
    bridged.script(numbers={CUSTOMER: behaviour})
    call = bridged.ring()
    truth = bridged.truth()

    rep, customer = legs(door)
    assert statuses(rep) == ANSWERED
    assert statuses(customer) == reported
    assert [int(post.form["SequenceNumber"]) for post in customer] == list(range(len(reported)))
    assert customer[-1].form | says == customer[-1].form
    assert {post.form["ParentCallSid"] for post in customer} == {call.sid}
    assert [post.form["AnsweredBy"] for post in door.at("/amd")] == ([detected] if detected else [])
    (done,) = door.at("/dial-done")
    assert done.form["DialCallStatus"] == ended
    assert done.form["DialCallSid"] == customer[0].form["CallSid"]
    assert ("DialCallDuration" in done.form) == (ended == "completed")
    child = truth["calls"][1]
    assert (child["to"], child["behaviour"], child["attempt"]) == (CUSTOMER, behaviour, "a1")
    assert (child["ringing_at"] is not None) == ("ringing" in reported)
    assert all(bridged.signed(post) for post in door.posts)


REPS = [
    ("no-answer", ["initiated", "ringing", "no-answer"], 0),
    ("busy", ["initiated", "ringing", "busy"], 0),
    ("failed", ["initiated", "failed"], 0),
    ("voicemail", ANSWERED, 1),
    ("ignores", ANSWERED, 1),
]


@pytest.mark.parametrize(("behaviour", "reported", "documents"), REPS)
def test_a_rep_who_is_not_there_never_rings_the_customer(
    bridged: Sandbox, door: Door, behaviour: str, reported: list[str], documents: int
) -> None:
    bridged.script(reps={REP: behaviour})
    bridged.ring()
    truth = bridged.truth()
    assert statuses(legs(door)[0]) == reported
    assert len(door.at("/answer")) == documents
    assert [call["to"] for call in truth["calls"]] == [REP]


def test_a_rep_who_leaves_while_it_rings_cancels_the_customer(bridged: Sandbox, door: Door) -> None:
    bridged.script(reps={REP: "hangs-up"}, numbers={CUSTOMER: "no-answer"})
    bridged.ring()
    truth = bridged.truth()
    assert [call["status"] for call in truth["calls"]] == ["completed", "canceled"]
    assert door.at("/dial-done")[0].form["DialCallStatus"] == "canceled"


def test_the_key_comes_to_the_action(bridged: Sandbox, door: Door) -> None:
    bridged.script(numbers={CUSTOMER: "busy"})
    bridged.ring()
    truth = bridged.truth()
    first, second = door.at("/answer")
    assert "Digits" not in first.form
    assert (first.form["CallStatus"], second.form["Digits"]) == ("in-progress", "1")
    assert truth["calls"][0]["key"] == "1"


def test_reports_say_what_twilio_says(bridged: Sandbox, door: Door) -> None:
    bridged.script(numbers={CUSTOMER: "human"})
    bridged.ring()
    bridged.truth()
    _, customer = legs(door)
    first, last = customer[0].form, customer[-1].form
    assert first["CallbackSource"] == "call-progress-events"
    assert first["Timestamp"].endswith("+0000")
    assert (first["Direction"], first["From"], first["To"]) == ("outbound-dial", "+12125550190", CUSTOMER)
    assert first["FromCity"] == ""  # an empty parameter is signed too
    assert int(last["CallDuration"]) >= 20
    assert int(last["Duration"]) == -(-int(last["CallDuration"]) // 60)


def test_an_extension_leaves_nothing_to_detect(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", dial(sendDigits="wW1234#"))
    sandbox.script(numbers={CUSTOMER: "human"})
    sandbox.ring()
    assert sandbox.truth()["calls"][1]["digits"] == "wW1234#"
    assert door.at("/amd") == []


def test_the_whisper_is_fetched_on_the_customers_leg(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", dial(url="/whisper?attempt=a1"))
    door.twiml("/whisper", "<Say>This call is from Acme.</Say>")
    sandbox.script(numbers={CUSTOMER: "human"})
    call = sandbox.ring()
    sandbox.truth()
    (whisper,) = door.at("/whisper")
    assert whisper.form["ParentCallSid"] == call.sid
    assert whisper.form["To"] == CUSTOMER


SEQUENCES = [(["no-answer", "human"], ["no-answer", "completed", "completed"]), (["busy"], ["busy"] * 3)]


@pytest.mark.parametrize(("script", "ends"), SEQUENCES)
def test_each_attempt_meets_the_next_behaviour(
    sandbox: Sandbox, door: Door, script: list[str], ends: list[str]
) -> None:
    door.twiml("/answer", dial())
    sandbox.script(numbers={CUSTOMER: script})
    found = []
    for nth in range(3):
        sandbox.ring(f"a{nth}")
        found.append(sandbox.truth()["calls"][-1]["status"])
    assert found == ends


# the document, the code in Twilio's debugger
UNUSABLE = [
    ((200, "text/xml", "<Response><Say>"), 12100),
    ((200, "text/xml", "<Other/>"), 12100),
    ((200, "text/xml", ""), 12100),
    ((200, "application/json", "{}"), 12300),
    ((503, "text/plain", ""), 11200),
]


@pytest.mark.parametrize(("answer", "code"), UNUSABLE)
def test_an_unusable_document_ends_the_call(
    sandbox: Sandbox, door: Door, answer: tuple[int, str, str], code: int
) -> None:
    door.answers["/answer"] = lambda post: answer
    call = sandbox.ring()
    truth = sandbox.truth()
    assert [notice["code"] for notice in truth["calls"][0]["notices"]] == [code]
    assert statuses(door.at("/status"))[-1] == "completed"
    (listed,) = sandbox.calls(call.sid).notifications.list()
    assert listed.error_code == str(code)


def test_a_fallback_is_asked_with_the_error(sandbox: Sandbox, door: Door) -> None:
    door.status("/answer", 500)
    door.twiml("/fallback", "<Hangup/>")
    sandbox.ring(fallback_url=f"{door.url}/fallback")
    sandbox.truth()
    (fallback,) = door.at("/fallback")
    assert fallback.form["ErrorCode"] == "11200"


WARNINGS = [
    ("<Whistle/><Hangup/>", 12200),
    ('<Say volume="11">Hello</Say>', 12200),
    (dial("5550101"), 13223),
    (dial("+999555010100"), 13226),
    (dial("+37167222222"), 13227),
    (dial().replace("+12125550190", "+19005550000"), 13214),
]


@pytest.mark.parametrize(("document", "code"), WARNINGS)
def test_what_twilio_does_not_know_is_a_warning(
    sandbox: Sandbox, door: Door, document: str, code: int
) -> None:
    door.twiml("/answer", document)
    door.twiml("/dial-done", "<Hangup/>")
    sandbox.ring()
    truth = sandbox.truth()
    assert [notice["code"] for notice in truth["calls"][0]["notices"]] == [code]
    assert len(truth["calls"]) == 1
    if code != 12200:
        assert door.at("/dial-done")[0].form["DialCallStatus"] == "failed"


def test_twiml_may_come_with_the_request(sandbox: Sandbox) -> None:
    document = f"<Response><Dial>{CUSTOMER}</Dial></Response>"
    sandbox.script(numbers={CUSTOMER: "busy"})
    sandbox.calls.create(to=REP, from_=sandbox.keys.caller_ids[0], twiml=document)
    assert [call["status"] for call in sandbox.truth()["calls"]] == ["completed", "busy"]


@pytest.mark.parametrize(
    ("rep", "extra", "at_answer", "posted"),
    [
        ("presses", {"machine_detection": "Enable"}, "human", []),
        ("voicemail", {"machine_detection": "DetectMessageEnd"}, "machine_end_beep", []),
        ("voicemail", {"machine_detection": "Enable", "async_amd": "true"}, None, ["machine_start"]),
    ],
)
def test_detection_on_the_reps_leg(
    sandbox: Sandbox, door: Door, rep: str, extra: dict[str, str], at_answer: str | None, posted: list[str]
) -> None:
    door.twiml("/answer", "<Pause length='20'/>")
    sandbox.script(reps={REP: rep})
    sandbox.ring(**extra, async_amd_status_callback=f"{door.url}/amd")
    sandbox.truth()
    assert door.at("/answer")[0].form.get("AnsweredBy") == at_answer
    assert [post.form["AnsweredBy"] for post in door.at("/amd")] == posted
