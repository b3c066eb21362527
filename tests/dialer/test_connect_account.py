"""What doctor finds out about the Connect instance, checked against Amazon's model by botocore's Stubber."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from outreach.dialer.connect_account import Amazon, Expected, troubles

INSTANCE, FLOW, QUEUE = (f"{n}f2c47ab-81d0-4e36-b7a4-c1f08e5d239a" for n in range(3))
URL = "https://sqs.us-east-1.amazonaws.com/555501005550/events"
ARN = "arn:aws:sqs:us-east-1:555501005550:events"
EXPECTED = Expected(INSTANCE, FLOW, QUEUE, ("+13125550190",), ("ana",), URL)
RULE_ONLY = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Resource": ARN}]
}
ATTRIBUTES = {
    "QueueArn": ARN,
    "MessageRetentionPeriod": "345600",
    "VisibilityTimeout": "60",
    "Policy": json.dumps(RULE_ONLY),
}
ANYBODY = {"Statement": [*RULE_ONLY["Statement"], {"Effect": "Allow", "Principal": "*"}]}
READY: dict[str, Any] = {
    "describe_instance": {"Instance": {"InstanceStatus": "ACTIVE", "OutboundCallsEnabled": True}},
    "describe_contact_flow": {"ContactFlow": {"Type": "CONTACT_FLOW", "State": "ACTIVE"}},
    "describe_queue": {
        "Queue": {"Status": "ENABLED", "OutboundCallerConfig": {"OutboundCallerIdNumberId": "n"}}
    },
    "list_phone_numbers_v2": {"ListPhoneNumbersSummaryList": [{"PhoneNumber": "+13125550190"}]},
    "list_users": {"UserSummaryList": [{"Username": "ana"}]},
    "get_queue_attributes": {"Attributes": ATTRIBUTES},
    "list_rule_names_by_target": {"RuleNames": ["outreach"]},
    "describe_rule": {"State": "ENABLED", "EventPattern": f'{{"instanceArn": [".../{INSTANCE}"]}}'},
}


@pytest.fixture
def clients() -> Iterator[tuple[Amazon, dict[str, Stubber]]]:
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    with ExitStack() as stack:
        made = {name: boto3.client(name, **keys) for name in ("connect", "sqs", "events")}
        stubs = {name: stack.enter_context(Stubber(client)) for name, client in made.items()}
        yield Amazon(**made), stubs


def said(clients: tuple[Amazon, dict[str, Stubber]], **changed: Any) -> list[str]:
    amazon, stubs = clients
    for what, told in (READY | changed).items():
        service = "sqs" if "queue_attr" in what else "events" if "rule" in what else "connect"
        if isinstance(told, str):
            stubs[service].add_client_error(what, told, http_status_code=404)
        else:
            stubs[service].add_response(what, told)
    return list(troubles(EXPECTED, amazon))


def test_an_instance_that_is_ready(clients: tuple[Amazon, dict[str, Stubber]]) -> None:
    assert said(clients) == []


def queue(**changed: str) -> dict[str, Any]:
    return {"get_queue_attributes": {"Attributes": ATTRIBUTES | changed}}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"describe_instance": "ResourceNotFoundException"}, "OUTREACH_CONNECT_INSTANCE_ID names nothing"),
        (
            {"describe_instance": {"Instance": {"InstanceStatus": "ACTIVE", "OutboundCallsEnabled": False}}},
            "makes no outbound calls",
        ),
        (
            {
                "describe_instance": {
                    "Instance": {"InstanceStatus": "CREATION_FAILED", "OutboundCallsEnabled": True}
                }
            },
            "instance is CREATION_FAILED",
        ),
        ({"describe_contact_flow": "ResourceNotFoundException"}, "OUTREACH_CONNECT_FLOW_ID names nothing"),
        ({"describe_contact_flow": "ContactFlowNotPublishedException"}, "is not published"),
        (
            {"describe_contact_flow": {"ContactFlow": {"Type": "OUTBOUND_WHISPER", "State": "ACTIVE"}}},
            "is no inbound one",
        ),
        (
            {"describe_contact_flow": {"ContactFlow": {"Type": "CONTACT_FLOW", "State": "ARCHIVED"}}},
            "is archived",
        ),
        ({"describe_queue": "ResourceNotFoundException"}, "OUTREACH_CONNECT_QUEUE_ID names nothing"),
        (
            {
                "describe_queue": {
                    "Queue": {
                        "Status": "DISABLED",
                        "OutboundCallerConfig": {"OutboundCallerIdNumberId": "n"},
                    }
                }
            },
            "is disabled",
        ),
        ({"describe_queue": {"Queue": {"Status": "ENABLED"}}}, "has no outbound caller id"),
        (
            {"list_phone_numbers_v2": {"ListPhoneNumbersSummaryList": []}},
            "+13125550190 of OUTREACH_CALLER_IDS is not claimed",
        ),
        ({"list_users": {"UserSummaryList": []}}, "ana is no user in Amazon Connect"),
        (queue(FifoQueue="true"), "FIFO"),
        (queue(MessageRetentionPeriod="3600"), "retention to 4 days"),
        (queue(VisibilityTimeout="5"), "visibility timeout to 60 seconds"),
        (queue(Policy=""), "EventBridge may not write into the events queue"),
        (queue(Policy=json.dumps(ANYBODY)), "anybody may write into the events queue"),
        ({"describe_rule": {"State": "DISABLED"}}, "no EventBridge rule that is switched on"),
        ({"describe_rule": {"State": "ENABLED", "EventPattern": "{}"}}, "names our instance"),
        ({"list_users": "AccessDeniedException"}, "(connect:ListUsers): give them the rights"),
        ({"list_users": "UnrecognizedClientException"}, "(UnrecognizedClientException, connect:ListUsers)"),
    ],
)
def test_what_is_not_ready(
    clients: tuple[Amazon, dict[str, Stubber]], changed: dict[str, Any], words: str
) -> None:
    (found,) = said(clients, **changed)
    assert words in found


def test_no_queue_of_that_name(clients: tuple[Amazon, dict[str, Stubber]]) -> None:
    (found,) = said(clients, get_queue_attributes="AWS.SimpleQueueService.NonExistentQueue")
    assert found.startswith("OUTREACH_CONNECT_EVENTS_QUEUE_URL names nothing")


def test_no_rule_at_all(clients: tuple[Amazon, dict[str, Stubber]]) -> None:
    _, stubs = clients
    stubs["events"].add_response("list_rule_names_by_target", {"RuleNames": []}, {"TargetArn": ARN})
    (found,) = said(clients)
    assert found.startswith("no EventBridge rule that is switched on")
