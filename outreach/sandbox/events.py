"""SendGrid's event webhook: events gathered, signed, posted, and posted again until they are taken."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientTimeout

from outreach.sandbox.letters import Envelope
from outreach.sandbox.signing import EventSigner
from outreach.sandbox.world import World

PATH = "/webhooks/sendgrid/events"
FLUSH_SECONDS = 30.0
FLUSH_BYTES = 768_000
RETRY_SECONDS = (60.0, 240.0, 900.0, 1800.0)  # growing, then hourly
RETRY_HOURLY = 3600.0
GIVE_UP_SECONDS = 24 * 3600.0


@dataclass
class Waiting:
    line: bytes
    posted: asyncio.Event


class EventStream:
    def __init__(self, world: World) -> None:
        self.world = world
        self._signer = EventSigner(world.keys.sendgrid_webhook_private_key)
        self._waiting: list[Waiting] = []

    def add(self, event: dict[str, Any], envelope: Envelope) -> None:
        """Sends one event off, with others that happen at about the same time."""
        posted = envelope.reported
        event = {**event, "sg_event_id": secrets.token_urlsafe(16), "timestamp": int(time.time())}
        waiting = Waiting(json.dumps(event).encode(), posted)
        deliveries = self.world.dice.deliveries()
        for delay in deliveries:
            if delay:
                self.world.running.start("report", self._add_later(waiting, delay))
            else:
                self._gather(waiting)
        if not deliveries:
            posted.set()

    async def _add_later(self, waiting: Waiting, delay: float) -> None:
        await asyncio.sleep(delay)
        self._gather(waiting)

    def _gather(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            self.world.running.start("report", self._flush())

    async def _flush(self) -> None:
        await self.world.clock.sleep(FLUSH_SECONDS)
        batch: list[Waiting] = []
        size = 0
        gathered, self._waiting = self._waiting, []
        for waiting in gathered:
            if size + len(waiting.line) > FLUSH_BYTES:
                self.world.running.start("report", self._post(batch))
                batch, size = [], 0
            batch.append(waiting)
            size += len(waiting.line) + 1
        await self._post(batch)

    async def _post(self, batch: list[Waiting]) -> None:
        body = b"[" + b",".join(waiting.line for waiting in batch) + b"]\r\n"
        waited = 0.0
        for nth in range(1000):
            taken = await self._once(body)
            for waiting in batch:
                waiting.posted.set()
            if taken or waited > GIVE_UP_SECONDS:
                return
            pause = RETRY_SECONDS[nth] if nth < len(RETRY_SECONDS) else RETRY_HOURLY
            waited += pause
            await self.world.clock.sleep(pause)

    async def _once(self, body: bytes) -> bool:
        """Whether the door took it: anything but a 2xx is tried again."""
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": self._signer.sign(timestamp, body),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        url = self.world.door_url.rstrip("/") + PATH
        try:
            async with self.world.http.post(
                url, data=body, headers=headers, timeout=ClientTimeout(total=15), allow_redirects=False
            ) as answer:
                return 200 <= answer.status < 300
        except (ClientError, TimeoutError):
            return False
