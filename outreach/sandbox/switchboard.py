"""Amazon Connect's switchboard: rings the customer, queues them, joins the agent (providers.md A 2.2)."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from outreach.sandbox.contact_events import ContactEvents, moment
from outreach.sandbox.exchange import TALK_SECONDS
from outreach.sandbox.leg import HungUp, Leg
from outreach.sandbox.ring import ring
from outreach.sandbox.truth import Call
from outreach.sandbox.world import World

AT_ONCE = 10
TOKEN_LASTS = timedelta(days=7)
PATIENCE = (20.0, 40.0)
"""seconds a customer who was rung waits for somebody to speak"""
UNREACHED = {
    "bad-number": "TELECOM_NUMBER_INVALID",
    "blocked": "TELECOM_POTENTIAL_BLOCKING",
    "failed": "TELECOM_PROBLEM",
    "busy": "TELECOM_BUSY",
}


@dataclass(frozen=True)
class Order:
    """A request for a contact that Connect would accept."""

    to: str
    caller_id: str
    token: str
    ring_seconds: int
    attributes: dict[str, str]


class Switchboard:
    def __init__(self, world: World, events: ContactEvents) -> None:
        self.world, self.events = world, events
        self._live: dict[str, Leg] = {}

    def start(self, order: Order) -> Leg | Call | None:
        """The contact of this token while it lives; after its end a token starts another, as Amazon warns.

        None: there are as many contacts as an instance may have at once.
        """
        if known := self._started(order.token):
            return known
        if len(self._live) >= AT_ONCE:
            return None
        call = Call(
            sid=str(uuid4()),
            to=order.to,
            from_=order.caller_id,
            direction="outbound-contact",
            created_at=self.world.clock.now(),
            behaviour=self.world.people.callee(order.to, self.world.truth.tried(order.to)),
            attempt=order.attributes.get("attempt"),
            contact={"token": order.token, "attributes": order.attributes},
        )
        self.world.truth.note_call(call)
        leg = self._live[call.sid] = Leg(self.world, call)
        self.events.tell(leg, "INITIATED")
        self.world.running.start("call", self._play(leg, order))
        return leg

    def stop(self, contact_id: str) -> bool:
        """False when no such contact is live."""
        if leg := self._live.get(contact_id):
            leg.hang_up()
        return leg is not None

    def _started(self, token: str) -> Call | None:
        since = self.world.clock.now() - TOKEN_LASTS
        live = (leg.call for leg in self._live.values() if leg.call.created_at >= since)
        return next((call for call in live if call.contact["token"] == token), None)

    async def _play(self, leg: Leg, order: Order) -> None:
        reason = "OTHER"  # stopped by request
        with suppress(HungUp):
            await leg.live(self.world.dice.queue_seconds() * self.world.clock.speed)
            reason = await self._converse(leg, order)
        await self._close(leg, reason)

    async def _converse(self, leg: Leg, order: Order) -> str:
        """The life of it, to its reason to end."""
        if not await ring(leg, order.ring_seconds):
            return UNREACHED.get(leg.call.behaviour) or self._rang_out(leg)
        self.events.tell(leg, "CONNECTED_TO_SYSTEM")
        await leg.live(0.5)
        self._note(leg, "enqueued_at")
        self.events.tell(leg, "QUEUED")
        if not self.world.people.agent(order.attributes.get("agent", "")):
            await leg.live(leg.between(*PATIENCE, "patience"))
            return "CUSTOMER_DISCONNECT"
        await leg.live(leg.between(1, 3, "agent"))
        leg.call.contact["agent"] = order.attributes.get("agent") or "somebody"
        self._note(leg, "agent_at")
        self.events.tell(leg, "CONNECTED_TO_AGENT")
        await leg.live(leg.between(*TALK_SECONDS[leg.call.behaviour], "talk"))
        return "AGENT_DISCONNECT" if leg.between(0, 1, "ends") < 0.3 else "CUSTOMER_DISCONNECT"

    def _rang_out(self, leg: Leg) -> str:
        """Connect has two words for it."""
        return "TELECOM_UNANSWERED" if leg.between(0, 1, "word") < 0.5 else "TELECOM_ORIGINATOR_CANCEL"

    def _note(self, leg: Leg, what: str) -> None:
        leg.call.contact[what] = moment(self.world.clock.now())
        self.world.truth.note_call(leg.call)

    async def _close(self, leg: Leg, reason: str) -> None:
        leg.call.contact["reason"] = reason
        if not leg.call.ended:
            leg.move("completed" if leg.call.answered_at else "canceled")
        self.world.truth.note_call(leg.call)
        del self._live[leg.call.sid]
        leg.over.set()
        self.events.tell(leg, "DISCONNECTED")
        if "agent_at" in leg.call.contact:
            await self.world.clock.sleep(leg.between(5, 20, "paperwork"))
            self.events.tell(leg, "COMPLETED")
