"""Reads the parameters of `POST Calls.json` and refuses what Twilio refuses (providers.md A 2.1)."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from multidict import MultiDictProxy

from outreach.sandbox.callbacks import Target
from outreach.sandbox.detection import Detection
from outreach.sandbox.dialling import EVENTS
from outreach.sandbox.exchange import Order
from outreach.sandbox.numbers import CLOSED, E164, country
from outreach.sandbox.twilio_errors import Refused

Form = MultiDictProxy[str]

# parameter: what it must look like, and the code when it does not
SHAPES: Mapping[str, tuple[str, int]] = {
    "SendDigits": (r"[0-9A-D#*wW]{1,32}", 21206),
    "MachineDetection": (r"Enable|DetectMessageEnd", 21207),
    "MachineDetectionTimeout": (r"[3-9]|[1-5]\d", 21207),
    "MachineDetectionSpeechThreshold": (r"[1-5]\d{3}|6000", 21207),
    "MachineDetectionSpeechEndThreshold": (r"[5-9]\d\d|[1-4]\d{3}|5000", 21207),
    "MachineDetectionSilenceTimeout": (r"[2-9]\d{3}|10000", 21207),
    "AsyncAmd": (r"true|false", 21207),
    "Timeout": (r"[1-9]\d?|[1-5]\d\d|600", 21208),
    "Method": (r"GET|POST", 21209),
    "FallbackMethod": (r"GET|POST", 21209),
    "StatusCallbackMethod": (r"GET|POST", 21209),
    "AsyncAmdStatusCallbackMethod": (r"GET|POST", 21209),
    "RecordingStatusCallbackMethod": (r"GET|POST", 21209),
    "Record": (r"true|false", 20001),
    "RecordingChannels": (r"mono|dual", 20001),
    "RecordingTrack": (r"inbound|outbound|both", 20001),
    "RecordingStatusCallbackEvent": (
        r"(in-progress|completed|absent)( (in-progress|completed|absent))*",
        20001,
    ),
    "Trim": (r"trim-silence|do-not-trim", 20001),
    "TimeLimit": (r"[1-9]\d*", 20001),
    "Byoc": (r"BY[0-9a-fA-F]{32}", 20001),
}
URLS = {
    "Url": 21205,
    "FallbackUrl": 21205,
    "ClientNotificationUrl": 21205,
    "StatusCallback": 21609,
    "AsyncAmdStatusCallback": 21609,
    "RecordingStatusCallback": 21609,
}
TWIML_LIMIT = 4000  # characters


def order(form: Form, caller_ids: tuple[str, ...]) -> Order:
    """Raises Refused with the code of the first thing that is wrong."""
    _check_numbers(form, caller_ids)
    _check_document(form)
    _check_shapes(form)
    return Order(
        to=form["To"],
        caller_id=form["From"],
        document=_target(form, "Url", "Method"),
        twiml=form.get("Twiml"),
        fallback=_target(form, "FallbackUrl", "FallbackMethod"),
        status_callback=_status_callback(form),
        timeout=int(form.get("Timeout", "60")),
        digits=form.get("SendDigits"),
        detection=_detection(form),
        async_detection=form.get("AsyncAmd") == "true",
    )


def _check_numbers(form: Form, caller_ids: tuple[str, ...]) -> None:
    to, caller_id = form.get("To"), form.get("From")
    if not to:
        raise Refused(21201)
    if not caller_id:
        raise Refused(21213)
    if not E164.fullmatch(to) or not country(to):
        raise Refused(21211, to)
    if country(to) in CLOSED:
        raise Refused(21215, to)
    if not E164.fullmatch(caller_id):
        raise Refused(21212, caller_id)
    if caller_id not in caller_ids:
        raise Refused(21210, caller_id)


def _check_document(form: Form) -> None:
    """One of Url, Twiml, ApplicationSid. An application wins over a Url, and this account has none."""
    if "ApplicationSid" in form:
        raise Refused(21218, form["ApplicationSid"])
    if "Url" not in form and not form.get("Twiml"):
        raise Refused(21205, "one of Url, Twiml or ApplicationSid is required")
    if len(form.get("Twiml", "")) > TWIML_LIMIT:
        raise Refused(20001, f"Twiml is longer than {TWIML_LIMIT} characters")


def _check_shapes(form: Form) -> None:
    for name, code in URLS.items():
        if name in form and not _is_url(form[name]):
            raise Refused(code, form[name])
    for name, (shape, code) in SHAPES.items():
        for value in form.getall(name, []):
            if not re.fullmatch(shape, value):
                raise Refused(code, f"{name}={value}")
    for event in form.getall("StatusCallbackEvent", []):
        if event not in EVENTS:
            raise Refused(21626, event)


def _is_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")


def _target(form: Form, url: str, method: str) -> Target | None:
    return Target(form[url], form.get(method, "POST")) if form.get(url) else None


def _status_callback(form: Form) -> Target | None:
    target = _target(form, "StatusCallback", "StatusCallbackMethod")
    events = frozenset(form.getall("StatusCallbackEvent", ["completed"]))
    return target and Target(target.url, target.method, events)


def _detection(form: Form) -> Detection | None:
    """None with SendDigits: Twilio ignores machine detection then."""
    if "MachineDetection" not in form or form.get("SendDigits"):
        return None
    callback = _target(form, "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod")
    return Detection(form["MachineDetection"], callback)
