"""What a `<Dial>` asks for: one number, by which caller id, watched how."""

from dataclasses import dataclass
from urllib.parse import urljoin

from outreach.sandbox.callbacks import Target
from outreach.sandbox.detection import Detection
from outreach.sandbox.numbers import CLOSED, E164, country
from outreach.sandbox.truth import Call
from outreach.sandbox.twiml import Verb

EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


@dataclass(frozen=True)
class Dialling:
    """`refused` is the code by which Twilio turns the whole `<Dial>` down, or None."""

    to: str
    caller_id: str
    timeout: int
    time_limit: int
    digits: str | None
    whisper: Target | None
    status_callback: Target | None
    detection: Detection | None
    refused: int | None


def dialling(dial: Verb, here: Target, parent: Call, caller_ids: tuple[str, ...]) -> Dialling:
    """Reads a `<Dial>`: its first `<Number>`, or the number that is its text."""
    number = dial.inner[0] if dial.inner else Verb("Number", dial.text, {}, ())
    caller_id = dial.get("callerId", parent.from_)
    digits = number.get("sendDigits") or None
    return Dialling(
        to=number.text,
        caller_id=caller_id,
        timeout=dial.seconds("timeout", 30),
        time_limit=dial.seconds("timeLimit", 14_400),
        digits=digits,
        whisper=_target(here, number, "url", "method"),
        status_callback=_status_callback(here, number),
        # as on the Calls resource: an extension to dial leaves nothing to detect (providers.md A 2.1)
        detection=None if digits else _detection(here, number),
        refused=_refused(number.text, caller_id, caller_ids),
    )


def _refused(to: str, caller_id: str, caller_ids: tuple[str, ...]) -> int | None:
    if not E164.fullmatch(to):
        return 13223
    if not country(to):
        return 13226
    if country(to) in CLOSED:
        return 13227
    return None if caller_id in caller_ids else 13214


def _target(here: Target, number: Verb, url: str, method: str) -> Target | None:
    if not number.get(url):
        return None
    return Target(urljoin(here.url, number.get(url)), number.get(method, "POST").upper())


def _status_callback(here: Target, number: Verb) -> Target | None:
    target = _target(here, number, "statusCallback", "statusCallbackMethod")
    events = frozenset(number.get("statusCallbackEvent", "completed").split()) & EVENTS
    return target and Target(target.url, target.method, events)


def _detection(here: Target, number: Verb) -> Detection | None:
    mode = number.get("machineDetection")
    if mode not in ("Enable", "DetectMessageEnd"):
        return None
    return Detection(mode, _target(here, number, "amdStatusCallback", "amdStatusCallbackMethod"))
