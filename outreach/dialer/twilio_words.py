"""Twilio's words in ours, as data (providers.md A 2.1 and 2.3). What Twilio adds tomorrow stays unknown."""

from collections.abc import Mapping
from types import MappingProxyType

from outreach.dialer.carrier import Answerer, LegState, LegTrouble, Refused

LEG_STATES: Mapping[str, LegState] = MappingProxyType(
    {
        "queued": "queued",
        "initiated": "queued",
        "ringing": "ringing",
        "in-progress": "connected",
        "answered": "connected",
        "completed": "completed",
        "busy": "busy",
        "no-answer": "no_answer",
        "failed": "failed",
        "canceled": "canceled",
    }
)

_ANSWERERS: Mapping[str, Answerer] = MappingProxyType(
    {
        "human": "human",
        "fax": "fax",
        "machine_start": "machine",
        "machine_end_beep": "machine",
        "machine_end_silence": "machine",
        "machine_end_other": "machine",
    }
)

_NOT_OUR_PHONE = "Twilio cannot ring your own phone: have its number put right"
_BUG = "Twilio does not understand our request: tell the operator"

REFUSALS: Mapping[int, Refused] = MappingProxyType(
    {
        429: Refused("throttled", "Twilio asks us to slow down"),
        20429: Refused("throttled", "Twilio asks us to slow down"),
        10004: Refused("throttled", "Twilio has as many calls of ours as it allows at once"),
        20003: Refused("settings", "Twilio does not accept our keys: check TWILIO_ACCOUNT_SID and its token"),
        20005: Refused("settings", "our Twilio account is suspended"),
        10001: Refused("settings", "our Twilio account is not active"),
        20404: Refused("settings", "Twilio does not know our account: check TWILIO_ACCOUNT_SID"),
        21210: Refused("settings", "Twilio has not verified our caller id: check OUTREACH_CALLER_IDS"),
        21212: Refused("settings", "Twilio does not accept our caller id: check OUTREACH_CALLER_IDS"),
        21215: Refused("settings", "Twilio may not call that country: check its geo permissions"),
        21219: Refused("settings", "a Twilio trial account calls verified numbers only"),
        # A bridge rings the rep first: a bad `To` at the creation is the rep's number, never the customer's.
        21211: Refused("rep phone", _NOT_OUR_PHONE),
        21214: Refused("rep phone", _NOT_OUR_PHONE),
        21216: Refused("rep phone", _NOT_OUR_PHONE),
        21217: Refused("rep phone", _NOT_OUR_PHONE),
        21201: Refused("failed", _BUG),
        21205: Refused("failed", _BUG),
        21213: Refused("failed", _BUG),
        21626: Refused("failed", _BUG),
    }
)
"""What an error at the creation proves. What is not here, nor a 4xx with a code, proves nothing."""

# Only what says that the number itself is dead may kill a contact: a wrong mark costs more than a lost call.
_DIAL_ERRORS: Mapping[str, LegTrouble] = MappingProxyType(
    {
        "13223": "bad number",
        "13224": "bad number",
        "13226": "bad number",
        "21211": "bad number",
        "21214": "bad number",
        "21217": "bad number",
        "13225": "blocked",
        "13227": "blocked",
        "21215": "blocked",
        "21216": "blocked",
        "32205": "blocked",
    }
)
_SIP_CODES: Mapping[str, LegTrouble] = MappingProxyType(
    {"603": "blocked", "607": "blocked", "608": "blocked"}
)


def answerer(word: str | None) -> Answerer | None:
    """`AnsweredBy`; a word we do not know is "unknown", none is None."""
    return _ANSWERERS.get(word, "unknown") if word else None


def trouble(error_code: str | None, sip_code: str | None) -> LegTrouble | None:
    """Whether a leg failed for its number's sake; error codes speak before SIP responses."""
    return _DIAL_ERRORS.get(error_code or "") or _SIP_CODES.get(sip_code or "")
