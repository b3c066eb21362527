"""A phone rings, and is answered or not."""

import math

from outreach.sandbox.leg import Leg
from outreach.sandbox.twilio_errors import NOTICES

# behaviour: the SIP answer of a number that never rings, and Twilio's error code for it
UNREACHABLE: dict[str, tuple[int, int | None]] = {
    "failed": (503, None),
    "bad-number": (404, 13224),
    "blocked": (603, 13225),
}
RING_SECONDS = {"voicemail": (18.0, 22.0), "machine": (15.0, 22.0), "fax": (4.0, 8.0)}
ANSWERED_BY = {
    "presses": "human",
    "ignores": "human",
    "hangs-up": "human",
    "human": "human",
    "voicemail": "machine_start",
    "machine": "machine_start",
    "fax": "fax",
}  # `answered` is missing: its detection gives no result


async def ring(leg: Leg, timeout: int) -> bool:
    """Whether the phone was answered within `timeout` seconds; if not, the leg has ended. Raises HungUp."""
    leg.move("initiated")
    behaviour = leg.call.behaviour
    await leg.live(leg.between(0.2, 1, "setup"))
    if behaviour in UNREACHABLE:
        _end_unreachable(leg)
        return False
    leg.move("ringing")
    if behaviour == "busy":
        await leg.live(1)
        leg.move("busy", SipResponseCode="486")
        return False
    await leg.live(min(_patience(leg), timeout))
    answered = _patience(leg) <= timeout
    leg.move("in-progress" if answered else "no-answer")
    return answered


def _patience(leg: Leg) -> float:
    if leg.call.behaviour == "no-answer":
        return math.inf
    return leg.between(*RING_SECONDS.get(leg.call.behaviour, (2.0, 12.0)), "ring")


def _end_unreachable(leg: Leg) -> None:
    sip, code = UNREACHABLE[leg.call.behaviour]
    if code:
        leg.notice(code, leg.call.to)
    error = {"ErrorCode": str(code), "ErrorMessage": NOTICES[code]} if code else {}
    leg.move("failed", SipResponseCode=str(sip), **error)
