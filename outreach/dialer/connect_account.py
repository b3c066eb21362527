"""Is our Amazon Connect instance ready? What can be asked without ringing anybody (docs/connect.md)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from outreach.amazon import NOT_SET_UP

RETENTION, VISIBILITY = 4 * 24 * 3600, 60
"""seconds that docs/connect.md asks of the queue"""
NO_RIGHT = ("AccessDeniedException", "AccessDenied")
EVENT_BRIDGE = "events.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Expected:
    """What we want to find there. `logins`: of the reps, each of whom must be a user of the instance."""

    instance_id: str
    flow_id: str
    queue_id: str
    caller_ids: Sequence[str]
    logins: Sequence[str]
    events_url: str


@dataclass(frozen=True, slots=True)
class Amazon:
    """boto3's clients of the three services."""

    connect: Any
    sqs: Any
    events: Any


def troubles(expected: Expected, amazon: Amazon) -> Iterator[str]:
    """What would go wrong, a sentence each with what to do; none: the instance is ready.

    Each question is asked by itself: a right that is missing for one hides no other's answer.
    """
    connect = amazon.connect
    for right, absent, ask in (
        ("connect:DescribeInstance", "OUTREACH_CONNECT_INSTANCE_ID", lambda: _instance(connect, expected)),
        ("connect:DescribeContactFlow", "OUTREACH_CONNECT_FLOW_ID", lambda: _flow(connect, expected)),
        ("connect:DescribeQueue", "OUTREACH_CONNECT_QUEUE_ID", lambda: _queue(connect, expected)),
        ("connect:ListPhoneNumbersV2", "OUTREACH_CALLER_IDS", lambda: _numbers(connect, expected)),
        ("connect:ListUsers", "OUTREACH_CONNECT_INSTANCE_ID", lambda: _users(connect, expected)),
        ("sqs:GetQueueAttributes", "OUTREACH_CONNECT_EVENTS_QUEUE_URL", lambda: _events(amazon, expected)),
    ):
        yield from _asked(right, absent, ask)


def _asked(right: str, variable: str, ask: Callable[[], Iterator[str]]) -> Iterator[str]:
    """The sentences of one question, or the one that says why it could not be asked."""
    try:
        yield from list(ask())
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code") or "")
        if code == "ContactFlowNotPublishedException":
            yield "the flow of OUTREACH_CONNECT_FLOW_ID is not published: publish it"
        elif code in NO_RIGHT:
            yield f"the AWS keys may not ask ({right}): give them the rights of docs/connect.md"
        elif "NotFound" in code or "NonExistentQueue" in code or "QueueDoesNotExist" in code:
            yield f"{variable} names nothing that Amazon knows in this region: copy it again"
        else:
            yield f"Amazon does not answer our AWS keys ({code}, {right}): check them and their region"
    except NOT_SET_UP:
        yield "there are no AWS keys: set AWS_ACCESS_KEY_ID, or give this machine a role"
    except BotoCoreError as error:
        yield f"Amazon cannot be reached ({type(error).__name__}): check the network and AWS_DEFAULT_REGION"


def _instance(connect: Any, expected: Expected) -> Iterator[str]:
    instance = connect.describe_instance(InstanceId=expected.instance_id)["Instance"]
    if instance.get("InstanceStatus") != "ACTIVE":
        yield f"the Amazon Connect instance is {instance.get('InstanceStatus')}: see its console"
    if not instance.get("OutboundCallsEnabled"):
        yield "the Amazon Connect instance makes no outbound calls: switch them on under Telephony"


def _flow(connect: Any, expected: Expected) -> Iterator[str]:
    asked = {"InstanceId": expected.instance_id, "ContactFlowId": expected.flow_id}
    flow = connect.describe_contact_flow(**asked)["ContactFlow"]
    if flow.get("Type") != "CONTACT_FLOW":
        yield "the flow of OUTREACH_CONNECT_FLOW_ID is no inbound one: import config/connect/outbound.json"
    elif flow.get("State") == "ARCHIVED":
        yield "the flow of OUTREACH_CONNECT_FLOW_ID is archived: take it back, or name another"


def _queue(connect: Any, expected: Expected) -> Iterator[str]:
    asked = {"InstanceId": expected.instance_id, "QueueId": expected.queue_id}
    queue = connect.describe_queue(**asked)["Queue"]
    if queue.get("Status") != "ENABLED":
        yield "the queue of OUTREACH_CONNECT_QUEUE_ID is disabled: nobody would be joined to a customer"
    if not (queue.get("OutboundCallerConfig") or {}).get("OutboundCallerIdNumberId"):
        yield "the queue of OUTREACH_CONNECT_QUEUE_ID has no outbound caller id: give it a claimed number"


def _numbers(connect: Any, expected: Expected) -> Iterator[str]:
    pages = connect.get_paginator("list_phone_numbers_v2").paginate(InstanceId=expected.instance_id)
    claimed = {one["PhoneNumber"] for page in pages for one in page["ListPhoneNumbersSummaryList"]}
    for number in expected.caller_ids:
        if number not in claimed:
            yield f"{number} of OUTREACH_CALLER_IDS is not claimed in this instance: its calls are refused"


def _users(connect: Any, expected: Expected) -> Iterator[str]:
    pages = connect.get_paginator("list_users").paginate(InstanceId=expected.instance_id)
    known = {one.get("Username") for page in pages for one in page["UserSummaryList"]}
    for login in expected.logins:
        if login not in known:
            yield f"{login} is no user in Amazon Connect: whoever is free would get their calls; add the user"


def _events(amazon: Amazon, expected: Expected) -> Iterator[str]:
    """The queue, and whether anything at all is put into it."""
    asked = {"QueueUrl": expected.events_url, "AttributeNames": ["All"]}
    queue: Mapping[str, str] = amazon.sqs.get_queue_attributes(**asked).get("Attributes") or {}
    if queue.get("FifoQueue") == "true":
        yield "the events queue is a FIFO queue, which EventBridge needs more for: make a standard one"
    if int(queue.get("MessageRetentionPeriod", RETENTION)) < RETENTION:
        yield "the events queue forgets what is older than it should: set its retention to 4 days or more"
    if int(queue.get("VisibilityTimeout", VISIBILITY)) < VISIBILITY:
        yield "the events queue shows a message again too soon: set its visibility timeout to 60 seconds"
    yield from _policy(queue.get("Policy"))
    yield from _rule(amazon.events, queue["QueueArn"], expected.instance_id)


def _policy(document: str | None) -> Iterator[str]:
    """Whoever may write into the queue is believed."""
    statements = json.loads(document).get("Statement", []) if document else []
    allowed = [one for one in statements if one.get("Effect") == "Allow"]
    if not any(EVENT_BRIDGE in json.dumps(one.get("Principal")) for one in allowed):
        yield "EventBridge may not write into the events queue: give it the policy of docs/connect.md"
    if any(one.get("Principal") in ("*", {"AWS": "*"}) and not one.get("Condition") for one in allowed):
        yield "anybody may write into the events queue: give it the policy of docs/connect.md"


def _rule(events: Any, queue_arn: str, instance_id: str) -> Iterator[str]:
    names = events.list_rule_names_by_target(TargetArn=queue_arn).get("RuleNames") or []
    rules = [events.describe_rule(Name=name) for name in names]
    running = [one for one in rules if one.get("State") != "DISABLED"]
    if not running:
        yield "no EventBridge rule that is switched on leads to the events queue: nothing is reported"
    elif not any(instance_id in str(one.get("EventPattern")) for one in running):
        yield "no EventBridge rule of the events queue names our instance: see its pattern in docs/connect.md"
