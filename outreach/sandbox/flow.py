"""Obeys TwiML on one leg, document by document, until it ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from outreach.sandbox import recorder, twiml
from outreach.sandbox.callbacks import Params, Reply, Target
from outreach.sandbox.leg import HungUp, Leg
from outreach.sandbox.twiml import Verb

CONTENT_TYPES = ("text/xml", "application/xml", "text/html", "application/rss+xml")
PRESS_A_KEY = ("presses", "hangs-up", "human", "answered")
LETTERS_A_SECOND = 15


@dataclass(frozen=True)
class Step:
    """The next document to ask for."""

    target: Target
    params: Params = field(default_factory=dict)


@dataclass
class Flow:
    """`dial` rings a second leg; None on a leg that was itself dialled.

    `fallback` is asked when a document fails.
    """

    leg: Leg
    dial: Callable[[Leg, Verb, Target], Awaitable[Params]] | None = None
    fallback: Target | None = None

    async def obey(self, step: Step | None) -> None:
        """Raises HungUp when a document or a person ends the call."""
        while step:
            verbs = await self._document(step)
            step = await self.play(verbs, step.target)

    async def play(self, verbs: tuple[Verb, ...], here: Target) -> Step | None:
        """The document that a verb leads to; None when the last verb is done."""
        for verb in verbs:
            await self.leg.live(0.1)
            obey: Callable[[Verb, Target], Awaitable[Step | None]] = getattr(
                self, f"_obey_{verb.name.lower()}"
            )
            if step := await obey(verb, here):
                return step
        return None

    def read(self, document: bytes) -> tuple[Verb, ...]:
        """Raises Unreadable."""
        verbs, warnings = twiml.read(document)
        for warning in warnings:
            self.leg.notice(12200, warning)
        return verbs

    async def _document(self, step: Step) -> tuple[Verb, ...]:
        reply = await self.leg.fetch(step.target, step.params)
        verbs, code = self._read_reply(reply, step.target)
        if verbs is None and self.fallback:
            error = {"ErrorCode": str(code), "ErrorUrl": step.target.bare}
            reply = await self.leg.fetch(self.fallback, step.params | error)
            verbs, code = self._read_reply(reply, self.fallback)
        if verbs is None:
            raise HungUp  # "an application error has occurred"
        return verbs

    def _read_reply(self, reply: Reply, target: Target) -> tuple[tuple[Verb, ...] | None, int]:
        code, detail = _trouble(reply)
        if not code:
            try:
                return self.read(reply.body), 0
            except twiml.Unreadable as error:
                code, detail = 12100, str(error)
        self.leg.notice(code, f"{detail} from {target.bare}")
        return None, code

    async def _obey_say(self, verb: Verb, here: Target) -> None:
        await self.leg.live(len(verb.text) / LETTERS_A_SECOND)

    async def _obey_play(self, verb: Verb, here: Target) -> None:
        await self.leg.live(3)

    async def _obey_pause(self, verb: Verb, here: Target) -> None:
        await self.leg.live(verb.seconds("length", 1))

    async def _obey_hangup(self, verb: Verb, here: Target) -> None:
        raise HungUp

    _obey_reject = _obey_hangup

    async def _obey_redirect(self, verb: Verb, here: Target) -> Step:
        return Step(_target(here, verb.text, verb.get("method")))

    async def _obey_gather(self, verb: Verb, here: Target) -> Step | None:
        await self.play(verb.inner, here)
        if self.leg.call.behaviour not in PRESS_A_KEY:
            await self.leg.live(verb.seconds("timeout", 5))
            return None
        await self.leg.live(self.leg.between(0.5, 2, "key"))
        self.leg.call.key = "1"
        return Step(_target(here, verb.get("action"), verb.get("method")), {"Digits": "1"})

    async def _obey_dial(self, verb: Verb, here: Target) -> Step | None:
        if self.dial is None:
            self.leg.notice(13201)
            return None
        params = await self.dial(self.leg, verb, here)
        if not verb.get("action"):
            return None
        return Step(_target(here, verb.get("action"), verb.get("method")), params)

    async def _obey_record(self, verb: Verb, here: Target) -> Step | None:
        params = await recorder.record(self.leg, verb, here)
        return Step(_target(here, verb.get("action"), verb.get("method")), params) if params else None


def _target(here: Target, url: str, method: str) -> Target:
    """Where a verb leads: relative to this document, and back to it when the verb names nothing."""
    return Target(urljoin(here.url, url) if url else here.url, method.upper() or "POST")


def _trouble(reply: Reply) -> tuple[int, str]:
    if reply.trouble == "ct":
        return 11205, "no connection"
    if reply.trouble:
        return 11200, str(reply.status or "no answer")
    if reply.content_type not in CONTENT_TYPES:
        return 12300, reply.content_type
    return 0, ""
