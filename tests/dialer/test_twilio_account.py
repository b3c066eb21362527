"""What doctor finds out about the Twilio account, from Twilio's own answers."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses

from outreach.dialer.twilio_account import Expected, troubles

SID = "AC" + "0" * 32
NUMBER = "+12125550190"
INBOUND = "https://ar.example.org/webhooks/twilio/inbound"
API = f"https://api.twilio.com/2010-04-01/Accounts/{SID}"
EXPECTED = Expected(SID, "token", "https://api.twilio.com", (NUMBER,), INBOUND)


def owned(**changed: object) -> dict[str, object]:
    number = {"phone_number": NUMBER, "voice_url": INBOUND, "voice_method": "POST"}
    return number | {"sid": "PN" + "0" * 32, "capabilities": {"voice": True, "sms": True}} | changed


@pytest.fixture
def twilio() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as there:
        yield there


def answer(
    there: responses.RequestsMock,
    *numbers: dict[str, object],
    verified: bool = False,
    **account: object,
) -> None:
    there.get(f"{API}.json", json={"sid": SID, "status": "active", "type": "Full"} | account)
    there.get(f"{API}/IncomingPhoneNumbers.json", json={"incoming_phone_numbers": [*numbers]})
    callers = [{"phone_number": NUMBER, "sid": "PN" + "1" * 32}] if verified else []
    there.get(f"{API}/OutgoingCallerIds.json", json={"outgoing_caller_ids": callers})


def test_an_account_that_is_ready(twilio: responses.RequestsMock) -> None:
    answer(twilio, owned())
    assert list(troubles(EXPECTED)) == []


def test_a_verified_number_is_enough_to_call_from(twilio: responses.RequestsMock) -> None:
    answer(twilio, verified=True)
    assert list(troubles(EXPECTED)) == []


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"status": "suspended"}, "the Twilio account is suspended"),
        ({"status": "closed"}, "the Twilio account is closed"),
        ({"type": "Trial"}, "it is a trial account"),
    ],
)
def test_an_account_that_is_not(twilio: responses.RequestsMock, account: dict[str, Any], words: str) -> None:
    answer(twilio, owned(), **account)
    (found,) = troubles(EXPECTED)
    assert found.startswith(words)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"voice_url": "https://demo.twilio.com/welcome/voice/"}, f"set its voice webhook to POST {INBOUND}"),
        ({"voice_method": "GET"}, f"set its voice webhook to POST {INBOUND}"),
        ({"voice_url": None}, f"who calls {NUMBER} back does not reach us"),
        ({"capabilities": {"voice": False, "sms": True}}, "cannot make calls"),
    ],
)
def test_a_number_that_is_not_ready(
    twilio: responses.RequestsMock, changed: dict[str, object], words: str
) -> None:
    answer(twilio, owned(**changed))
    (found,) = troubles(EXPECTED)
    assert words in found


def test_a_number_of_somebody_else(twilio: responses.RequestsMock) -> None:
    answer(twilio)
    (found,) = troubles(EXPECTED)
    assert f"{NUMBER} of OUTREACH_CALLER_IDS is neither" in found


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"),
        (429, "could not be asked"),
        (500, "could not be asked (status 500)"),
    ],
)
def test_no_sense_from_twilio(twilio: responses.RequestsMock, status: int, words: str) -> None:
    body = {"code": 20003, "message": "Authenticate", "status": status}
    twilio.get(f"{API}.json", json=body, status=status)
    (found,) = troubles(EXPECTED)
    assert words in found
    assert "token" not in found.replace("TWILIO_AUTH_TOKEN", "")


def test_no_answer_from_twilio(twilio: responses.RequestsMock) -> None:
    (found,) = troubles(EXPECTED)
    assert found.startswith("Twilio cannot be reached")


@pytest.mark.parametrize(("status", "found"), [(200, 0), (401, 1)])
def test_the_key_calls_are_placed_with(twilio: responses.RequestsMock, status: int, found: int) -> None:
    answer(twilio, owned())
    body = {"calls": []} if status == 200 else {"code": 20003, "message": "Authenticate", "status": status}
    twilio.get(f"{API}/Calls.json", json=body, status=status)
    said = list(troubles(replace(EXPECTED, api_key=("SK" + "0" * 32, "secret"))))
    assert len([words for words in said if "TWILIO_API_KEY with TWILIO_API_SECRET" in words]) == found
    shown = twilio.calls[-1].request.headers["Authorization"]
    assert shown == f"Basic {b64encode(b'SK' + b'0' * 32 + b':secret').decode()}"


@pytest.mark.parametrize(("open_", "found"), [(True, 0), (False, 1)])
def test_a_country_that_twilio_may_not_call(twilio: responses.RequestsMock, open_: bool, found: int) -> None:
    answer(twilio, owned())
    permission = {"iso_code": "CA", "low_risk_numbers_enabled": open_}
    twilio.get("https://voice.twilio.com/v1/DialingPermissions/Countries/CA", json=permission)
    said = list(troubles(replace(EXPECTED, countries=("CA",))))
    assert len(said) == found
    assert all("geo permissions do not let us call CA" in words for words in said)
