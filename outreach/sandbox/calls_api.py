"""Twilio's REST API, as far as outreach uses it: calls, what went wrong with them, what was left."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aiohttp import encode_basic_auth, web
from multidict import MultiDict, MultiDictProxy

from outreach.sandbox import call_orders, call_resource, recorder
from outreach.sandbox.answers import MADE, REPORTED
from outreach.sandbox.exchange import Exchange
from outreach.sandbox.leg import API_VERSION, attempt_in
from outreach.sandbox.truth import Call
from outreach.sandbox.twilio_errors import Refused
from outreach.sandbox.world import World

Handler = Callable[[web.Request], Awaitable[web.Response]]


class CallsApi:
    def __init__(self, world: World, exchange: Exchange) -> None:
        self.world, self.exchange = world, exchange

    def routes(self) -> list[web.RouteDef]:
        account = f"/{API_VERSION}/Accounts/{{account}}"
        return [
            web.get(f"{account}.json", self._guarded(self.account)),
            web.post(f"{account}/Calls.json", self._guarded(self.create)),
            web.get(f"{account}/Calls.json", self._guarded(self.search)),
            web.get(f"{account}/Calls/{{sid}}.json", self._guarded(self.read)),
            web.post(f"{account}/Calls/{{sid}}.json", self._guarded(self.update)),
            web.get(f"{account}/Calls/{{sid}}/Notifications.json", self._guarded(self.notifications)),
            web.get(f"{account}/Recordings/{{sid}}.wav", self._guarded(self.sound)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.Response:
            try:
                self._check_papers(request)
                return await handler(request)
            except Refused as refused:
                return web.json_response(refused.body(), status=refused.status)

        return guarded

    def _check_papers(self, request: web.Request) -> None:
        keys, shown = self.world.keys, request.headers.get("Authorization", "")
        pairs = ((keys.account_sid, keys.auth_token), (keys.api_key, keys.api_secret))
        if shown not in [encode_basic_auth(*pair) for pair in pairs]:
            raise Refused(20003)
        if request.match_info["account"] != keys.account_sid:
            raise Refused(20404, request.path)

    async def account(self, request: web.Request) -> web.Response:
        sid = self.world.keys.account_sid
        return web.json_response({"sid": sid, "friendly_name": "Sandbox", "status": "active", "type": "Full"})

    async def create(self, request: web.Request) -> web.Response:
        form = _form(await request.text())
        order = call_orders.order(form, self.world.keys.caller_ids)
        behaviour = self.world.people.rep(order.to, self.world.truth.tried(order.to))
        if behaviour.isdigit():
            raise Refused(int(behaviour), order.to)
        leg = self.exchange.place(order)
        request[MADE], request[REPORTED] = [leg.call.sid], leg.first_report
        return self._answer(leg.call, status=201)

    async def read(self, request: web.Request) -> web.Response:
        return self._answer(self._call(request))

    async def search(self, request: web.Request) -> web.Response:
        newest_first = reversed(self.world.truth.calls.values())
        found = call_resource.matching(newest_first, request.query)
        account = self.world.keys.account_sid
        records = (call_resource.resource(call, account) for call in found)
        return web.json_response(call_resource.page("calls", request.path, records, request.query))

    async def notifications(self, request: web.Request) -> web.Response:
        call, account = self._call(request), self.world.keys.account_sid
        records = (call_resource.notification(entry, call, account) for entry in call.notices)
        return web.json_response(call_resource.page("notifications", request.path, records, request.query))

    async def sound(self, request: web.Request) -> web.Response:
        recording = self.world.truth.recordings.get(request.match_info["sid"])
        if recording is None or not recording.says:
            raise Refused(20404, request.path)
        return web.Response(body=recorder.sound(recording), content_type="audio/x-wav")

    async def update(self, request: web.Request) -> web.Response:
        """Ends a call. `canceled` leaves one that was answered alone, as Twilio does."""
        call, form = self._call(request), _form(await request.text())
        status = form.get("Status")
        if status not in ("canceled", "completed"):
            raise Refused(20001, "the sandbox takes Status=canceled or Status=completed")
        if call.ended:
            raise Refused(21220)
        if status == "completed" or not call.answered_at:
            self.exchange.hang_up(call.sid)
        return self._answer(call)

    def _call(self, request: web.Request) -> Call:
        call = self.world.truth.calls.get(request.match_info["sid"])
        if call is None:
            raise Refused(20404, request.path)
        return call

    def _answer(self, call: Call, status: int = 200) -> web.Response:
        return web.json_response(call_resource.resource(call, self.world.keys.account_sid), status=status)


def order_id(body: bytes) -> str | None:
    """The attempt id in the Url of a request to call."""
    return attempt_in(_form(body.decode(errors="replace")).get("Url", ""))


def _form(body: str) -> call_orders.Form:
    return MultiDictProxy(MultiDict(parse_qsl(body, keep_blank_values=True)))
