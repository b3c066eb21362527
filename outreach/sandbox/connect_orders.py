"""Reads the parameters of StartOutboundVoiceContact and refuses what Connect refuses (providers.md A 2.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from outreach.sandbox.keys import Keys
from outreach.sandbox.numbers import E164
from outreach.sandbox.switchboard import Order

MOST_BYTES = 32_768
"""of all attributes together, names and values"""
_NAME = re.compile(r"[A-Za-z0-9_-]+")
KNOWN = """
    Name Description References RelatedContactId DestinationPhoneNumber ContactFlowId InstanceId ClientToken
    SourcePhoneNumber QueueId Attributes AnswerMachineDetectionConfig CampaignId TrafficType OutboundStrategy
    RingTimeoutInSeconds
"""
UK_MOBILES = "+447"
"""what Connect does not ring before its support has allowed it"""
LENGTHS = {"Name": 1024, "Description": 4096, "ClientToken": 500, "ContactFlowId": 500}


@dataclass
class Refused(Exception):
    """A request Connect turns down: certainly nothing was placed."""

    status: int
    name: str
    words: str


def bad_parameter(words: str) -> Refused:
    return Refused(400, "InvalidParameterException", words)


def order(asked: Mapping[str, Any], keys: Keys) -> Order:
    """Raises Refused for the first thing that is wrong."""
    unknown = sorted(set(asked) - set(KNOWN.split()))
    if unknown:
        raise Refused(400, "InvalidRequestException", f"Unknown parameter {unknown[0]}")
    check_instance(asked.get("InstanceId"), keys)
    if asked.get("ContactFlowId") != keys.connect_flow_id:
        raise Refused(404, "ResourceNotFoundException", "ContactFlow not found")
    _check_numbers(asked, keys)
    _check_detection(asked)
    for name, most in LENGTHS.items():
        if len(str(asked.get(name, ""))) > most:
            raise bad_parameter(f"{name} is longer than {most}")
    return Order(
        to=asked["DestinationPhoneNumber"],
        caller_id=asked.get("SourcePhoneNumber", keys.caller_ids[0]),
        token=asked.get("ClientToken") or str(uuid4()),
        ring_seconds=_ring_seconds(asked.get("RingTimeoutInSeconds", 60)),
        attributes=_attributes(asked.get("Attributes") or {}),
    )


def check_instance(instance_id: object, keys: Keys) -> None:
    if instance_id != keys.connect_instance_id:
        raise Refused(404, "ResourceNotFoundException", "Instance not found")


def _check_numbers(asked: Mapping[str, Any], keys: Keys) -> None:
    if not E164.fullmatch(str(asked.get("DestinationPhoneNumber", ""))):
        raise bad_parameter("DestinationPhoneNumber is not in E.164 format")
    if asked["DestinationPhoneNumber"].startswith(UK_MOBILES):
        raise Refused(
            403, "DestinationNotAllowedException", "Outbound calls to this destination are not allowed"
        )
    source, queue = asked.get("SourcePhoneNumber"), asked.get("QueueId")
    if not source and not queue:
        raise bad_parameter("One of QueueId or SourcePhoneNumber is required")
    if source and source not in keys.caller_ids:
        raise bad_parameter("SourcePhoneNumber is not claimed by this instance")
    if queue and queue != keys.connect_queue_id:
        raise Refused(404, "ResourceNotFoundException", "Queue not found")


def _check_detection(asked: Mapping[str, Any]) -> None:
    traffic = asked.get("TrafficType", "GENERAL")
    if traffic not in ("GENERAL", "CAMPAIGN"):
        raise bad_parameter("TrafficType must be GENERAL or CAMPAIGN")
    detection = asked.get("AnswerMachineDetectionConfig") or {}
    if any(detection.values()) and traffic != "CAMPAIGN":
        raise Refused(400, "InvalidRequestException", "Machine detection needs TrafficType CAMPAIGN")
    if traffic == "CAMPAIGN" or "OutboundStrategy" in asked:
        words = "This account is not allowed to make campaign calls"
        raise Refused(403, "OutboundContactNotPermittedException", words)


def _ring_seconds(value: object) -> int:
    if not isinstance(value, int) or not 15 <= value <= 60:
        raise bad_parameter("RingTimeoutInSeconds must be between 15 and 60")
    return value


def _attributes(given: object) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise bad_parameter("Attributes must be names and texts")
    if not all(_NAME.fullmatch(name) for name in given):
        raise bad_parameter("Attribute names hold letters, digits, - and _")
    if sum(len(part.encode()) for pair in given.items() for part in pair) > MOST_BYTES:
        raise bad_parameter(f"Attributes are larger than {MOST_BYTES} bytes")
    return given
