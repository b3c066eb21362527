"""What doctor finds out about the SES account, checked against Amazon's model by botocore's Stubber."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from outreach.mail.ses_account import EVENTS, Expected, troubles

TOPIC = "arn:aws:sns:us-east-1:123456789012:letters"
URL = "https://ar.example.org/webhooks/ses"
EXPECTED = Expected("billing@company.com", "outreach", (TOPIC,), URL)
SUBSCRIPTION = f"{TOPIC}:5be8e4a4"
ACCOUNT = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"}
DESTINATION = {
    "Name": "outreach",
    "Enabled": True,
    "MatchingEventTypes": [*EVENTS],
    "SnsDestination": {"TopicArn": TOPIC},
}


class Account:
    """Answers in the order the questions come; an exception's name is a refusal."""

    def __init__(self, stack: ExitStack) -> None:
        keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "region_name": "us-east-1"}
        self.ses, self.sns = boto3.client("sesv2", **keys), boto3.client("sns", **keys)
        self._ses = stack.enter_context(Stubber(self.ses))
        self._sns = stack.enter_context(Stubber(self.sns))

    def says(
        self,
        account: Any = ACCOUNT,
        domain: Any = {"VerifiedForSendingStatus": True},  # noqa: B006 - never written to
        address: Any = None,
        destinations: Any = (DESTINATION,),
        subscriptions: Any = ({"Endpoint": URL, "SubscriptionArn": SUBSCRIPTION},),
        raw: str = "false",
    ) -> list[str]:
        self._answer(self._ses, "get_account", account, {})
        self._answer(self._ses, "get_email_identity", domain, {"EmailIdentity": "company.com"})
        if address is not None:
            asked = {"EmailIdentity": "billing@company.com"}
            self._answer(self._ses, "get_email_identity", address, asked)
        told = destinations if isinstance(destinations, str) else {"EventDestinations": list(destinations)}
        name = "get_configuration_set_event_destinations"
        self._answer(self._ses, name, told, {"ConfigurationSetName": "outreach"})
        heard = subscriptions if isinstance(subscriptions, str) else {"Subscriptions": list(subscriptions)}
        self._answer(self._sns, "list_subscriptions_by_topic", heard, {"TopicArn": TOPIC})
        attributes = {"Attributes": {"RawMessageDelivery": raw}}
        self._answer(self._sns, "get_subscription_attributes", attributes, {"SubscriptionArn": SUBSCRIPTION})
        return list(troubles(EXPECTED, self.ses, self.sns))

    def _answer(self, stub: Stubber, what: str, told: Any, asked: dict[str, Any]) -> None:
        if isinstance(told, str):
            stub.add_client_error(what, told, http_status_code=404, expected_params=asked)
        else:
            stub.add_response(what, told, asked)


@pytest.fixture
def amazon() -> Iterator[Account]:
    with ExitStack() as stack:
        yield Account(stack)


def test_an_account_that_is_ready(amazon: Account) -> None:
    assert amazon.says() == []


def test_an_address_may_be_verified_by_itself(amazon: Account) -> None:
    assert amazon.says(domain="NotFoundException", address={"VerifiedForSendingStatus": True}) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"account": ACCOUNT | {"ProductionAccessEnabled": False}}, "ask for production access"),
        (
            {"account": ACCOUNT | {"SendingEnabled": False, "EnforcementStatus": "SHUTDOWN"}},
            "SES sends nothing for us (SHUTDOWN)",
        ),
        (
            {"domain": "NotFoundException", "address": "NotFoundException"},
            "company.com is not known to SES in this region",
        ),
        ({"domain": {"VerifiedForSendingStatus": False}}, "company.com is not verified at SES yet"),
        ({"destinations": "NotFoundException"}, "check OUTREACH_SES_CONFIGURATION_SET"),
        ({"destinations": ()}, "publishes to none of OUTREACH_SES_TOPICS"),
        ({"destinations": [DESTINATION | {"Enabled": False}]}, "publishes to none of OUTREACH_SES_TOPICS"),
        (
            {"destinations": [DESTINATION | {"MatchingEventTypes": [*EVENTS[:3]]}]},
            "does not publish COMPLAINT, DELIVERY, RENDERING_FAILURE, DELIVERY_DELAY",
        ),
        ({"destinations": [DESTINATION | {"MatchingEventTypes": [*EVENTS, "CLICK"]}]}, "publishes CLICK"),
        ({"subscriptions": ()}, f"{URL} is not subscribed to {TOPIC}"),
        (
            {"subscriptions": [{"Endpoint": URL, "SubscriptionArn": "PendingConfirmation"}]},
            f"the subscription to {TOPIC} is not confirmed",
        ),
        ({"raw": "true"}, "switch raw message delivery off"),
        ({"account": "AccessDeniedException"}, "may not ask Amazon SES (ses:GetAccount)"),
        ({"account": "UnrecognizedClientException"}, "(UnrecognizedClientException, ses:GetAccount)"),
    ],
)
def test_what_is_not_ready(amazon: Account, told: dict[str, Any], words: str) -> None:
    (found,) = amazon.says(**told)
    assert words in found


def test_no_keys_is_said_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "nowhere")
    ses, sns = (boto3.client(name, region_name="us-east-1") for name in ("sesv2", "sns"))
    assert set(troubles(EXPECTED, ses, sns)) == {
        "there are no AWS keys: set AWS_ACCESS_KEY_ID, or give this machine a role"
    }
