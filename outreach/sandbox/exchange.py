"""The telephone exchange: places calls, plays their lives, bridges the second leg."""

import secrets
from contextlib import suppress
from dataclasses import dataclass

from outreach.sandbox.callbacks import Params, Target
from outreach.sandbox.callers import Caller, calls_back
from outreach.sandbox.detection import Detection
from outreach.sandbox.dialling import Dialling, dialling
from outreach.sandbox.flow import Flow, Step
from outreach.sandbox.leg import HungUp, Leg, attempt_in
from outreach.sandbox.ring import ring
from outreach.sandbox.truth import Call
from outreach.sandbox.twiml import Unreadable, Verb
from outreach.sandbox.world import World

TALK_SECONDS = {"human": (20.0, 180.0), "answered": (20.0, 180.0), "machine": (10.0, 30.0), "fax": (3.0, 8.0)}
REP_TALKS = (20.0, 180.0)


@dataclass(frozen=True)
class Order:
    """A request to call that Twilio would accept. `document` or `twiml` says what to do after the answer."""

    to: str
    caller_id: str
    document: Target | None
    twiml: str | None
    fallback: Target | None
    status_callback: Target | None
    timeout: int
    digits: str | None
    detection: Detection | None
    async_detection: bool


class Exchange:
    def __init__(self, world: World) -> None:
        self.world = world
        self._live: dict[str, Leg] = {}

    def place(self, order: Order) -> Leg:
        """Accepts a call: it is on record when this returns, and rings by itself."""
        call = Call(
            sid=_new_sid(),
            to=order.to,
            from_=order.caller_id,
            direction="outbound-api",
            created_at=self.world.clock.now(),
            behaviour=self.world.people.rep(order.to, self.world.truth.tried(order.to)),
            attempt=attempt_in(order.document.url) if order.document else None,
            digits=order.digits,
        )
        leg = self._open(call, order.status_callback)
        self.world.running.start("call", self._play(leg, order))
        return leg

    def call_in(self, caller: Caller, to: str) -> Leg:
        """Somebody calls a number of the account: its voice URL says what happens."""
        call = Call(
            sid=_new_sid(),
            to=to,
            from_=caller.number,
            direction="inbound",
            created_at=self.world.clock.now(),
            behaviour="calls",
            says=caller.says,
        )
        leg = self._open(call, None)
        self.world.running.start("call", self._play_in(leg))
        return leg

    def hang_up(self, sid: str) -> bool:
        """False when no such call is live."""
        if leg := self._live.get(sid):
            leg.hang_up()
        return leg is not None

    def _open(self, call: Call, status_callback: Target | None) -> Leg:
        self.world.truth.note_call(call)
        leg = self._live[call.sid] = Leg(self.world, call, status_callback)
        return leg

    def _close(self, leg: Leg) -> None:
        if not leg.call.ended:
            leg.move("completed" if leg.call.answered_at else "canceled")
        del self._live[leg.call.sid]
        leg.over.set()

    async def _play(self, leg: Leg, order: Order) -> None:
        try:
            await leg.live(self.world.dice.queue_seconds() * self.world.clock.speed)
            if await ring(leg, order.timeout):
                await self._answered(leg, order)
        except HungUp:
            pass
        self._close(leg)

    async def _play_in(self, leg: Leg) -> None:
        with suppress(HungUp):
            leg.move("ringing")
            leg.move("in-progress")
            voice_url = f"{self.world.door_url.rstrip('/')}/webhooks/twilio/inbound#rc=3&rp=5xx,ct,rt"
            await Flow(leg, self._dial).obey(Step(Target(voice_url)))
        self._close(leg)

    async def _answered(self, leg: Leg, order: Order) -> None:
        answered_by: Params = {}
        if order.detection and order.async_detection:
            order.detection.start(leg)
        elif order.detection:
            await leg.live(order.detection.seconds(leg))
            leg.call.answered_by = order.detection.result(leg)
            answered_by = {"AnsweredBy": leg.call.answered_by or "unknown"}
        flow = Flow(leg, self._dial, order.fallback)
        if order.document:
            await flow.obey(Step(order.document, answered_by))
        elif order.twiml:
            await self._obey_text(flow, order.twiml)

    async def _obey_text(self, flow: Flow, document: str) -> None:
        try:
            verbs = flow.read(document.encode())
        except Unreadable as error:
            flow.leg.notice(12100, str(error))
            return
        await flow.obey(await flow.play(verbs, Target("")))

    async def _dial(self, parent: Leg, verb: Verb, here: Target) -> Params:
        """Rings the second leg and stays until it has ended: what `<Dial action>` is told."""
        order = dialling(verb, here, parent.call, self.world.keys.caller_ids)
        if order.refused:
            parent.notice(order.refused, order.to or order.caller_id)
            return {"DialCallStatus": "failed"}
        child = self._second_leg(parent, order)
        with suppress(HungUp):
            await self._converse(child, order)
        self._close(child)
        if parent.call.direction != "inbound" and not child.call.talked:
            self._may_call_back(child.call)
        return _dial_params(child.call)

    def _may_call_back(self, missed: Call) -> None:
        caller = calls_back(self.world.people, missed.to, self.world.truth.tried(missed.to) - 1)
        if caller:
            self.world.running.start("call", self._call_later(caller, missed.from_))

    async def _call_later(self, caller: Caller, to: str) -> None:
        await self.world.clock.sleep(caller.after)
        self.call_in(caller, to)

    def _second_leg(self, parent: Leg, order: Dialling) -> Leg:
        """The customer's; on a call that came in the rep's."""
        people, tried = self.world.people, self.world.truth.tried(order.to)
        from_inside = parent.call.direction == "inbound"
        call = Call(
            sid=_new_sid(),
            to=order.to,
            from_=order.caller_id,
            direction="outbound-dial",
            created_at=self.world.clock.now(),
            behaviour=people.rep(order.to, tried) if from_inside else people.callee(order.to, tried),
            attempt=parent.call.attempt,
            parent_sid=parent.call.sid,
            digits=order.digits,
        )
        child = parent.child = self._open(call, order.status_callback)
        if parent.call.behaviour == "hangs-up":
            self.world.running.start("call", self._leave(parent))
        return child

    async def _leave(self, leg: Leg) -> None:
        await self.world.clock.sleep(1.5)
        leg.hang_up()

    async def _converse(self, child: Leg, order: Dialling) -> None:
        if not await ring(child, order.timeout):
            return
        if order.detection:
            order.detection.start(child)
        if order.whisper:
            await Flow(child).obey(Step(order.whisper))
        talk = child.between(*TALK_SECONDS.get(child.call.behaviour, REP_TALKS), "talk")
        await child.live(min(talk, order.time_limit))


def _new_sid() -> str:
    return "CA" + secrets.token_hex(16)


def _dial_params(call: Call) -> Params:
    answered = {"DialCallDuration": str(call.seconds)} if call.answered_at else {}
    bridged = "true" if call.answered_at else "false"
    return {"DialCallSid": call.sid, "DialCallStatus": call.status, "DialBridged": bridged} | answered
