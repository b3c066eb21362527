"""Twilio: a two-leg bridge through Twilio's own client (providers.md A 2.1).

`calls.create` has no idempotency key: one request, no retry; what does not prove the contrary is Unknown.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from urllib3.exceptions import MaxRetryError, NewConnectionError
from urllib3.exceptions import SSLError as TlsError

from outreach.dialer import twilio_recordings
from outreach.dialer.carrier import (
    Answer,
    CallOrder,
    CarrierError,
    Leg,
    LegOf,
    Placed,
    Refused,
    Sound,
    Unknown,
)
from outreach.dialer.twilio_words import LEG_STATES, REFUSALS, answerer, trouble

API = "https://api.twilio.com"
TIMEOUT = 10.0
"""seconds for a connection, and for each part of an answer"""
REP_EVENTS = ["initiated", "completed"]
"""that the rep's phone rings or was picked up is told by the question it asks us"""
CUSTOMER_EVENTS = ["initiated", "ringing", "answered", "completed"]
NOT_FOUND, ALREADY_ENDED = 20404, 21220

logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # at INFO it prints phone numbers


class TwilioVoice:
    """The adapter. `base_url` is how Twilio reaches our door; `url` differs only for the sandbox.

    `calls_per_second` is what the account may create: beyond it Twilio queues calls, for hours if need be.
    `api_key` (its id and secret) is what we show Twilio in the place of the account's own token.
    """

    name = "twilio"
    rings_first: LegOf = "rep"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        base_url: str,
        url: str = API,
        calls_per_second: float = 1.0,
        api_key: tuple[str, str] | None = None,
    ) -> None:
        self._base_url = base_url
        self.interval = timedelta(seconds=1 / calls_per_second)
        self._url, self._login = url.rstrip("/"), api_key or (account_sid, auth_token)
        self._http = OneRequest(direct=is_loopback(url))
        self._client = Client(*self._login, account_sid, http_client=self._http)
        self._client.api.base_url = self._url

    def place(self, order: CallOrder) -> Answer:
        """Ring the rep's phone. Never raises for what the network or Twilio does."""
        try:
            call = self._client.calls.create(
                to=order.rep_phone,
                from_=order.caller_id,
                url=callback_url(self._base_url, "answer", order.attempt_id),
                status_callback=callback_url(self._base_url, "status", order.attempt_id),
                status_callback_event=REP_EVENTS,
                timeout=order.ring_seconds,
            )
        except TooManyRequests as error:
            return replace(REFUSALS[429], retry_after=error.retry_after)
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error)
        except (TwilioException, requests.RequestException, ValueError) as error:
            return _lost(error)
        return Placed(call.sid) if call.sid else Unknown("Twilio answered without the call's id")

    def find(self, order: CallOrder, since: datetime) -> list[Leg]:
        """Listed without a start time: it is empty until the call is dialled, and Twilio may queue a call."""
        found = []
        with _asking():
            for call in self._client.calls.stream(to=order.rep_phone, from_=order.caller_id, page_size=50):
                if call.date_created < since:
                    break  # newest first
                if not call.parent_call_sid:
                    found.append(_leg(call))
        return found

    def legs(self, call_id: str) -> list[Leg]:
        """The rep's leg first."""
        try:
            with _asking():
                rep = self._client.calls(call_id).fetch()
                children = self._client.calls.list(parent_call_sid=call_id, limit=20)
                return [_leg(rep), *(self._explained(_leg(child), call_id) for child in children)]
        except NoSuchCall:
            return []

    def end(self, call_id: str) -> None:
        with suppress(NoSuchCall), _asking():
            self._client.calls(call_id).update(status="completed")

    def recording(self, ref: str) -> Sound:
        session, sid = self._http.fresh(), str(self._client.account_sid)
        with session:
            return twilio_recordings.fetch(session, self._url, sid, self._login, ref)

    def _explained(self, leg: Leg, parent_id: str) -> Leg:
        """Why a leg failed is not on the call itself but among the notifications about it, or its parent."""
        if leg.state != "failed":
            return leg
        found = (self._client.calls(sid).notifications.list(limit=20) for sid in (leg.call_id, parent_id))
        why = (trouble(str(notice.error_code), None) for notices in found for notice in notices)
        return replace(leg, trouble=next(filter(None, why), None))


class NoSuchCall(CarrierError):
    """Twilio knows no such call, or it is over."""


class TooManyRequests(Exception):
    """429: certainly not placed. The SDK's exceptions lose the header that says how long to wait."""

    def __init__(self, retry_after: str | None) -> None:
        seconds = int(retry_after) if retry_after and retry_after.isdecimal() else 1
        self.retry_after = timedelta(seconds=min(seconds, 900))
        super().__init__(f"too many requests, again in {self.retry_after}")


class OneRequest(TwilioHttpClient):  # type: ignore[misc]  # twilio is untyped
    """The SDK's client with a time limit, kept connections and no second try."""

    IDLE = 4.0
    """seconds after which a kept connection is given up: what is lost on one that the other end has silently
    dropped cannot be told from a call that was placed"""

    def __init__(self, *, direct: bool) -> None:
        """`direct`: past whatever proxy the environment names, which knows no loopback of ours."""
        super().__init__(timeout=TIMEOUT)
        self._direct, self._used_at = direct, time.monotonic()
        self.session = self.fresh()

    def request(self, *args: Any, **kwargs: Any) -> Response:
        now = time.monotonic()
        if now - self._used_at > self.IDLE:
            self.session = self.fresh()
        self._used_at = now
        response = super().request(*args, **kwargs)
        if response.status_code == 429:
            raise TooManyRequests((response.headers or {}).get("Retry-After"))
        return response

    def fresh(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = not self._direct
        session.mount("https://", HTTPAdapter(max_retries=0))
        session.mount("http://", HTTPAdapter(max_retries=0))
        return session


def callback_url(base_url: str, kind: str, attempt_id: str, **more: str) -> str:
    """A URL of ours for what concerns an attempt."""
    return door_url(base_url, kind, attempt=attempt_id, **more)


def door_url(base_url: str, kind: str, **query: str) -> str:
    """A URL of ours for Twilio. The fragment is its order to try again where we stumble; it is never sent."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"{base_url.rstrip('/')}/webhooks/twilio/{kind}{asked}#rc=3&rp=5xx,ct,rt"


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _refusal(error: TwilioRestException | TwilioServiceException) -> Refused | Unknown:
    known = REFUSALS.get(error.code or 0)
    if known:
        return known
    # A status without a code of Twilio's own may come from anything on the way, such as a proxy's 408.
    if 400 <= error.status < 500 and (error.code or 0) >= 10_000:
        return Refused("failed", f"Twilio refused the call ({error.code}): tell the operator")
    return Unknown(f"Twilio answered {error.status}")


def _lost(error: Exception) -> Refused | Unknown:
    """No answer. Only what failed before the request was written is proof that nothing rings."""
    if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
        return Refused("unreachable", "Twilio cannot be reached")
    return Unknown(f"Twilio's answer was lost: {type(error).__name__}")


def _never_connected(error: Exception) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, TlsError):
        return any(isinstance(part, SSLCertVerificationError) for part in reason.args)
    return isinstance(reason, NewConnectionError)


@contextmanager
def _asking() -> Iterator[None]:
    """Reads may fail in any way, and prove nothing by it; only a call that is not there says so."""
    try:
        yield
    except (TwilioException, TooManyRequests, requests.RequestException, ValueError) as error:
        gone = getattr(error, "code", None) in (NOT_FOUND, ALREADY_ENDED)
        kind = NoSuchCall if gone else CarrierError
        raise kind(f"Twilio could not be asked: {type(error).__name__}") from error


def _leg(call: CallInstance) -> Leg:
    state = LEG_STATES.get(str(call.status))
    if call.sid is None or state is None:
        raise CarrierError(f"Twilio answered with a call we cannot read: status {call.status!r}")
    return Leg(
        call_id=call.sid,
        of="customer" if call.parent_call_sid else "rep",
        state=state,
        to=call.to or "",
        created_at=call.date_created,
        answered_by=answerer(call.answered_by),
        seconds=int(call.duration) if call.duration else None,
        ended_at=call.end_time,
    )
