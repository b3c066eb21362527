"""SendGrid's API, as far as outreach uses it: send one letter, ask what the key may do."""

import hmac
import json
from typing import Any

from aiohttp import web

from outreach.sandbox.answers import MADE, REPORTED
from outreach.sandbox.letters import Letters, custom_args
from outreach.sandbox.mail_errors import Problem
from outreach.sandbox.mail_problems import problems
from outreach.sandbox.world import World

MOST_BYTES = 30 * 1024 * 1024
UNVERIFIED = "The from address does not match a verified Sender Identity."


class MailApi:
    def __init__(self, world: World, letters: Letters) -> None:
        self.world, self.letters = world, letters

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v3/mail/send", self.send), web.get("/v3/scopes", self.scopes)]

    async def send(self, request: web.Request) -> web.Response:
        """202 and X-Message-Id; the documented refusals otherwise."""
        body = await request.read()
        if refusal := self._refusal(request, len(body)):
            return refusal
        try:
            mail = json.loads(body)
        except ValueError:
            return _errors(400, Problem("Bad Request"))
        if found := list(problems(mail)):
            return _errors(400, *found)
        if self.world.people.sender(mail["from"]["email"]) == "403":
            return _errors(403, Problem(UNVERIFIED, "from"))
        if _only_checked(mail):
            return web.Response(status=200)
        message_id, envelopes = self.letters.accept(mail, body)
        request[MADE] = [str(envelope.letter.number) for envelope in envelopes]
        request[REPORTED] = envelopes[0].reported
        return web.Response(status=202, headers={"X-Message-Id": message_id})

    async def scopes(self, request: web.Request) -> web.Response:
        return self._refusal(request, 0) or web.json_response({"scopes": ["mail.send"]})

    def _refusal(self, request: web.Request, size: int) -> web.Response | None:
        wanted = f"Bearer {self.world.keys.sendgrid_api_key}".encode()
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted):
            message = "The provided authorization grant is invalid, expired, or revoked"
            return _errors(401, Problem(message))
        if size > MOST_BYTES:
            return _errors(
                413, Problem("The JSON payload you have included in your request is too large.", None)
            )
        if request.method == "POST" and request.content_type != "application/json":
            return _errors(415, Problem("Content-Type should be application/json."))
        return None


def order_id(body: bytes) -> str | None:
    """The `mid` of a letter's custom arguments."""
    try:
        mail = json.loads(body)
        return custom_args(mail, mail["personalizations"][0]).get("mid")
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _only_checked(mail: dict[str, Any]) -> bool:
    """SendGrid's own sandbox mode: the request is validated and nothing is sent."""
    return bool(mail.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"))


def _errors(status: int, *found: Problem) -> web.Response:
    return web.json_response({"errors": [problem.entry() for problem in found]}, status=status)
