"""Is our Twilio account ready for us? What can be asked without ringing anybody (docs/twilio.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.response import Response
from twilio.rest import Client

from outreach.dialer.twilio_voice import API, OneRequest, TooManyRequests, is_loopback

TRIAL = "Trial"


@dataclass(frozen=True, slots=True)
class Expected:
    """What we want to find there."""

    account_sid: str
    auth_token: str = field(repr=False)
    url: str
    """Twilio's API"""
    caller_ids: Sequence[str]
    inbound_url: str
    """where calls to our numbers must be asked about"""
    countries: Sequence[str] = ()
    """that our own rules let us call, by ISO code"""
    api_key: tuple[str, str] | None = field(default=None, repr=False)
    """what calls are placed with, if not with the token"""


def troubles(expected: Expected) -> Iterator[str]:
    """What would go wrong, a sentence each with what to do; none: the account is ready."""
    client = _client(expected, (expected.account_sid, expected.auth_token))
    try:
        yield from _of_account(client, expected.account_sid)
        for number in expected.caller_ids:
            yield from _of_number(client, number, expected.inbound_url)
        for country in expected.countries:
            yield from _of_country(client, country)
        if expected.api_key:
            yield from _of_key(_client(expected, expected.api_key))
    except (TwilioException, TooManyRequests) as error:
        yield _refused(_status(error))
    except (requests.RequestException, ValueError):
        yield "Twilio cannot be reached: check the network, and OUTREACH_TWILIO_URL if it is set"


def _client(expected: Expected, login: tuple[str, str]) -> Client:
    client = Client(*login, expected.account_sid, http_client=OneRequest(direct=is_loopback(expected.url)))
    client.api.base_url = expected.url.rstrip("/")
    if expected.url.rstrip("/") != API:
        client.voice.base_url = client.api.base_url
    return client


def _of_country(client: Client, country: str) -> Iterator[str]:
    found = client.voice.v1.dialing_permissions.countries(country).fetch()
    if found.low_risk_numbers_enabled is False:
        yield f"Twilio's geo permissions do not let us call {country}: allow it, or calls are refused (21215)"


def _of_key(client: Client) -> Iterator[str]:
    """A key may not see the account, but it must see its calls."""
    try:
        client.calls.list(limit=1)
    except TwilioException as error:
        if _status(error) not in (401, 403):
            raise
        yield (
            "Twilio does not accept TWILIO_API_KEY with TWILIO_API_SECRET: "
            "make a key of this account in its console, or unset both"
        )


def _of_account(client: Client, account_sid: str) -> Iterator[str]:
    account = client.api.accounts(account_sid).fetch()
    if account.status != "active":
        yield f"the Twilio account is {account.status}: see the Twilio console"
    if account.type == TRIAL:
        yield "it is a trial account: Twilio rings numbers you have verified and nobody else; upgrade it"


def _of_number(client: Client, number: str, inbound_url: str) -> Iterator[str]:
    owned = client.incoming_phone_numbers.list(phone_number=number, limit=1)
    if not owned:
        if not client.outgoing_caller_ids.list(phone_number=number, limit=1):
            yield (
                f"{number} of OUTREACH_CALLER_IDS is neither a number of this account nor verified in it: "
                "Twilio will refuse every call from it (21210)"
            )
        return  # one that is only verified is answered elsewhere
    (found,) = owned
    if not (found.capabilities or {}).get("voice"):
        yield f"{number} of OUTREACH_CALLER_IDS cannot make calls: choose a number with voice"
    if found.voice_url != inbound_url or found.voice_method != "POST":
        yield f"who calls {number} back does not reach us: set its voice webhook to POST {inbound_url}"


def _status(error: Exception) -> int | None:
    """Of a list that cannot be fetched Twilio's client keeps the answer and says nothing of its status."""
    if isinstance(error, TooManyRequests):
        return 429
    kept = (part.status_code for part in error.args if isinstance(part, Response))
    return next(kept, getattr(error, "status", None))


def _refused(status: int | None) -> str:
    if status in (401, 403):
        return "Twilio does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN: copy both from its console"
    return f"Twilio could not be asked (status {status}): try again"
