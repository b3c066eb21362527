"""The sandbox's own API, for tests, the demo and the fault run: what happened, and what shall happen."""

from dataclasses import replace
from typing import Any

import orjson
from aiohttp import web

from outreach.sandbox import faults, script
from outreach.sandbox.callers import Caller
from outreach.sandbox.exchange import Exchange
from outreach.sandbox.faults import Dice
from outreach.sandbox.replies import Order, Replies
from outreach.sandbox.world import World


class Control:
    def __init__(self, world: World, exchange: Exchange, replies: Replies) -> None:
        self.world, self.exchange, self.replies = world, exchange, replies

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.healthz),
            web.get("/sandbox/truth", self.truth),
            web.get("/sandbox/letters/{number}", self.letter),
            web.get("/sandbox/quiet", self.quiet),
            web.get("/sandbox/faults", self.drawn),
            web.post("/sandbox/faults", self.load_faults),
            web.post("/sandbox/script", self.load_script),
            web.post("/sandbox/calls", self.call_in),
            web.post("/sandbox/reply", self.reply),
            web.post("/sandbox/reset", self.reset),
        ]

    async def healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def truth(self, request: web.Request) -> web.Response:
        return _json(self.world.truth.report())

    async def letter(self, request: web.Request) -> web.Response:
        """One accepted letter with the request it came in, as it was sent."""
        number = request.match_info["number"]
        letter = self.world.truth.letters.get(int(number)) if number.isdigit() else None
        if letter is None:
            return _complaint(404, f"there is no letter {number}")
        return _json({**vars(letter), "request": orjson.loads(self.world.truth.body(letter))})

    async def quiet(self, request: web.Request) -> web.Response:
        running = self.world.running.counts()
        return web.json_response({"quiet": not running, **running})

    async def drawn(self, request: web.Request) -> web.Response:
        """How many reports suffered which fault; those of answers stand with their requests."""
        return web.json_response(self.world.dice.drawn)

    async def load_faults(self, request: web.Request) -> web.Response:
        """Replaces all faults; `{}` ends them."""
        try:
            self.world.dice = Dice(faults.parse(await _table(request)), self.world.dice.drawn)
        except ValueError as error:
            return _complaint(400, str(error))
        return web.json_response({"ok": True})

    async def load_script(self, request: web.Request) -> web.Response:
        """Replaces the whole script; `{}` leaves everybody to the seed."""
        try:
            self.world.people = replace(self.world.people, script=script.parse(await _table(request)))
        except ValueError as error:
            return _complaint(400, str(error))
        return web.json_response({"ok": True})

    async def call_in(self, request: web.Request) -> web.Response:
        """Somebody calls us now: `from`, what they say after the tone (`says`), and which number (`to`)."""
        table = await _table(request)
        ours = self.world.keys.caller_ids
        number, says, to = table.get("from"), table.get("says", ""), table.get("to", ours[0])
        if not isinstance(number, str) or not isinstance(says, str) or to not in ours:
            return _complaint(400, f"send from, says and to (one of {', '.join(ours)})")
        leg = self.exchange.call_in(Caller(number, says), to)
        return web.json_response({"sid": leg.call.sid}, status=201)

    async def reply(self, request: web.Request) -> web.Response:
        """Somebody writes: `{"to", "sender", "text", "subject"?, "mode"?, "headers"?}`. Answers once the door
        has taken it."""
        try:
            order = _order(await _table(request))
        except ValueError as error:
            return _complaint(400, str(error))
        return _json(await self.replies.send(order, "ordered"))

    async def reset(self, request: web.Request) -> web.Response:
        """Forgets everything that happened, and cuts off what is under way without a report."""
        await self.world.running.stop()
        self.world.truth.reset()
        return web.json_response({"ok": True})


def _order(table: dict[str, Any]) -> Order:
    """Raises ValueError naming what is missing or unknown."""
    missing = [name for name in ("to", "sender", "text") if not isinstance(table.get(name), str)]
    if missing:
        raise ValueError(f"{missing[0]!r} is needed")
    if table.get("mode", "raw") not in ("raw", "parsed"):
        raise ValueError("'mode' must be raw or parsed")
    unknown = set(table) - {"to", "sender", "text", "subject", "mode", "headers"}
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]!r} is not known")
    return Order(**table)


async def _table(request: web.Request) -> dict[str, Any]:
    """Raises ValueError unless the body is a JSON object."""
    table = await request.json()
    if not isinstance(table, dict):
        raise ValueError("send a JSON object")
    return table


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


def _complaint(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
