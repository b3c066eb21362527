"""How our answers to API requests go wrong on request, and the record of every order that was made."""

import asyncio
import time
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from outreach.sandbox.mail_errors import Problem
from outreach.sandbox.truth import Request
from outreach.sandbox.twilio_errors import Refused
from outreach.sandbox.world import World

# What a handler tells of its request: what it made, and when the first report of that was posted.
MADE = web.RequestKey("made", list)
REPORTED = web.RequestKey("reported", asyncio.Event)

NOT_ACCEPTED = ("error", "dropped", "throttled")
EARLY_SECONDS = 5.0  # the longest an answer waits for its first report to be posted before it

# Finds the order's own id in the body of a request: the attempt id, or `mid`.
OrderId = Callable[[bytes], str | None]


class Answers:
    """Stands before the providers' routes; `orders` are those for a call or a letter, by path ending."""

    def __init__(self, world: World, orders: Mapping[str, OrderId]) -> None:
        self.world, self.orders = world, orders

    def middleware(self) -> Middleware:
        @web.middleware
        async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(("/sandbox/", "/healthz")):
                return await handler(request)  # the control API never fails on purpose
            return await self._answer(request, handler)

        return answer

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        at, fault = self.world.clock.now(), self.world.dice.answer()
        if fault in NOT_ACCEPTED:
            response: web.StreamResponse | None = self._unaccepted(fault, request)
        else:
            response = await self._spoil(fault, request, await _routed(request, handler))
        if order_id := self._order_id(request):
            body = await request.read()
            made, status = request.get(MADE, []), None if response is None else response.status
            self.world.truth.note_request(
                Request(at, provider_of(request), order_id(body), made, status, fault)
            )
        return await self._drop(fault, request) if response is None else response

    def _order_id(self, request: web.Request) -> OrderId | None:
        if request.method not in ("POST", "PUT"):
            return None
        return next((find for ending, find in self.orders.items() if request.path.endswith(ending)), None)

    def _unaccepted(self, fault: str | None, request: web.Request) -> web.Response | None:
        if fault == "throttled":
            return too_many(request, self.world.dice.faults.answers.retry_after)
        return server_error(request) if fault == "error" else None

    async def _spoil(
        self, fault: str | None, request: web.Request, response: web.StreamResponse
    ) -> web.StreamResponse | None:
        """The answer of a request that was obeyed; None when its sender never sees one."""
        reported = request.get(REPORTED)
        if reported and self.world.dice.happens("early"):
            await _wait(reported, EARLY_SECONDS)
        if fault == "late":
            await asyncio.sleep(self.world.dice.faults.answers.late_ms / 1000)
        if fault == "error_accepted":
            return server_error(request)
        if fault == "garbled":
            return web.Response(status=response.status, body=b'{"sid": "CA', content_type="application/json")
        return None if fault in ("lost", "hung") else response

    async def _drop(self, fault: str | None, request: web.Request) -> web.Response:
        """Closes the connection without an answer; a hung one first stays open until its client gives up."""
        until = asyncio.get_running_loop().time() + self.world.dice.faults.answers.hung_ms / 1000
        while fault == "hung" and request.transport and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
        if request.transport:
            request.transport.abort()
        return web.Response()


async def _routed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the handler says, or the provider's own words where it has no such resource or method."""
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
        if is_twilio(request):
            refused = Refused(20404 if error.status == 404 else 20004, request.path)
            return web.json_response(refused.body(), status=error.status)
        problem = Problem("not found" if error.status == 404 else "method not allowed")
        return web.json_response({"errors": [problem.entry()]}, status=error.status)


def is_twilio(request: web.Request) -> bool:
    return request.path.startswith("/2010-04-01/")


def is_ses(request: web.Request) -> bool:
    return request.path.startswith("/v2/email/")


def is_connect(request: web.Request) -> bool:
    """Amazon Connect, or the queue in which its events lie."""
    return request.path == "/" or request.path.startswith(("/contact", "/search-"))


def provider_of(request: web.Request) -> str:
    if is_twilio(request):
        return "twilio"
    if is_connect(request):
        return "connect"
    return "ses" if is_ses(request) else "sendgrid"


def ses_error(status: int, name: str, words: str) -> web.Response:
    """As botocore reads it."""
    return web.json_response({"message": words}, status=status, headers={"x-amzn-ErrorType": name})


def connect_error(status: int, name: str, words: str) -> web.Response:
    """As botocore reads it, of Connect and of SQS."""
    body = {"__type": f"com.amazonaws#{name}", "message": words}
    return web.json_response(body, status=status, headers={"x-amzn-ErrorType": name})


def server_error(request: web.Request) -> web.Response:
    if is_connect(request):
        return connect_error(500, "InternalServiceException", "Internal service error")
    if is_ses(request):
        return ses_error(500, "InternalFailure", "Internal failure")
    if is_twilio(request):
        return web.json_response(Refused(20500).body(), status=500)
    return web.json_response({"errors": [{"message": "Internal server error"}]}, status=500)


def too_many(request: web.Request, seconds: int) -> web.Response:
    if is_connect(request):
        return connect_error(429, "LimitExceededException", "The allowed limit for the resource is exceeded.")
    if is_ses(request):
        return ses_error(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
    if is_twilio(request):
        headers = {"Retry-After": str(seconds)}
        return web.json_response(Refused(20429).body(), status=429, headers=headers)
    reset = str(int(time.time()) + seconds)
    headers = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    error = {"field": None, "message": "too many requests"}
    return web.json_response({"errors": [error]}, status=429, headers=headers)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
