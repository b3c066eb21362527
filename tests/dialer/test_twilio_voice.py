"""The adapter by itself: what each of Twilio's answers proves, and that one order is one request."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError

from outreach.dialer.carrier import CallOrder, CarrierError, Placed, Refused, Unknown
from outreach.dialer.twilio_voice import TIMEOUT, TwilioVoice
from tests.sandbox.openapi import TWILIO

SID, CALL, CHILD = "AC" + "0" * 32, "CA" + "1" * 32, "CA" + "2" * 32
DOCUMENTED = "/2010-04-01/Accounts/{AccountSid}"
API = f"https://api.twilio.com/2010-04-01/Accounts/{SID}"
ORDER = CallOrder("abcdefghijklmno", rep_phone="+12135550100", to="+13035550101", caller_id="+12125550190")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def twilio() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def carrier() -> TwilioVoice:
    return TwilioVoice(SID, "token", base_url="https://outreach.example/")


def call(sid: str = CALL, **fields: Any) -> dict[str, Any]:
    created = fields.pop("created", NOON)
    return {
        "sid": sid,
        "status": "queued",
        "to": ORDER.rep_phone,
        "from": ORDER.caller_id,
        "parent_call_sid": None,
        "date_created": created.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "duration": None,
        "answered_by": None,
        **fields,
    }


def calls(*found: dict[str, Any]) -> dict[str, Any]:
    return {"calls": list(found), "page": 0, "page_size": 50, "next_page_uri": None}


def error(code: int, status: int = 400) -> dict[str, Any]:
    return {"code": code, "message": "as Twilio says it", "more_info": "", "status": status}


def test_one_order_is_one_request_with_every_callback_and_our_id(
    twilio: responses.RequestsMock, carrier: TwilioVoice
) -> None:
    twilio.post(f"{API}/Calls.json", json=call(), status=201)
    assert carrier.place(ORDER) == Placed(CALL)
    assert len(twilio.calls) == 1
    body = str(twilio.calls[0].request.body)
    assert TWILIO.form_faults(body, TWILIO.request(f"{DOCUMENTED}/Calls.json")) == []
    form = parse_qs(body)
    assert form["To"] == ["+12135550100"], "a bridge rings the rep, never the customer"
    assert form["From"] == ["+12125550190"]
    assert form["StatusCallbackEvent"] == ["initiated", "completed"]
    for name, path in (("Url", "answer"), ("StatusCallback", "status")):
        url = urlsplit(form[name][0])
        assert (url.netloc, url.path) == ("outreach.example", f"/webhooks/twilio/{path}")
        assert url.query == "attempt=abcdefghijklmno"
        assert url.fragment == "rc=3&rp=5xx,ct,rt"
    assert "+13035550101" not in str(twilio.calls[0].request.body)


@pytest.mark.parametrize(
    ("code", "status", "why"),
    [
        (20429, 429, "throttled"),
        (10004, 429, "throttled"),
        (10004, 400, "throttled"),
        (20003, 401, "settings"),
        (20005, 400, "settings"),
        (10001, 400, "settings"),
        (21210, 400, "settings"),
        (21212, 400, "settings"),
        (21215, 400, "settings"),
        (21219, 400, "settings"),
        (20404, 404, "settings"),
        (21211, 400, "rep phone"),
        (21214, 400, "rep phone"),
        (21216, 400, "rep phone"),
        (21217, 400, "rep phone"),
        (21205, 400, "failed"),
        (21626, 400, "failed"),
        (21999, 400, "failed"),
    ],
)
def test_an_error_with_a_code_is_proof_that_nothing_rings(
    twilio: responses.RequestsMock, carrier: TwilioVoice, code: int, status: int, why: str
) -> None:
    twilio.post(f"{API}/Calls.json", json=error(code, status), status=status)
    answer = carrier.place(ORDER)
    assert isinstance(answer, Refused)
    assert answer.why == why
    assert len(twilio.calls) == 1


def test_the_newer_form_of_error_is_read_too(twilio: responses.RequestsMock, carrier: TwilioVoice) -> None:
    body = {"type": "about:blank", "title": "Authenticate", "status": 401, "code": 20003}
    twilio.post(f"{API}/Calls.json", json=body, status=401)
    answer = carrier.place(ORDER)
    assert isinstance(answer, Refused)
    assert answer.why == "settings"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), (None, 1), ("soon", 1), ("86400", 900)])
def test_too_many_requests_says_how_long_to_wait(
    twilio: responses.RequestsMock, carrier: TwilioVoice, header: str | None, seconds: int
) -> None:
    headers = {"Retry-After": header} if header else {}
    twilio.post(f"{API}/Calls.json", json=error(20429, 429), status=429, headers=headers)
    answer = carrier.place(ORDER)
    assert isinstance(answer, Refused)
    assert answer.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "body",
    [
        requests.ReadTimeout("slow"),
        requests.ConnectionError(ProtocolError("aborted", ConnectionResetError())),
        requests.exceptions.ChunkedEncodingError("cut"),
    ],
)
def test_a_lost_answer_proves_nothing(
    twilio: responses.RequestsMock, carrier: TwilioVoice, body: Exception
) -> None:
    twilio.post(f"{API}/Calls.json", body=body)
    assert isinstance(carrier.place(ORDER), Unknown)
    assert len(twilio.calls) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, '{"code": 20500, "message": "trouble"}'),
        (503, "<html>"),
        (502, ""),
        (201, "<html>"),
        (201, "{}"),
        (201, '{"sid": "CA'),
        (408, "<html>"),
        (307, ""),
    ],
)
def test_an_answer_that_makes_no_sense_proves_nothing(
    twilio: responses.RequestsMock, carrier: TwilioVoice, status: int, body: str
) -> None:
    twilio.post(f"{API}/Calls.json", body=body, status=status, headers={"Location": f"{API}/Calls.json"})
    assert isinstance(carrier.place(ORDER), Unknown)
    assert len(twilio.calls) == 1, "nothing is tried again and no redirect followed"


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectTimeout(),
        requests.ConnectionError(
            MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]
        ),
        requests.ConnectTimeout(MaxRetryError(None, "/", ConnectTimeoutError())),  # type: ignore[arg-type]
    ],
)
def test_without_a_connection_nothing_rings(
    twilio: responses.RequestsMock, carrier: TwilioVoice, error: Exception
) -> None:
    twilio.post(f"{API}/Calls.json", body=error)
    answer = carrier.place(ORDER)
    assert isinstance(answer, Refused)
    assert answer.why == "unreachable"


def test_every_request_has_a_time_limit(twilio: responses.RequestsMock, carrier: TwilioVoice) -> None:
    twilio.post(f"{API}/Calls.json", json=call(), status=201)
    carrier.place(ORDER)
    assert twilio.calls[0].request.req_kwargs["timeout"] == TIMEOUT  # type: ignore[attr-defined]


def test_candidates_are_the_rep_legs_since_then_newest_first(
    twilio: responses.RequestsMock, carrier: TwilioVoice
) -> None:
    listed = calls(
        call("CA" + "3" * 32, created=NOON + timedelta(minutes=2)),
        call(CHILD, created=NOON + timedelta(minutes=1), parent_call_sid=CALL),
        call(CALL, created=NOON),
        call("CA" + "4" * 32, created=NOON - timedelta(minutes=1)),
    )
    twilio.get(f"{API}/Calls.json", json=listed)
    found = carrier.find(ORDER, NOON)
    assert [leg.call_id for leg in found] == ["CA" + "3" * 32, CALL]
    query = parse_qs(urlsplit(str(twilio.calls[0].request.url)).query)
    assert (query["To"], query["From"]) == (["+12135550100"], ["+12125550190"])
    assert not any("Time" in name for name in query), "a queued call has no start time yet"
    assert set(query) <= set(TWILIO.query(f"{DOCUMENTED}/Calls.json"))


def test_why_a_leg_failed_stands_among_its_notifications(
    twilio: responses.RequestsMock, carrier: TwilioVoice
) -> None:
    child = call(CHILD, parent_call_sid=CALL, status="failed", duration="0")
    twilio.get(f"{API}/Calls/{CALL}.json", json=call(status="completed", duration="9"))
    twilio.get(f"{API}/Calls.json", json=calls(child))
    notices = {"notifications": [{"error_code": "13224"}], "page": 0, "next_page_uri": None}
    twilio.get(f"{API}/Calls/{CHILD}/Notifications.json", json=notices)
    rep, customer = carrier.legs(CALL)
    assert (rep.of, rep.state, rep.seconds) == ("rep", "completed", 9)
    assert (customer.of, customer.state, customer.trouble) == ("customer", "failed", "bad number")


def test_or_among_those_of_the_call_that_dialled_it(
    twilio: responses.RequestsMock, carrier: TwilioVoice
) -> None:
    twilio.get(f"{API}/Calls/{CALL}.json", json=call(status="completed"))
    twilio.get(f"{API}/Calls.json", json=calls(call(CHILD, parent_call_sid=CALL, status="failed")))
    for sid, codes in ((CHILD, ["11200"]), (CALL, ["12200", "13225"])):
        notices = [{"error_code": code} for code in codes]
        listed = {"notifications": notices, "page": 0, "next_page_uri": None}
        twilio.get(f"{API}/Calls/{sid}/Notifications.json", json=listed)
    assert carrier.legs(CALL)[1].trouble == "blocked"


def test_a_proxy_is_asked_for_the_world_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with responses.RequestsMock() as twilio:
        here = f"http://127.0.0.1:8010/2010-04-01/Accounts/{SID}/Calls.json"
        twilio.post(here, json=call(), status=201)
        twilio.post(f"http://twilio.example/2010-04-01/Accounts/{SID}/Calls.json", json=call(), status=201)
        for url in ("http://127.0.0.1:8010", "http://twilio.example"):
            TwilioVoice(SID, "token", base_url="https://outreach.example", url=url).place(ORDER)
        used = [made.request.req_kwargs["proxies"] for made in twilio.calls]  # type: ignore[attr-defined]
    assert [bool(proxies) for proxies in used] == [False, True]


def test_a_call_that_is_not_there_has_no_legs(twilio: responses.RequestsMock, carrier: TwilioVoice) -> None:
    twilio.get(f"{API}/Calls/{CALL}.json", json=error(20404, 404), status=404)
    assert carrier.legs(CALL) == []


@pytest.mark.parametrize(("code", "status"), [(21220, 400), (20404, 404)])
def test_hanging_up_what_is_over_is_a_success(
    twilio: responses.RequestsMock, carrier: TwilioVoice, code: int, status: int
) -> None:
    twilio.post(f"{API}/Calls/{CALL}.json", json=error(code, status), status=status)
    carrier.end(CALL)
    body = str(twilio.calls[0].request.body)
    assert parse_qs(body) == {"Status": ["completed"]}
    assert TWILIO.form_faults(body, TWILIO.request(f"{DOCUMENTED}/Calls/{{Sid}}.json")) == []


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500, "body": "no"},
        {"status": 429, "json": error(20429, 429)},
        {"status": 200, "body": "<html>"},
        {"body": requests.ReadTimeout()},
        {"status": 200, "json": calls(call(status="levitating"))},
    ],
)
def test_a_question_without_an_answer_is_an_error_and_no_proof(
    twilio: responses.RequestsMock, carrier: TwilioVoice, trouble: dict[str, Any]
) -> None:
    twilio.get(f"{API}/Calls.json", **trouble)
    with pytest.raises(CarrierError):
        carrier.find(ORDER, NOON)
