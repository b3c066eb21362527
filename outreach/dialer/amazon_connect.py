"""Amazon Connect: the customer is rung first; a flow hands whoever answers to the rep (providers.md A 2.2).

The attempt's id is the ClientToken, so that no repetition on the wire rings twice, and an attribute of the
contact, by which it is found again. A token is never used a second time: once its contact has ended, Amazon
would start another.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from outreach.amazon import NOT_SET_UP, Line, has_no_certificate
from outreach.dialer import connect_words
from outreach.dialer.carrier import (
    Answer,
    CallOrder,
    CarrierError,
    Leg,
    LegOf,
    NoSoundError,
    Placed,
    Refused,
    Sound,
    Unknown,
)
from outreach.dialer.connect_words import ATTEMPT, REFUSALS, RING_SECONDS

NAME = "connect"
REQUESTS_PER_SECOND = 2.0
"""what Amazon allows a new instance, of each kind of request"""
SHORTEST_RING, LONGEST_RING = 15, 60
"""seconds"""
STARTED_WITHIN = timedelta(minutes=10)
"""of its request a contact was begun, if ever"""
GONE = ("ResourceNotFoundException", "ContactNotFoundException")
NO_LOGIN = Refused("settings", "there are no AWS keys: set AWS_ACCESS_KEY_ID, or give this machine a role")
LINE_DOWN = Refused("unreachable", "Amazon Connect cannot be reached")

logging.getLogger("botocore").setLevel(logging.WARNING)  # at DEBUG it prints phone numbers


class AmazonConnect:
    """The adapter. `connect` is called with the first request."""

    name = NAME
    rings_first: LegOf = "customer"

    def __init__(
        self,
        *,
        instance_id: str,
        flow_id: str,
        queue_id: str,
        connect: Callable[[], Any],
        requests_per_second: float = REQUESTS_PER_SECOND,
    ) -> None:
        self.interval = timedelta(seconds=1 / requests_per_second)
        self._instance_id, self._flow_id, self._queue_id = instance_id, flow_id, queue_id
        self._line = Line(connect)
        self._agents: dict[str, str] = {}

    def place(self, order: CallOrder) -> Answer:
        """Ring the customer. Never raises for what the network or Amazon does."""
        try:
            agent = self._agent(order.rep)
            with self._line.fresh() as client:
                answer = client.start_outbound_voice_contact(**self._request(order, agent))
        except ClientError as error:
            return _refusal(error)
        except BotoCoreError as error:
            return _lost(error)
        found = answer.get("ContactId")
        return Placed(found) if found else Unknown("Amazon Connect answered without the contact's id")

    def find(self, order: CallOrder, since: datetime) -> list[Leg]:
        """The contact that carries this attempt's id, among those begun around its request."""
        found = (self._contact(contact_id) for contact_id in self._begun(since))
        return [connect_words.leg(contact) for contact in found if _attempt(contact) == order.attempt_id]

    def legs(self, call_id: str) -> list[Leg]:
        contact = self._contact(call_id)
        return [connect_words.leg(contact)] if contact else []

    def recording(self, ref: str) -> Sound:
        """None: who calls an instance is answered by its own flows, and leaves what they say there."""
        raise NoSoundError("Amazon Connect keeps its voicemails itself")

    def end(self, call_id: str) -> None:
        with _asking(), self._line.fresh() as client:
            try:
                client.stop_contact(ContactId=call_id, InstanceId=self._instance_id)
            except ClientError as error:
                if _code(error) not in GONE:
                    raise

    def _request(self, order: CallOrder, agent: str | None) -> dict[str, Any]:
        """The parameters of StartOutboundVoiceContact. The flow sets the queue, from `agent` and `queue`: a
        QueueId here would show the customer the queue's number in the place of ours."""
        attributes = {ATTEMPT: order.attempt_id, RING_SECONDS: str(_ring(order)), "queue": self._queue_id}
        return {
            "InstanceId": self._instance_id,
            "ContactFlowId": self._flow_id,
            "DestinationPhoneNumber": order.to,
            "SourcePhoneNumber": order.caller_id,
            "ClientToken": order.attempt_id,
            "RingTimeoutInSeconds": _ring(order),
            "Attributes": attributes | ({"agent": agent} if agent else {}),
        }

    def _agent(self, rep: str) -> str | None:
        """Amazon's id of the agent whose login is the rep's, so that the call comes to who asked for it.
        None: whoever of the queue is free takes it; not to know is not worth a call."""
        if rep and rep not in self._agents:
            named = {"FieldName": "Username", "Value": rep, "ComparisonType": "EXACT"}
            try:
                with self._line.fresh() as client:
                    answer = client.search_users(
                        InstanceId=self._instance_id, SearchCriteria={"StringCondition": named}, MaxResults=1
                    )
            except (ClientError, BotoCoreError):
                return None
            if "Users" not in answer:
                return None
            self._agents[rep] = next((user["Id"] for user in answer["Users"]), "")
        return self._agents.get(rep) or None

    def _begun(self, since: datetime) -> Iterator[str]:
        """Ids of contacts begun by a request since then, newest first."""
        criteria = {"Channels": ["VOICE"], "InitiationMethods": ["API"]}
        times = {"Type": "INITIATION_TIMESTAMP", "StartTime": since, "EndTime": since + STARTED_WITHIN}
        sort = {"FieldName": "INITIATION_TIMESTAMP", "Order": "DESCENDING"}
        with _asking(), self._line.fresh() as client:
            pages = client.get_paginator("search_contacts").paginate(
                InstanceId=self._instance_id, TimeRange=times, SearchCriteria=criteria, Sort=sort
            )
            for page in pages:
                yield from (contact["Id"] for contact in _part(page, "Contacts"))

    def _contact(self, contact_id: str) -> Mapping[str, Any]:
        """What is known of a contact; empty if there is none."""
        with _asking(), self._line.fresh() as client:
            try:
                answer = client.describe_contact(InstanceId=self._instance_id, ContactId=contact_id)
            except ClientError as error:
                if _code(error) in GONE:
                    return {}
                raise
        found: Mapping[str, Any] = _part(answer, "Contact")
        return found


def _part(answer: Mapping[str, Any], name: str) -> Any:
    """A part that every answer has: botocore reads half an answer without a word. Raises CarrierError."""
    if name not in answer:
        raise CarrierError(f"Amazon Connect answered without {name}")
    return answer[name]


def _attempt(contact: Mapping[str, Any]) -> str | None:
    return (contact.get("Attributes") or {}).get(ATTEMPT)


def _ring(order: CallOrder) -> int:
    return min(max(order.ring_seconds, SHORTEST_RING), LONGEST_RING)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code") or "")


def _refusal(error: ClientError) -> Refused | Unknown:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code, words = _code(error), str(error.response.get("Error", {}).get("Message") or "")
    proof = connect_words.invalid(words) if code == "InvalidParameterException" else REFUSALS.get(code)
    if proof is None or not 400 <= status < 500:
        return Unknown(f"Amazon Connect answered {status} {code}")
    return proof


def _lost(error: BotoCoreError) -> Refused | Unknown:
    """No answer. Only what failed before the request was written is proof that nothing rings."""
    if isinstance(error, NOT_SET_UP):
        return NO_LOGIN
    if isinstance(error, ParamValidationError):
        return REFUSALS["InvalidRequestException"]
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError) or has_no_certificate(error):
        return LINE_DOWN
    return Unknown(f"Amazon Connect's answer was lost: {type(error).__name__}")


@contextmanager
def _asking() -> Iterator[None]:
    """Reads may fail in any way, and prove nothing by it."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        what = _code(error) if isinstance(error, ClientError) else type(error).__name__
        raise CarrierError(f"Amazon Connect could not be asked: {what}") from error
