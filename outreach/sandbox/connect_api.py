"""Amazon Connect's API, as far as outreach uses it: start, describe, find and stop a contact; find an agent.

The key's id is checked, its signature is not.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from outreach.sandbox import connect_orders
from outreach.sandbox.answers import MADE, REPORTED, connect_error
from outreach.sandbox.connect_orders import Refused, bad_parameter
from outreach.sandbox.leg import Leg
from outreach.sandbox.switchboard import Switchboard
from outreach.sandbox.truth import Call
from outreach.sandbox.world import World

START = "/contact/outbound-voice"
Handler = Callable[[web.Request], Awaitable[web.Response]]
_CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/\d{8}/[a-z0-9-]+/(connect|sqs)/aws4_request, "
)


def check_papers(request: web.Request, key_id: str) -> None:
    """Raises Refused."""
    signed = _CREDENTIAL.match(request.headers.get("Authorization", ""))
    if not signed:
        raise Refused(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if signed[1] != key_id:
        words = "The security token included in the request is invalid."
        raise Refused(403, "UnrecognizedClientException", words)


def guarded(world: World, handler: Handler) -> Handler:
    """The handler behind the check of papers; what it refuses is answered as Amazon does."""

    async def answer(request: web.Request) -> web.Response:
        try:
            check_papers(request, world.keys.aws_access_key_id)
            return await handler(request)
        except Refused as refused:
            return connect_error(refused.status, refused.name, refused.words)

    return answer


class ConnectApi:
    def __init__(self, world: World, switchboard: Switchboard) -> None:
        self.world, self.switchboard = world, switchboard

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put(START, guarded(self.world, self.start)),
            web.post("/contact/stop", guarded(self.world, self.stop)),
            web.get("/contacts/{instance}/{contact}", guarded(self.world, self.describe)),
            web.post("/search-contacts", guarded(self.world, self.search)),
            web.post("/search-users", guarded(self.world, self.users)),
        ]

    async def start(self, request: web.Request) -> web.Response:
        asked = await _table(request)
        order = connect_orders.order(asked, self.world.keys)
        if related := asked.get("RelatedContactId"):
            copied = self._call(str(related)).contact["attributes"]
            order = replace(order, attributes=copied | order.attributes)
        started = self.switchboard.start(order)
        if started is None:
            words = "The limit of concurrent calls is exceeded."
            return connect_error(429, "LimitExceededException", words)
        call = started.call if isinstance(started, Leg) else started
        if isinstance(started, Leg):
            request[MADE], request[REPORTED] = [call.sid], started.first_report
        return web.json_response({"ContactId": call.sid})

    async def stop(self, request: web.Request) -> web.Response:
        asked = await _table(request)
        connect_orders.check_instance(asked.get("InstanceId"), self.world.keys)
        call = self._call(str(asked.get("ContactId")))
        if not self.switchboard.stop(call.sid):
            raise Refused(410, "ContactNotFoundException", "The contact has ended")
        return web.json_response({})

    async def describe(self, request: web.Request) -> web.Response:
        connect_orders.check_instance(request.match_info["instance"], self.world.keys)
        return web.json_response({"Contact": self._contact(self._call(request.match_info["contact"]))})

    async def search(self, request: web.Request) -> web.Response:
        """By a range of the moment of initiation; newest first unless asked otherwise. One page at a time."""
        asked = await _table(request)
        connect_orders.check_instance(asked.get("InstanceId"), self.world.keys)
        times = asked.get("TimeRange") or {}
        if times.get("Type") != "INITIATION_TIMESTAMP":
            raise bad_parameter("the sandbox searches by INITIATION_TIMESTAMP")
        try:
            since, until = (float(times[name]) for name in ("StartTime", "EndTime"))
        except (KeyError, TypeError, ValueError):
            raise bad_parameter("TimeRange needs StartTime and EndTime") from None
        if since > until:
            raise bad_parameter("TimeRange ends before it starts")
        found = [call for call in self._contacts() if since <= call.created_at.timestamp() <= until]
        newest_first = (asked.get("Sort") or {}).get("Order") != "ASCENDING"
        found.sort(key=lambda call: call.created_at, reverse=newest_first)
        token, size = str(asked.get("NextToken") or 0), asked.get("MaxResults") or 100
        if not token.isdecimal() or not isinstance(size, int) or not 1 <= size <= 100:
            raise bad_parameter("MaxResults is 1 to 100, NextToken is that of the last answer")
        start = int(token)
        page = [_summary(call) for call in found[start : start + size]]
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return web.json_response({"Contacts": page, "TotalCount": len(found), **more})

    async def users(self, request: web.Request) -> web.Response:
        """Everybody asked for by name is there; their id is their name."""
        asked = await _table(request)
        connect_orders.check_instance(asked.get("InstanceId"), self.world.keys)
        named = (asked.get("SearchCriteria") or {}).get("StringCondition") or {}
        if (named.get("FieldName"), named.get("ComparisonType")) != ("Username", "EXACT"):
            raise bad_parameter("the sandbox finds users by their exact Username")
        user = {"Id": named.get("Value"), "Username": named.get("Value")}
        return web.json_response({"Users": [user], "ApproximateTotalCount": 1})

    def _contacts(self) -> list[Call]:
        return [call for call in self.world.truth.calls.values() if call.contact]

    def _call(self, contact_id: str) -> Call:
        call = self.world.truth.calls.get(contact_id)
        if call is None or not call.contact:
            raise Refused(404, "ResourceNotFoundException", "Contact not found")
        return call

    def _contact(self, call: Call) -> dict[str, Any]:
        """As DescribeContact tells it: reasons and times of the end only once it has ended."""
        known = call.contact
        told: dict[str, Any] = {
            **_summary(call),
            "Arn": f"{self.world.keys.connect_instance_arn}/contact/{call.sid}",
            "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": call.to},
            "SystemEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": call.from_},
            "Attributes": known["attributes"],
            "ConnectedToSystemTimestamp": self._lived(call, call.answered_at),
            "DisconnectTimestamp": self._lived(call, call.ended_at),
            "DisconnectReason": known.get("reason"),
        }
        if "enqueued_at" in known:
            at = self._lived(call, _read(known["enqueued_at"]))
            told["QueueInfo"] = {"Id": self.world.keys.connect_queue_id, "EnqueueTimestamp": at}
        if "agent_at" in known:
            at = self._lived(call, _read(known["agent_at"]))
            told["AgentInfo"] = {"Id": known["agent"], "ConnectedToAgentTimestamp": at}
        return {name: value for name, value in told.items() if value is not None}

    def _lived(self, call: Call, at: datetime | None) -> float | None:
        """The moment as it is in the call's own life, which goes faster here."""
        if at is None:
            return None
        return (call.created_at + (at - call.created_at) * self.world.clock.speed).timestamp()


def order_id(body: bytes) -> str | None:
    """The attempt id among a contact's attributes."""
    try:
        found = json.loads(body)["Attributes"]["attempt"]
    except (ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _summary(call: Call) -> dict[str, Any]:
    return {
        "Id": call.sid,
        "InitiationMethod": "API",
        "Channel": "VOICE",
        "InitiationTimestamp": call.created_at.timestamp(),
    }


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


async def _table(request: web.Request) -> Mapping[str, Any]:
    try:
        found = json.loads(await request.text())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "InvalidRequestException", "The request is no JSON object")
    return found
