"""Contact events as EventBridge puts them in a queue: in mixed case, twice or late (providers.md A 2.2)."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from outreach.sandbox.event_queue import EventQueue
from outreach.sandbox.keys import AWS_ACCOUNT, AWS_REGION
from outreach.sandbox.leg import Leg
from outreach.sandbox.world import World


class ContactEvents:
    def __init__(self, world: World, queue: EventQueue) -> None:
        self.world, self.queue = world, queue
        self._told = 0

    def tell(self, leg: Leg, kind: str) -> None:
        """One event, with the faults of a report."""
        body = json.dumps(self._envelope(leg, kind))
        deliveries = self.world.dice.deliveries()
        for delay in deliveries:
            if delay:
                self.world.running.start("report", self._put_later(body, leg.first_report, delay))
            else:
                self.queue.put(body, leg.first_report)
        if not deliveries:
            leg.first_report.set()

    async def _put_later(self, body: str, reported: asyncio.Event, delay: float) -> None:
        await asyncio.sleep(delay)
        self.queue.put(body, reported)

    def _envelope(self, leg: Leg, kind: str) -> dict[str, Any]:
        now, arn = self.world.clock.now(), self.world.keys.connect_instance_arn
        return {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": "Amazon Connect Contact Event",
            "source": "aws.connect",
            "account": AWS_ACCOUNT,
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": AWS_REGION,
            "resources": [arn, f"{arn}/contact/{leg.call.sid}"],
            "detail": self._detail(leg, kind, arn),
        }

    def _detail(self, leg: Leg, kind: str, arn: str) -> dict[str, Any]:
        """Amazon's own samples write one name now so, now so."""
        self._told += 1
        capital, call, known = self._told % 2 == 0, leg.call, leg.call.contact
        detail: dict[str, Any] = {
            "eventType": kind,
            "contactId": call.sid,
            "channel": "VOICE" if capital else "Voice",
            "instanceArn": arn,
            "initiationMethod": "API",
            "initiationTimestamp": moment(call.created_at),
        }
        if call.answered_at:
            detail["connectedToSystemTimestamp"] = moment(call.answered_at)
        if "enqueued_at" in known:
            queue = f"{arn}/queue/{self.world.keys.connect_queue_id}"
            detail["queueInfo"] = {
                "queueArn": queue,
                "queueType": "STANDARD",
                "enqueueTimestamp": known["enqueued_at"],
            }
        if "agent_at" in known:
            detail["AgentInfo" if capital else "agentInfo"] = {
                "AgentArn" if capital else "agentArn": f"{arn}/agent/{known['agent']}",
                "connectedToAgentTimestamp": known["agent_at"],
            }
        if call.ended_at:
            detail["disconnectTimestamp"] = moment(call.ended_at)
        return detail


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
