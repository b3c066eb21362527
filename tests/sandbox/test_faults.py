"""Faults on request: what the client sees, what was accepted all the same, and what reaches the door."""

import json
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from python_http_client.exceptions import InternalServerError, TooManyRequestsError
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from outreach.sandbox import faults
from outreach.sandbox.faults import Answers, Dice, Faults, Webhooks, parse, read
from tests.sandbox.playing import REP, Door, Post, Sandbox, playing
from tests.sandbox.test_life_of_letters import send

# the fault, what the Twilio client raises, its HTTP status, whether the call was accepted
ANSWERS: list[tuple[str, type[Exception] | None, int | None, bool]] = [
    ("late", None, 201, True),
    ("lost", requests.ConnectionError, None, True),
    ("hung", requests.ReadTimeout, None, True),
    ("garbled", json.JSONDecodeError, 201, True),
    ("error_accepted", TwilioRestException, 500, True),
    ("error", TwilioRestException, 500, False),
    ("dropped", requests.ConnectionError, None, False),
    ("throttled", TwilioRestException, 429, False),
]


@pytest.mark.parametrize(("fault", "seen", "answer", "accepted"), ANSWERS)
def test_an_answer_goes_wrong(
    sandbox: Sandbox, door: Door, fault: str, seen: type[Exception] | None, answer: int | None, accepted: bool
) -> None:
    door.twiml("/answer", "<Hangup/>")
    sandbox.faults(answers={fault: 1, "late_ms": 20})
    client = Client(
        sandbox.keys.account_sid, sandbox.keys.auth_token, http_client=TwilioHttpClient(timeout=0.5)
    )
    client.api.base_url = sandbox.url
    order = {"to": REP, "from_": sandbox.keys.caller_ids[0], "url": f"{door.url}/answer?attempt=a7"}
    if seen is None:
        client.calls.create(**order)
    else:
        with pytest.raises(seen):
            client.calls.create(**order)
    truth = sandbox.truth()
    assert [call["attempt"] for call in truth["calls"]] == ["a7"] * accepted
    (request,) = truth["requests"]
    assert (request["order"], request["fault"], request["answer"]) == ("a7", fault, answer)
    assert len(request["accepted"]) == accepted


@pytest.mark.parametrize(("fault", "accepted"), [(name, accepted) for name, _, _, accepted in ANSWERS])
def test_letters_meet_the_same_faults(sandbox: Sandbox, fault: str, accepted: bool) -> None:
    sandbox.faults(answers={fault: 1, "late_ms": 20, "hung_ms": 100})
    try:
        send(sandbox, mid="m9")
    except Exception:  # noqa: BLE001 - what the client raises is not what this test is about
        assert fault != "late"
    truth = sandbox.truth()
    assert [letter["mid"] for letter in truth["letters"]] == ["m9"] * accepted
    assert [request["order"] for request in truth["requests"]] == ["m9"]


def test_429_says_when_to_come_back(sandbox: Sandbox) -> None:
    sandbox.faults(answers={"throttled": 1, "retry_after": 7})
    account = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.keys.account_sid}"
    twilio = requests.post(f"{account}/Calls.json", timeout=5)
    assert (twilio.status_code, twilio.json()["code"], twilio.headers["Retry-After"]) == (429, 20429, "7")
    with pytest.raises(TooManyRequestsError) as refusal:
        send(sandbox)
    assert refusal.value.headers["X-RateLimit-Remaining"] == "0"
    assert int(refusal.value.headers["X-RateLimit-Reset"]) > 1_700_000_000


def test_reading_fails_too(sandbox: Sandbox) -> None:
    sandbox.faults(answers={"error": 1})
    with pytest.raises(TwilioRestException):
        sandbox.calls("CA0").fetch()
    assert sandbox.truth()["requests"] == []  # only orders are on record


def test_a_duplicate_is_posted_twice(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    sandbox.faults(webhooks={"duplicate": 1, "spread_ms": 20})
    sandbox.ring()
    sandbox.truth()
    assert sorted(post.form["SequenceNumber"] for post in door.at("/status")) == sorted("00112233")
    sandbox.faults()
    assert sandbox.get("/sandbox/faults")["duplicate"] == 5  # the answer's question, and four reports
    assert len(door.at("/answer")) == 2  # Twilio asks again: the first document never reached it


def test_a_lost_report_never_comes(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    sandbox.faults(webhooks={"lost": 1})
    sandbox.ring()
    send(sandbox)
    truth = sandbox.truth()
    assert [post for post in door.posts if post.path != "/answer"] == []
    assert truth["calls"][0]["status"] == "completed"
    assert truth["letters"][0]["events"]


def test_shuffled_reports_overtake_each_other(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    sandbox.faults(webhooks={"shuffled": 0.5, "spread_ms": 200}, seed=4)
    for nth in range(4):
        sandbox.ring(f"a{nth}")
    sandbox.truth()
    orders = [
        [post.form["SequenceNumber"] for post in door.at("/status") if post.query["attempt"] == f"a{nth}"]
        for nth in range(4)
    ]
    assert all(sorted(order) == list("0123") for order in orders)
    assert any(order != list("0123") for order in orders)


def test_an_early_report_is_there_before_the_answer(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    sandbox.faults(webhooks={"early": 1})
    sandbox.ring()
    assert door.at("/status")
    send(sandbox)
    assert door.events()


def test_late_detection_comes_after_the_end(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Pause length='200'/>")
    sandbox.faults(webhooks={"late_amd": 1})
    sandbox.ring(machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{door.url}/amd")
    told: list[datetime] = []  # by the clock: on the wire the report of the end may be the slower one

    def detected(post: Post) -> tuple[int, str, str]:
        told.append(datetime.now(UTC))
        return 204, "text/plain", ""

    door.answers["/amd"] = detected
    (call,) = sandbox.truth()["calls"]
    assert len(told) == 1
    assert told[0] > datetime.fromisoformat(call["ended_at"])


def test_the_carriers_queue_holds_a_call(sandbox: Sandbox, door: Door) -> None:
    sandbox.faults(calls={"queued": 1, "queue_ms": 60_000})
    call = sandbox.ring()
    assert sandbox.calls(call.sid).fetch().status == "queued"
    assert sandbox.calls.list(start_time_after="2020-01-01") == []
    sandbox.calls(call.sid).update(status="canceled")
    assert sandbox.truth()["calls"][0]["ringing_at"] is None
    assert [post.form["CallStatus"] for post in door.at("/status")] == ["canceled"]


def test_half_of_them(sandbox: Sandbox) -> None:
    sandbox.faults(answers={"error": 0.25, "error_accepted": 0.25})
    for nth in range(40):
        with suppress(InternalServerError):
            send(sandbox, mid=f"m{nth}")
    truth = sandbox.truth()
    drawn = [request["fault"] for request in truth["requests"]]
    assert set(drawn) == {None, "error", "error_accepted"}
    assert len(truth["letters"]) == 40 - drawn.count("error")


def test_the_same_seed_draws_the_same() -> None:
    chosen = Faults(Answers(late=0.3, error=0.3), Webhooks(lost=0.2, duplicate=0.3), seed=5)

    def draws(chosen: Faults) -> list[object]:
        dice = Dice(chosen)
        return [(dice.answer(), dice.deliveries()) for _ in range(50)]

    assert draws(chosen) == draws(chosen)
    assert draws(chosen) != draws(Faults(chosen.answers, chosen.webhooks, seed=6))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"answers": {"late": 2}}, "'late' must be a share from 0 to 1"),
    ({"answers": {"late": "often"}}, "'late' must be a share from 0 to 1"),
    ({"answers": {"late": True}}, "'late' must be a share from 0 to 1"),
    ({"answers": {"late_ms": -1}}, "'late_ms' must be a whole number"),
    ({"answers": {"late_ms": 0.5}}, "'late_ms' must be a whole number"),
    ({"answers": {"explode": 1}}, "'explode' is no known fault"),
    ({"answers": {"late": 0.6, "lost": 0.6}}, "add up to more than 1"),
    ({"webhooks": 3}, "are tables of names and values"),
    ({"weather": {}}, "'weather' is no known part"),
    ({"seed": "x"}, "'seed' must be a whole number"),
]


@pytest.mark.parametrize(("table", "sentence"), WRONG)
def test_nonsense_is_refused_by_name(sandbox: Sandbox, table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(table)
    answer = sandbox.post("/sandbox/faults", table)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_faults_come_from_a_file(tmp_path: Path, door: Door) -> None:
    file = tmp_path / "faults.toml"
    file.write_text("seed = 2\n[answers]\nerror = 1\n")
    assert read(file) == Faults(Answers(error=1.0), seed=2)
    with playing(tmp_path, door, faults=file) as sandbox, pytest.raises(TwilioRestException):
        sandbox.ring()
    file.write_text("[answers\n")
    with pytest.raises(ValueError, match=r"the faults .*faults.toml cannot be used"):
        read(file)


def test_the_example_in_the_documentation_is_one() -> None:
    assert faults.__doc__
    example = faults.__doc__.split("\n\n", 1)[1]
    parsed = parse(tomllib.loads(example))
    assert set(vars(parsed.webhooks)) - {"spread_ms"} == set(tomllib.loads(example)["webhooks"])
