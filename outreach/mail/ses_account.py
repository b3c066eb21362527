"""Is our Amazon SES account ready for us? What can be asked without writing to anybody (docs/ses.md)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from outreach.amazon import NOT_SET_UP

EVENTS = ("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE", "DELIVERY_DELAY")
"""without one of these something that becomes of a letter is never heard of"""
PENDING = "PendingConfirmation"
NO_RIGHT = ("AccessDeniedException", "AccessDenied", "AuthorizationError", "AuthorizationErrorException")
NOT_THERE = ("NotFoundException", "NotFound")


@dataclass(frozen=True, slots=True)
class Expected:
    """What we want to find there."""

    sender: str
    """the address letters come from"""
    configuration_set: str
    topics: Sequence[str]
    url: str
    """where SNS must post"""


def troubles(expected: Expected, ses: Any, sns: Any) -> Iterator[str]:
    """What would go wrong, a sentence each with what to do; none: the account is ready.

    `ses` and `sns` are boto3's clients. Each question is asked by itself: a right that is missing for one
    hides no other's answer.
    """
    for right, ask in (
        ("ses:GetAccount", lambda: _account(ses)),
        ("ses:GetEmailIdentity", lambda: _sender(ses, expected.sender)),
        ("ses:GetConfigurationSetEventDestinations", lambda: _events(ses, expected)),
        ("sns:ListSubscriptionsByTopic", lambda: _subscriptions(sns, expected)),
    ):
        yield from asked(right, "Amazon SES", "docs/ses.md", ask)


def asked(right: str, who: str, document: str, ask: Callable[[], Iterator[str]]) -> Iterator[str]:
    """The sentences of one question, or the one that says why it could not be asked."""
    try:
        yield from list(ask())
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code") or "")
        if code in NO_RIGHT:
            yield f"the AWS keys may not ask {who} ({right}): give them the rights of {document}"
        else:
            yield f"{who} does not answer our AWS keys ({code}, {right}): check them and their region"
    except NOT_SET_UP:
        yield "there are no AWS keys: set AWS_ACCESS_KEY_ID, or give this machine a role"
    except BotoCoreError as error:
        yield f"{who} cannot be reached ({type(error).__name__}): check the network and AWS_DEFAULT_REGION"


def _account(ses: Any) -> Iterator[str]:
    account = ses.get_account()
    if not account.get("ProductionAccessEnabled"):
        yield "SES lets us write to verified addresses only: ask for production access in its console"
    if not account.get("SendingEnabled"):
        yield f"SES sends nothing for us ({account.get('EnforcementStatus')}): see its console"


def _sender(ses: Any, sender: str) -> Iterator[str]:
    """The domain vouches for every address of it; else the address may be verified by itself."""
    domain = sender.rpartition("@")[2]
    known = _identity(ses, domain) or _identity(ses, sender)
    if known is None:
        yield f"{domain} is not known to SES in this region: create it as an email identity"
    elif not known.get("VerifiedForSendingStatus"):
        yield f"{domain} is not verified at SES yet: publish the three CNAME records of its DKIM tokens"


def _identity(ses: Any, name: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = ses.get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in NOT_THERE:
            return None
        raise
    return found


def _events(ses: Any, expected: Expected) -> Iterator[str]:
    name = expected.configuration_set
    try:
        answer = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in NOT_THERE:
            raise
        yield "SES has no configuration set of that name here: check OUTREACH_SES_CONFIGURATION_SET"
        return
    ours = [one for one in answer.get("EventDestinations") or [] if _leads_to_us(one, expected.topics)]
    if not ours:
        yield f"the configuration set {name} publishes to none of OUTREACH_SES_TOPICS: nothing is reported"
        return
    told = {event for one in ours for event in one.get("MatchingEventTypes") or []}
    missing = [event for event in EVENTS if event not in told]
    if missing:
        yield f"the configuration set {name} does not publish {', '.join(missing)}: add what is missing"
    if "CLICK" in told:
        yield f"the configuration set {name} publishes CLICK: leave it out, or SES rewrites the pay link"


def _leads_to_us(destination: Mapping[str, Any], topics: Sequence[str]) -> bool:
    topic = (destination.get("SnsDestination") or {}).get("TopicArn")
    return bool(destination.get("Enabled")) and topic in topics


def _subscriptions(sns: Any, expected: Expected) -> Iterator[str]:
    for topic in expected.topics:
        listed = sns.list_subscriptions_by_topic(TopicArn=topic).get("Subscriptions") or []
        ours = next((one for one in listed if one.get("Endpoint") == expected.url), None)
        if ours is None:
            yield f"{expected.url} is not subscribed to {topic}: no report comes; see step 5 of docs/ses.md"
        elif ours["SubscriptionArn"] == PENDING:
            yield f"the subscription to {topic} is not confirmed: run `outreach web`, then subscribe again"
        else:
            given = sns.get_subscription_attributes(SubscriptionArn=ours["SubscriptionArn"])
            if (given.get("Attributes") or {}).get("RawMessageDelivery") == "true":
                yield f"switch raw message delivery off in the subscription to {topic}: it is not signed"
