"""Amazon Connect and SQS as the sandbox plays them: asked through boto3, over the wire."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from outreach import amazon
from outreach.sandbox.keys import AWS_REGION, EVENTS_QUEUE
from tests.sandbox.playing import CUSTOMER, Sandbox, until

Events = list[dict[str, Any]]


def client(sandbox: Sandbox, service: str = "connect", key: str = "") -> Any:
    return amazon.client(
        service,
        url=sandbox.url,
        region_name=AWS_REGION,
        aws_access_key_id=key or sandbox.keys.aws_access_key_id,
        aws_secret_access_key="not checked",
    )


def order(sandbox: Sandbox, **own: Any) -> dict[str, Any]:
    """What outreach asks for; a None takes a parameter away."""
    keys = sandbox.keys
    wanted = {
        "InstanceId": keys.connect_instance_id,
        "ContactFlowId": keys.connect_flow_id,
        "DestinationPhoneNumber": CUSTOMER,
        "SourcePhoneNumber": keys.caller_ids[0],
        "ClientToken": "a1",
        "Attributes": {"attempt": "a1", "agent": "ana"},
        **own,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def start(sandbox: Sandbox, **own: Any) -> str:
    return str(client(sandbox).start_outbound_voice_contact(**order(sandbox, **own))["ContactId"])


def describe(sandbox: Sandbox, contact_id: str) -> dict[str, Any]:
    instance = sandbox.keys.connect_instance_id
    found: dict[str, Any] = client(sandbox).describe_contact(InstanceId=instance, ContactId=contact_id)[
        "Contact"
    ]
    return found


def take(sandbox: Sandbox) -> Events:
    """Everything in the queue, once nothing is on its way any more."""
    sqs, url, found = client(sandbox, "sqs"), f"{sandbox.url}/{EVENTS_QUEUE}", []
    while not sandbox.get("/sandbox/quiet")["quiet"]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_the_customer_is_rung_first_and_the_agent_joins(sandbox: Sandbox) -> None:
    sandbox.script(numbers={CUSTOMER: "human"})
    contact_id = start(sandbox)
    told = take(sandbox)
    assert [one["detail"]["eventType"] for one in told] == [
        "INITIATED",
        "CONNECTED_TO_SYSTEM",
        "QUEUED",
        "CONNECTED_TO_AGENT",
        "DISCONNECTED",
        "COMPLETED",
    ]
    assert {one["detail"]["contactId"] for one in told} == {contact_id}
    assert {one["detail"]["channel"] for one in told} == {"VOICE", "Voice"}
    assert {"AgentInfo", "agentInfo"} <= {name for one in told for name in one["detail"]}
    assert not any("disconnectReason" in one["detail"] for one in told)
    contact = describe(sandbox, contact_id)
    assert contact["Attributes"]["attempt"] == "a1"
    assert contact["AgentInfo"]["Id"] == "ana"
    assert (
        contact["InitiationTimestamp"]
        < contact["ConnectedToSystemTimestamp"]
        < contact["DisconnectTimestamp"]
    )
    assert contact["DisconnectReason"] in ("AGENT_DISCONNECT", "CUSTOMER_DISCONNECT")
    (call,) = sandbox.truth()["calls"]
    assert (call["sid"], call["attempt"], call["direction"]) == (contact_id, "a1", "outbound-contact")


@pytest.mark.parametrize(
    ("behaviour", "reasons"),
    [
        ("no-answer", {"TELECOM_UNANSWERED", "TELECOM_ORIGINATOR_CANCEL"}),
        ("busy", {"TELECOM_BUSY"}),
        ("bad-number", {"TELECOM_NUMBER_INVALID"}),
        ("blocked", {"TELECOM_POTENTIAL_BLOCKING"}),
        ("failed", {"TELECOM_PROBLEM"}),
    ],
)
def test_whoever_does_not_answer_has_a_reason(sandbox: Sandbox, behaviour: str, reasons: set[str]) -> None:
    sandbox.script(numbers={CUSTOMER: behaviour})
    contact_id = start(sandbox)
    assert [one["detail"]["eventType"] for one in take(sandbox)] == ["INITIATED", "DISCONNECTED"]
    assert describe(sandbox, contact_id)["DisconnectReason"] in reasons


def test_without_an_agent_the_customer_gives_up(sandbox: Sandbox) -> None:
    sandbox.script(reps={"ana": "no-answer"}, numbers={CUSTOMER: "human"})
    contact = describe(sandbox, start(sandbox))
    told = [one["detail"]["eventType"] for one in take(sandbox)]
    contact = describe(sandbox, contact["Id"])
    assert told == ["INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "DISCONNECTED"]
    assert "AgentInfo" not in contact
    assert contact["QueueInfo"]["EnqueueTimestamp"]


def test_a_token_is_one_contact_while_that_lives_and_another_after_it(sandbox: Sandbox) -> None:
    sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    first = start(sandbox)
    assert start(sandbox) == first
    stop(sandbox, first)
    take(sandbox)
    assert start(sandbox) != first, "the trap: who repeats it now rings twice"


def stop(sandbox: Sandbox, contact_id: str) -> None:
    client(sandbox).stop_contact(InstanceId=sandbox.keys.connect_instance_id, ContactId=contact_id)


def test_stopped(sandbox: Sandbox) -> None:
    sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    contact_id = start(sandbox)
    stop(sandbox, contact_id)
    take(sandbox)
    assert describe(sandbox, contact_id)["DisconnectReason"] == "OTHER"
    with pytest.raises(ClientError, match="ContactNotFoundException"):
        stop(sandbox, contact_id)


@pytest.mark.parametrize(
    ("own", "name", "status"),
    [
        ({"InstanceId": "another"}, "ResourceNotFoundException", 404),
        ({"ContactFlowId": "another"}, "ResourceNotFoundException", 404),
        ({"DestinationPhoneNumber": "2125550101"}, "InvalidParameterException", 400),
        ({"DestinationPhoneNumber": "+447400555010"}, "DestinationNotAllowedException", 403),
        ({"SourcePhoneNumber": None}, "InvalidParameterException", 400),
        ({"SourcePhoneNumber": "+12125550000"}, "InvalidParameterException", 400),
        ({"SourcePhoneNumber": None, "QueueId": "another"}, "ResourceNotFoundException", 404),
        ({"Attributes": {"an attempt": "a1"}}, "InvalidParameterException", 400),
        ({"Attributes": {"attempt": "a" * 32_768}}, "InvalidParameterException", 400),
        (
            {"AnswerMachineDetectionConfig": {"EnableAnswerMachineDetection": True}},
            "InvalidRequestException",
            400,
        ),
        (
            {"AnswerMachineDetectionConfig": {"AwaitAnswerMachinePrompt": True}},
            "InvalidRequestException",
            400,
        ),
        ({"RelatedContactId": "another"}, "ResourceNotFoundException", 404),
        ({"TrafficType": "CAMPAIGN"}, "OutboundContactNotPermittedException", 403),
    ],
)
def test_what_connect_refuses(sandbox: Sandbox, own: dict[str, Any], name: str, status: int) -> None:
    connect = client(sandbox)
    with pytest.raises(getattr(connect.exceptions, name)) as refused:
        connect.start_outbound_voice_contact(**order(sandbox, **own))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert sandbox.truth()["calls"] == []


def test_a_related_contact_passes_its_attributes_on(sandbox: Sandbox) -> None:
    first = start(sandbox, Attributes={"attempt": "a1", "from": "the first"})
    second = start(sandbox, ClientToken="a2", Attributes={"attempt": "a2"}, RelatedContactId=first)
    assert describe(sandbox, second)["Attributes"] == {"attempt": "a2", "from": "the first"}


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": "1", "ReceiptHandle": "a"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": str(n), "ReceiptHandle": "a"} for n in range(11)], "TooManyEntriesInBatchRequest"),
    ],
)
def test_what_sqs_refuses_of_a_batch(sandbox: Sandbox, entries: list[dict[str, str]], name: str) -> None:
    url = f"{sandbox.url}/{EVENTS_QUEUE}"
    with pytest.raises(ClientError, match=name):
        client(sandbox, "sqs").delete_message_batch(QueueUrl=url, Entries=entries)


def test_either_a_queue_or_a_number_of_ours_is_enough(sandbox: Sandbox) -> None:
    assert start(sandbox, SourcePhoneNumber=None, QueueId=sandbox.keys.connect_queue_id)


@pytest.mark.parametrize("seconds", [14, 61])
def test_the_ring_time_has_limits_on_both_sides(sandbox: Sandbox, seconds: int) -> None:
    if seconds < 15:  # the model says it before anything leaves
        with pytest.raises(BotoCoreError, match="RingTimeoutInSeconds"):
            start(sandbox, RingTimeoutInSeconds=seconds)
    else:
        with pytest.raises(ClientError, match="RingTimeoutInSeconds"):
            start(sandbox, RingTimeoutInSeconds=seconds)


def test_ten_at_once_are_all_an_instance_may_have(sandbox: Sandbox) -> None:
    sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    for n in range(10):
        start(sandbox, ClientToken=f"a{n}")
    with pytest.raises(ClientError, match="LimitExceededException"):
        start(sandbox, ClientToken="one too many")


def test_a_strange_key_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client(sandbox, key="AKIAWRONG").start_outbound_voice_contact(**order(sandbox))
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client(sandbox, "sqs", "AKIAWRONG").receive_message(QueueUrl=f"{sandbox.url}/{EVENTS_QUEUE}")


def test_contacts_are_found_by_when_they_were_begun(sandbox: Sandbox) -> None:
    made = [start(sandbox, ClientToken=f"a{n}") for n in range(3)]
    now = datetime.now(UTC)
    asked = {
        "InstanceId": sandbox.keys.connect_instance_id,
        "Sort": {"FieldName": "INITIATION_TIMESTAMP", "Order": "DESCENDING"},
        "PaginationConfig": {"PageSize": 2},
    }

    def found(since: datetime, until: datetime) -> list[str]:
        times = {"Type": "INITIATION_TIMESTAMP", "StartTime": since, "EndTime": until}
        pages = client(sandbox).get_paginator("search_contacts").paginate(TimeRange=times, **asked)
        return [contact["Id"] for page in pages for contact in page["Contacts"]]

    assert found(now - timedelta(minutes=1), now + timedelta(minutes=1)) == made[::-1]
    assert found(now - timedelta(hours=2), now - timedelta(hours=1)) == []


def test_nobody_is_there_who_was_never_begun(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        describe(sandbox, "nobody")


def test_what_is_not_deleted_comes_again(sandbox: Sandbox) -> None:
    sandbox.script(numbers={CUSTOMER: "bad-number"})
    start(sandbox)
    sqs, url = client(sandbox, "sqs"), f"{sandbox.url}/{EVENTS_QUEUE}"
    seen: list[str] = []

    def again() -> bool:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        seen.extend(one["MessageId"] for one in answer.get("Messages", []))
        return len(seen) > len(set(seen)) > 1

    until(again)
    assert not sandbox.get("/sandbox/quiet")["quiet"], "something still lies there"


def test_faults_of_reports_are_those_of_the_queue(sandbox: Sandbox) -> None:
    sandbox.faults(webhooks={"duplicate": 1.0, "spread_ms": 50})
    sandbox.script(numbers={CUSTOMER: "bad-number"})
    start(sandbox)
    ids = [one["id"] for one in take(sandbox)]
    assert (len(ids), len(set(ids))) == (4, 2)
    sandbox.faults(webhooks={"lost": 1.0})
    start(sandbox, ClientToken="a2")
    assert take(sandbox) == []


@pytest.mark.parametrize(
    ("fault", "made"), [("lost", 1), ("error_accepted", 1), ("error", 0), ("throttled", 0)]
)
def test_the_truth_knows_what_the_sender_was_not_told(sandbox: Sandbox, fault: str, made: int) -> None:
    sandbox.faults(answers={fault: 1.0})
    with pytest.raises((ClientError, BotoCoreError)):
        start(sandbox)
    sandbox.faults()
    take(sandbox)
    truth = sandbox.truth()
    assert len(truth["calls"]) == made
    (asked,) = truth["requests"]
    assert (asked["provider"], asked["order"], len(asked["accepted"])) == ("connect", "a1", made)
