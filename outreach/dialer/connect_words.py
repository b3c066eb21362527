"""Amazon Connect's words in ours, as data (providers.md A 2.2, 2.3). What Amazon adds tomorrow stays unknown.

A contact is one leg: the customer's. Whether they answered stands in its timestamps, why not in its
DisconnectReason; who answered is told only by machine detection, which Connect gives to campaigns alone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from outreach.dialer.carrier import Answerer, Ended, Leg, LegState, LegTrouble, Refused

ATTEMPT, RING_SECONDS = "attempt", "ring_seconds"
"""our attributes of a contact"""
LONGEST_RING = 60
"""seconds Connect rings when nobody has said how long"""
_NEARLY = timedelta(seconds=1)


class End(NamedTuple):
    """How an unanswered contact ended."""

    state: Ended
    trouble: LegTrouble | None = None


UNANSWERED: Mapping[str, End] = MappingProxyType(
    {
        "TELECOM_UNANSWERED": End("no_answer"),
        "TELECOM_TIMEOUT": End("no_answer"),
        "TELECOM_BUSY": End("busy"),
        "TELECOM_NUMBER_INVALID": End("failed", "bad number"),
        "TELECOM_POTENTIAL_BLOCKING": End("failed", "blocked"),
        "TELECOM_PROBLEM": End("failed"),
        "CUSTOMER_NEVER_ARRIVED": End("no_answer"),
        "OUTBOUND_DESTINATION_ENDPOINT_ERROR": End("failed", "blocked"),
        "OUTBOUND_RESOURCE_ERROR": End("failed"),
        "OUTBOUND_ATTEMPT_FAILED": End("failed"),
        "OUTBUND_PREVIEW_DISCARDED": End("not_placed"),  # spelled so by Amazon
        "EXPIRED": End("not_placed"),
    }
)
"""DisconnectReason of a contact that no agent was connected to: it tells more than that somebody answered."""

STOPPED = ("OTHER", "AGENT_DISCONNECT")
"""we hung up: whatever the clock says"""

_DETECTED: Mapping[str, End] = MappingProxyType(
    {
        "AMD_UNANSWERED": End("no_answer"),
        "SIT_TONE_BUSY": End("busy"),
        "SIT_TONE_INVALID_NUMBER": End("failed", "bad number"),
        "SIT_TONE_DETECTED": End("failed"),
    }
)
_ANSWERERS: Mapping[str, Answerer] = MappingProxyType(
    {
        "HUMAN_ANSWERED": "human",
        "VOICEMAIL_BEEP": "machine",
        "VOICEMAIL_NO_BEEP": "machine",
        "FAX_MACHINE_DETECTED": "fax",
    }
)

_BAD_LOGIN = Refused(
    "settings", "Amazon Connect does not accept our AWS keys, or their rights: check AWS_ACCESS_KEY_ID"
)
_SLOWLY = Refused("throttled", "Amazon Connect takes no more calls just now", timedelta(seconds=5))

REFUSALS: Mapping[str, Refused] = MappingProxyType(
    {
        "LimitExceededException": _SLOWLY,
        "TooManyRequestsException": _SLOWLY,
        "ThrottlingException": _SLOWLY,
        "Throttling": _SLOWLY,
        "DestinationNotAllowedException": Refused("blocked", "Amazon Connect may not call that number"),
        "OutboundContactNotPermittedException": Refused(
            "blocked", "Amazon Connect does not permit calls to that number"
        ),
        "ResourceNotFoundException": Refused(
            "settings",
            "Amazon Connect does not know our instance, flow or queue: check OUTREACH_CONNECT_INSTANCE_ID,"
            " OUTREACH_CONNECT_FLOW_ID and OUTREACH_CONNECT_QUEUE_ID",
        ),
        "InvalidRequestException": Refused(
            "failed", "Amazon Connect does not understand our request: tell the operator"
        ),
        "AccessDeniedException": _BAD_LOGIN,
        "UnrecognizedClientException": _BAD_LOGIN,
        "InvalidClientTokenId": _BAD_LOGIN,
        "MissingAuthenticationTokenException": _BAD_LOGIN,
        "IncompleteSignatureException": _BAD_LOGIN,
        "InvalidSignatureException": _BAD_LOGIN,
        "SignatureDoesNotMatch": _BAD_LOGIN,
        "ExpiredTokenException": _BAD_LOGIN,
        "OptInRequired": _BAD_LOGIN,
    }
)
"""What an error's name proves, of a status below 500. Any other proves nothing."""

_BAD_NUMBER = Refused("bad number", "Amazon Connect does not take that number")
_BAD_PARAMETER = Refused(
    "settings",
    "Amazon Connect does not accept our caller id or flow: check OUTREACH_CALLER_IDS and"
    " OUTREACH_CONNECT_FLOW_ID",
)


def invalid(words: str) -> Refused:
    """InvalidParameterException: whose parameter it is stands only in its words."""
    return _BAD_NUMBER if "destination" in words.lower() else _BAD_PARAMETER


def answerer(status: str | None) -> Answerer | None:
    """AnsweringMachineDetectionStatus; a word we do not know is "unknown", none is None."""
    return _ANSWERERS.get(status, "unknown") if status else None


def leg(contact: Mapping[str, Any]) -> Leg:
    """A contact, as DescribeContact tells it."""
    connected, ended = contact.get("ConnectedToSystemTimestamp"), contact.get("DisconnectTimestamp")
    detected = contact.get("AnsweringMachineDetectionStatus")
    end = _end(contact) if ended else None
    seconds = int((ended - connected).total_seconds()) if connected and ended else None
    return Leg(
        call_id=contact["Id"],
        of="customer",
        state=end.state if end else _under_way(contact),
        to=(contact.get("CustomerEndpoint") or {}).get("Address", ""),
        created_at=contact.get("InitiationTimestamp"),
        answered_by=answerer(detected),
        trouble=end.trouble if end else None,
        seconds=seconds,
        ended_at=ended,
    )


def _under_way(contact: Mapping[str, Any]) -> LegState:
    if contact.get("ConnectedToSystemTimestamp"):
        return "connected"
    return "ringing" if contact.get("RingStartTimestamp") else "queued"


def _end(contact: Mapping[str, Any]) -> End:
    """With an agent it was a call, whatever ended it. Without one, the reason; then what the times say."""
    if (contact.get("AgentInfo") or {}).get("ConnectedToAgentTimestamp"):
        return End("completed")
    reason = contact.get("DisconnectReason") or ""
    told = UNANSWERED.get(reason) or _DETECTED.get(contact.get("AnsweringMachineDetectionStatus") or "")
    if told:
        return told
    if contact.get("ConnectedToSystemTimestamp"):
        by_machine = answerer(contact.get("AnsweringMachineDetectionStatus")) in ("machine", "fax")
        return End("completed" if by_machine else "abandoned")
    return End("no_answer" if reason not in STOPPED and _rang_out(contact) else "canceled")


def _rang_out(contact: Mapping[str, Any]) -> bool:
    """TELECOM_ORIGINATOR_CANCEL means both that we hung up and that it rang for as long as we wanted."""
    since: datetime | None = contact.get("RingStartTimestamp") or contact.get("InitiationTimestamp")
    asked = str((contact.get("Attributes") or {}).get(RING_SECONDS, ""))
    longest = timedelta(seconds=int(asked) if asked.isdecimal() else LONGEST_RING)
    return since is not None and contact["DisconnectTimestamp"] - since >= longest - _NEARLY
