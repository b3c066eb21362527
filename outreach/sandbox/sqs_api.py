"""Amazon SQS's API in its JSON protocol, as far as outreach uses it: receive and delete messages."""

import json
from typing import Any

from aiohttp import web

from outreach.sandbox.answers import connect_error
from outreach.sandbox.connect_api import guarded
from outreach.sandbox.event_queue import EventQueue, Message
from outreach.sandbox.keys import EVENTS_QUEUE
from outreach.sandbox.world import World

MOST, LONGEST_WAIT = 10, 20


class SqsApi:
    def __init__(self, world: World, queue: EventQueue) -> None:
        self.world, self.queue = world, queue
        self._actions = {
            "AmazonSQS.ReceiveMessage": self.receive,
            "AmazonSQS.DeleteMessage": self.delete,
            "AmazonSQS.DeleteMessageBatch": self.delete_batch,
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/", guarded(self.world, self.act))]

    async def act(self, request: web.Request) -> web.Response:
        action = self._actions.get(request.headers.get("X-Amz-Target", ""))
        if action is None:
            return connect_error(400, "UnsupportedOperation", "The sandbox receives and deletes messages")
        try:
            asked = json.loads(await request.text())
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return connect_error(400, "SerializationException", "The request is no JSON object")
        if not str(asked.get("QueueUrl", "")).endswith(f"/{EVENTS_QUEUE}"):
            return connect_error(400, "QueueDoesNotExist", "The specified queue does not exist.")
        return await action(asked)

    async def receive(self, asked: dict[str, Any]) -> web.Response:
        most, wait = asked.get("MaxNumberOfMessages", 1), asked.get("WaitTimeSeconds", 0)
        if not 1 <= most <= MOST or not 0 <= wait <= LONGEST_WAIT:
            return connect_error(400, "InvalidParameterValue", "1 to 10 messages, 0 to 20 seconds")
        found = await self.queue.receive(most, wait, asked.get("VisibilityTimeout"))
        return _answer({"Messages": [_message(one) for one in found]} if found else {})

    async def delete(self, asked: dict[str, Any]) -> web.Response:
        """SQS takes a receipt that has served already, too."""
        self.queue.delete(str(asked.get("ReceiptHandle")))
        return _answer({})

    async def delete_batch(self, asked: dict[str, Any]) -> web.Response:
        entries = asked.get("Entries") or []
        if not entries:
            return connect_error(400, "EmptyBatchRequest", "There should be at least one entry")
        if len(entries) > MOST:
            return connect_error(400, "TooManyEntriesInBatchRequest", "10 entries at most")
        if len({entry.get("Id") for entry in entries}) < len(entries):
            return connect_error(400, "BatchEntryIdsNotDistinct", "Id of an entry is repeated")
        for entry in entries:
            self.queue.delete(str(entry.get("ReceiptHandle")))
        return _answer({"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []})


def _message(message: Message) -> dict[str, str]:
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": message.md5,
        "Body": message.body,
    }


def _answer(document: dict[str, Any]) -> web.Response:
    return web.json_response(document, content_type="application/x-amz-json-1.0")
