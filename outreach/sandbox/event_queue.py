"""A standard queue of SQS: at least once, in no promised order, hidden for a while once received."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, field
from uuid import uuid4

from outreach.sandbox.world import World

VISIBILITY_SECONDS = 3.0
"""real: how long a message that was received and not deleted is hidden, where the request does not say"""


@dataclass
class Message:
    body: str
    reported: asyncio.Event
    message_id: str = field(default_factory=lambda: str(uuid4()))
    deleted: asyncio.Event = field(default_factory=asyncio.Event)
    visible_from: float = 0.0
    receipt: str = ""

    @property
    def md5(self) -> str:
        return hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest()


class EventQueue:
    def __init__(self, world: World) -> None:
        self.world = world
        self._messages: list[Message] = []
        self._came = asyncio.Event()

    def put(self, body: str, reported: asyncio.Event) -> None:
        """One more message; `reported` is set once it was deleted. Until then nothing is quiet."""
        message = Message(body, reported)
        self._messages.append(message)
        self._came.set()
        self.world.running.start("report", self._keep(message))

    async def _keep(self, message: Message) -> None:
        try:
            await message.deleted.wait()
            message.reported.set()
        finally:
            self._messages.remove(message)

    async def receive(self, most: int, wait: float, hidden: float | None) -> list[Message]:
        """What is visible, at most so many; waits `wait` seconds for a first one."""
        until = self._now() + wait
        while not (found := self._visible(most)) and (left := until - self._now()) > 0:
            await self._another(left)
        for message in found:
            message.visible_from = self._now() + (VISIBILITY_SECONDS if hidden is None else hidden)
            message.receipt = secrets.token_urlsafe(24)
        return found

    def delete(self, receipt: str) -> bool:
        """By the receipt of its last reception. False: no such message is left."""
        found = next((one for one in self._messages if receipt and one.receipt == receipt), None)
        if found:
            found.deleted.set()
        return found is not None

    def _visible(self, most: int) -> list[Message]:
        now = self._now()
        return [one for one in self._messages if one.visible_from <= now and not one.deleted.is_set()][:most]

    async def _another(self, seconds: float) -> None:
        """Until one comes, or one that was received before may be visible again."""
        self._came.clear()
        try:
            await asyncio.wait_for(self._came.wait(), min(seconds, 0.2))
        except TimeoutError:
            return

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
