"""One leg of a call: its state on record, its status callbacks, and the hang-up that may cut it short."""

import asyncio
import secrets
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

from outreach.sandbox.callbacks import Callbacks, Params, Reply, Target
from outreach.sandbox.numbers import country
from outreach.sandbox.truth import Call
from outreach.sandbox.twilio_errors import NOTICES
from outreach.sandbox.world import World

API_VERSION = "2010-04-01"
# Twilio sends these for every number, empty where it knows nothing of the place.
_PLACES = [f"{who}{what}" for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip")]
# the state in a callback: the event that asks for it; every other state is `completed`
_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}


class HungUp(Exception):
    """The leg ended while its life was being played."""


class Leg:
    """`first_report` is set once something about this leg has reached the door, `over` once it has ended."""

    def __init__(self, world: World, call: Call, status_callback: Target | None = None) -> None:
        self.world, self.call = world, call
        self.child: Leg | None = None
        self.first_report = asyncio.Event()
        self.over = asyncio.Event()
        self._callbacks = Callbacks(world)
        self._status_callback = status_callback
        self._sequence = 0
        self._nth = world.truth.tried(call.to)
        self._hangup = asyncio.Event()
        self._last_report: asyncio.Task[None] | None = None

    def between(self, low: float, high: float, what: str) -> float:
        """Seconds of this call's life for `what`: each number has its own, anew at each attempt."""
        return self.world.people.between(low, high, self.call.to, self._nth, what)

    def hang_up(self) -> None:
        """Ends the leg, and the one it dialled, at the next moment either of them waits."""
        self._hangup.set()
        if self.child:
            self.child.hang_up()

    async def live(self, seconds: float) -> None:
        """Lets so many seconds of this call pass; raises HungUp as soon as it is hung up."""
        try:
            await asyncio.wait_for(self._hangup.wait(), self.world.clock.real(seconds))
        except TimeoutError:
            return
        raise HungUp

    def move(self, status: str, **extra: str) -> None:
        """The next state: on record first, then reported if somebody asked for it."""
        self._stamp(status)
        self.world.truth.note_call(self.call)
        event = _EVENTS.get(status, "completed")
        if self._status_callback and event in self._status_callback.events:
            self._report(self._status_callback, self._progress(status) | extra)

    def _stamp(self, status: str) -> None:
        now = self.world.clock.now()
        if status == "initiated":
            return  # Twilio's word in callbacks only: the call itself stays queued
        self.call.status = status
        if status == "ringing":
            self.call.ringing_at = now
        elif status == "in-progress":
            self.call.answered_at = now
        else:
            self.call.ended_at = now
            self.call.seconds = self._talked(now)

    def _talked(self, now: datetime) -> int:
        since = self.call.answered_at
        return max(1, round((now - since).total_seconds() * self.world.clock.speed)) if since else 0

    def params(self) -> Params:
        """What Twilio says of a call in each of its requests."""
        call = self.call
        own = {
            "CallSid": call.sid,
            "AccountSid": self.world.keys.account_sid,
            "From": call.from_,
            "To": call.to,
            "Caller": call.from_,
            "Called": call.to,
            "CallStatus": call.status,
            "Direction": call.direction,
            "ApiVersion": API_VERSION,
        }
        parent = {"ParentCallSid": call.parent_sid} if call.parent_sid else {}
        return own | parent | dict.fromkeys(_PLACES, "") | self._countries()

    def _countries(self) -> Params:
        theirs, ours = country(self.call.to), country(self.call.from_)
        return {
            "FromCountry": ours,
            "CallerCountry": ours,
            "ToCountry": theirs,
            "CalledCountry": theirs,
        }

    def _progress(self, status: str) -> Params:
        params = self.params() | {
            "CallStatus": status,
            "Timestamp": format_datetime(self.world.clock.now()),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
        }
        self._sequence += 1
        if self.call.ended:
            minutes = -(-self.call.seconds // 60)
            params |= {"CallDuration": str(self.call.seconds), "Duration": str(minutes)}
        return params | ({"AnsweredBy": self.call.answered_by} if self.call.answered_by else {})

    def _report(self, target: Target, params: Params) -> None:
        for delay in self.world.dice.deliveries():
            earlier = None if delay else self._last_report  # held back ones let the others overtake them
            task = self.world.running.start("report", self._deliver(target, params, delay, earlier))
            self._last_report = self._last_report if delay else task

    async def _deliver(
        self, target: Target, params: Params, delay: float, earlier: asyncio.Task[None] | None
    ) -> None:
        if earlier:
            await asyncio.wait([earlier])
        await asyncio.sleep(delay)
        reply = await self._callbacks.post(target, params)
        self.first_report.set()
        if reply.trouble:
            self.notice(15003, f"{reply.status or reply.trouble} from {target.bare}")

    def report_detection(self, target: Target, answered_by: str, seconds: float) -> None:
        """The asynchronous result of machine detection: a report of its own, without a sequence number."""
        params = {
            "CallSid": self.call.sid,
            "AccountSid": self.world.keys.account_sid,
            "AnsweredBy": answered_by,
            "MachineDetectionDuration": str(round(seconds * 1000)),
        }
        for delay in self.world.dice.deliveries():
            self.world.running.start("report", self._deliver(target, params, delay, None))

    def report_later(self, target: Target, params: Params, seconds: float) -> None:
        """A report of its own, so many seconds of life from now, whatever has become of the call."""
        self.world.running.start("report", self._report_after(target, self.params() | params, seconds))

    async def _report_after(self, target: Target, params: Params, seconds: float) -> None:
        await self.world.clock.sleep(seconds)
        for delay in self.world.dice.deliveries():
            self.world.running.start("report", self._deliver(target, params, delay, None))

    async def fetch(self, target: Target, extra: Params) -> Reply:
        """Asks for TwiML. A duplicate is Twilio asking again because the first answer did not reach it."""
        params = self.params() | extra
        if self.world.dice.happens("duplicate"):
            await self._callbacks.post(target, params)
        reply = await self._callbacks.post(target, params)
        self.first_report.set()
        return reply

    def notice(self, code: int, detail: str = "") -> None:
        """An entry of Twilio's debugger against this call."""
        at = self.world.clock.now().isoformat()
        sid = "NO" + secrets.token_hex(16)
        self.call.notices.append(
            {"sid": sid, "code": code, "text": NOTICES[code], "detail": detail, "at": at}
        )
        self.world.truth.note_call(self.call)


def attempt_in(url: str) -> str | None:
    """The attempt id that travels in our URLs."""
    return parse_qs(urlsplit(url).query).get("attempt", [None])[0]
