"""The adapter: every request and every answer checked against Amazon's own model by botocore's Stubber."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from outreach.amazon import client as a_client
from outreach.dialer.amazon_connect import LINE_DOWN, NO_LOGIN, STARTED_WITHIN, AmazonConnect
from outreach.dialer.carrier import CallOrder, CarrierError, Placed, Refused, Unknown

INSTANCE, FLOW, QUEUE, AGENT = "i" * 8, "f" * 8, "q" * 8, "g" * 8
ORDER = CallOrder("a1", rep_phone="", to="+12125550101", caller_id="+13125550190", rep="ana")
BEGUN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NAMED = {
    "InstanceId": INSTANCE,
    "SearchCriteria": {
        "StringCondition": {"FieldName": "Username", "Value": "ana", "ComparisonType": "EXACT"}
    },
    "MaxResults": 1,
}
STARTED = {
    "InstanceId": INSTANCE,
    "ContactFlowId": FLOW,
    "DestinationPhoneNumber": "+12125550101",
    "SourcePhoneNumber": "+13125550190",
    "ClientToken": "a1",
    "RingTimeoutInSeconds": 30,
    "Attributes": {"attempt": "a1", "ring_seconds": "30", "queue": QUEUE, "agent": AGENT},
}


@pytest.fixture
def client() -> Any:
    return a_client(
        "connect", region_name="us-east-1", aws_access_key_id="AKIA", aws_secret_access_key="none"
    )


@pytest.fixture
def carrier(client: Any) -> AmazonConnect:
    return AmazonConnect(instance_id=INSTANCE, flow_id=FLOW, queue_id=QUEUE, connect=lambda: client)


@pytest.fixture
def amazon(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def agent_known(amazon: Stubber, *found: str) -> None:
    amazon.add_response("search_users", {"Users": [{"Id": one} for one in found]}, NAMED)


def test_one_request_with_our_id_as_token_and_attribute(carrier: AmazonConnect, amazon: Stubber) -> None:
    agent_known(amazon, AGENT)
    amazon.add_response("start_outbound_voice_contact", {"ContactId": "c1"}, STARTED)
    amazon.add_response("start_outbound_voice_contact", {"ContactId": "c2"}, STARTED)
    assert carrier.place(ORDER) == Placed("c1")
    assert carrier.place(ORDER) == Placed("c2"), "who the agent is was asked once"


@pytest.mark.parametrize("found", [(), None])
def test_without_an_agent_of_that_name_the_queue_takes_it(
    carrier: AmazonConnect, amazon: Stubber, found: tuple[str, ...] | None
) -> None:
    if found is None:
        amazon.add_client_error("search_users", "AccessDeniedException", http_status_code=403)
    else:
        agent_known(amazon, *found)
    attributes = {name: value for name, value in STARTED["Attributes"].items() if name != "agent"}  # type: ignore[attr-defined]
    amazon.add_response(
        "start_outbound_voice_contact", {"ContactId": "c1"}, {**STARTED, "Attributes": attributes}
    )
    assert carrier.place(ORDER) == Placed("c1")


@pytest.mark.parametrize(
    ("code", "status", "words", "why"),
    [
        ("DestinationNotAllowedException", 403, "", "blocked"),
        ("OutboundContactNotPermittedException", 403, "", "blocked"),
        ("InvalidParameterException", 400, "DestinationPhoneNumber is not valid", "bad number"),
        ("InvalidParameterException", 400, "SourcePhoneNumber is not claimed", "settings"),
        ("InvalidRequestException", 400, "", "failed"),
        ("ResourceNotFoundException", 404, "", "settings"),
        ("LimitExceededException", 429, "", "throttled"),
        ("TooManyRequestsException", 429, "", "throttled"),
        ("ThrottlingException", 429, "", "throttled"),
        ("AccessDeniedException", 403, "", "settings"),
        ("UnrecognizedClientException", 403, "", "settings"),
        ("ExpiredTokenException", 403, "", "settings"),
    ],
)
def test_what_proves_that_nothing_rang(
    carrier: AmazonConnect, amazon: Stubber, code: str, status: int, words: str, why: str
) -> None:
    agent_known(amazon)
    amazon.add_client_error("start_outbound_voice_contact", code, words, http_status_code=status)
    answer = carrier.place(ORDER)
    assert isinstance(answer, Refused)
    assert answer.why == why
    assert (answer.retry_after is not None) is (why == "throttled")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalServiceException", 500),
        ("ServiceUnavailable", 503),
        ("LimitExceededException", 500),
        ("408", 408),
        ("a word of tomorrow", 400),
    ],
)
def test_what_proves_nothing(carrier: AmazonConnect, amazon: Stubber, code: str, status: int) -> None:
    agent_known(amazon)
    amazon.add_client_error("start_outbound_voice_contact", code, http_status_code=status)
    assert isinstance(carrier.place(ORDER), Unknown)


@contextmanager
def failing(client: Any, error: Exception) -> Iterator[None]:
    """The wire fails; the request has been checked before."""

    def fail(**_: Any) -> None:
        raise error

    client.meta.events.register("before-send.connect.*", fail)
    yield
    client.meta.events.unregister("before-send.connect.*", fail)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (EndpointConnectionError(endpoint_url="x"), LINE_DOWN),
        (ConnectTimeoutError(endpoint_url="x"), LINE_DOWN),
        (NoCredentialsError(), NO_LOGIN),
        (ReadTimeoutError(endpoint_url="x"), Unknown("Amazon Connect's answer was lost: ReadTimeoutError")),
    ],
)
def test_only_what_failed_before_the_request_was_written_is_proof(
    carrier: AmazonConnect, client: Any, error: Exception, answer: object
) -> None:
    with failing(client, error):
        assert carrier.place(ORDER) == answer


@pytest.mark.parametrize(("wanted", "asked"), [(5, 15), (600, 60)])
def test_it_rings_as_long_as_amazon_allows(
    carrier: AmazonConnect, amazon: Stubber, wanted: int, asked: int
) -> None:
    order = CallOrder("a1", rep_phone="", to=ORDER.to, caller_id=ORDER.caller_id, ring_seconds=wanted)
    attributes = {"attempt": "a1", "ring_seconds": str(asked), "queue": QUEUE}
    amazon.add_response(
        "start_outbound_voice_contact",
        {"ContactId": "c1"},
        {**STARTED, "RingTimeoutInSeconds": asked, "Attributes": attributes},
    )
    carrier.place(order)


def test_it_is_found_by_our_id_among_all_that_was_begun(carrier: AmazonConnect, amazon: Stubber) -> None:
    asked = {
        "InstanceId": INSTANCE,
        "TimeRange": {
            "Type": "INITIATION_TIMESTAMP",
            "StartTime": BEGUN,
            "EndTime": BEGUN + STARTED_WITHIN,
        },
        "SearchCriteria": {"Channels": ["VOICE"], "InitiationMethods": ["API"]},
        "Sort": {"FieldName": "INITIATION_TIMESTAMP", "Order": "DESCENDING"},
    }
    page = {"Contacts": [{"Id": "c1"}], "NextToken": "more"}
    amazon.add_response("search_contacts", page, asked)
    described(amazon, "c1", Attributes={"attempt": "another's"})
    amazon.add_response(
        "search_contacts", {"Contacts": [{"Id": "c2"}, {"Id": "c3"}]}, {**asked, "NextToken": "more"}
    )
    described(amazon, "c2", Attributes={"attempt": "a1"})
    described(amazon, "c3")
    assert [leg.call_id for leg in carrier.find(ORDER, BEGUN)] == ["c2"]


def described(amazon: Stubber, contact_id: str, **own: Any) -> None:
    contact = {"Id": contact_id, "InitiationTimestamp": BEGUN, **own}
    asked = {"InstanceId": INSTANCE, "ContactId": contact_id}
    amazon.add_response("describe_contact", {"Contact": contact}, asked)


def test_one_contact_is_one_leg(carrier: AmazonConnect, amazon: Stubber) -> None:
    over = BEGUN + timedelta(seconds=20)
    described(
        amazon,
        "c1",
        DisconnectTimestamp=over,
        DisconnectReason="TELECOM_BUSY",
        CustomerEndpoint={"Type": "TELEPHONE_NUMBER", "Address": ORDER.to},
    )
    (leg,) = carrier.legs("c1")
    assert (leg.of, leg.state, leg.to, leg.created_at, leg.ended_at) == (
        *("customer", "busy", ORDER.to),
        *(BEGUN, over),
    )


def test_a_contact_that_is_not_there_has_no_legs(carrier: AmazonConnect, amazon: Stubber) -> None:
    amazon.add_client_error("describe_contact", "ResourceNotFoundException", http_status_code=404)
    assert carrier.legs("c1") == []


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 429), ("InternalServiceException", 500)]
)
def test_reads_that_fail_prove_nothing(
    carrier: AmazonConnect, amazon: Stubber, code: str, status: int
) -> None:
    for method in ("search_contacts", "describe_contact", "stop_contact"):
        amazon.add_client_error(method, code, http_status_code=status)
    for ask in (lambda: carrier.find(ORDER, BEGUN), lambda: carrier.legs("c1"), lambda: carrier.end("c1")):
        with pytest.raises(CarrierError, match=code):
            ask()


@pytest.mark.parametrize("code", [None, "ContactNotFoundException", "ResourceNotFoundException"])
def test_to_end_what_has_ended_is_a_success(
    carrier: AmazonConnect, amazon: Stubber, code: str | None
) -> None:
    asked = {"InstanceId": INSTANCE, "ContactId": "c1"}
    if code is None:
        amazon.add_response("stop_contact", {}, asked)
    else:
        amazon.add_client_error("stop_contact", code, expected_params=asked, http_status_code=410)
    carrier.end("c1")
