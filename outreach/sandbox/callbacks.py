"""Twilio's requests to us: signed, tried again as the URL's fragment asks (providers.md A 2.1)."""

import asyncio
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import ClientConnectorError, ClientError, ClientTimeout, ConnectionTimeoutError
from yarl import URL

from outreach.sandbox.signing import twilio_signature
from outreach.sandbox.world import World

Params = dict[str, str]


@dataclass(frozen=True)
class Target:
    """A URL we were given, and its connection overrides: `#rc=3&rp=5xx,ct,rt&ct=ms&rt=ms`.

    Without them: one more try, only when no connection could be made.
    """

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})

    @property
    def bare(self) -> str:
        """The URL that is asked and signed: fragments are neither."""
        return self.url.partition("#")[0]

    def _override(self, name: str) -> str:
        return parse_qs(urlsplit(self.url).fragment).get(name, [""])[0]

    def _number(self, name: str, default: int) -> int:
        text = self._override(name)
        return int(text) if text.isdecimal() else default

    @property
    def tries(self) -> int:
        return 1 + min(5, self._number("rc", 1))

    @property
    def timeout(self) -> ClientTimeout:
        connect, read = self._number("ct", 5_000) / 1000, self._number("rt", 15_000) / 1000
        return ClientTimeout(total=15, sock_connect=connect, sock_read=read)

    def worth_another(self, reply: "Reply") -> bool:
        wanted = (self._override("rp") or "ct").split(",")
        return reply.trouble is not None and (reply.trouble in wanted or "all" in wanted)


@dataclass(frozen=True)
class Reply:
    """What came back. `trouble` is the retry policy's word: ct, rt, 4xx, 5xx; None when all is well."""

    status: int | None = None
    body: bytes = b""
    content_type: str = ""
    trouble: str | None = None


@dataclass
class Callbacks:
    world: World
    retry_seconds: float = field(default=0.1)  # real: the door's own trouble knows no speed

    async def post(self, target: Target, params: Params) -> Reply:
        """One request and its tries again, all under one idempotency token."""
        token = secrets.token_hex(16)
        reply = await self._once(target, params, token)
        for nth in range(1, target.tries):
            if not target.worth_another(reply):
                break
            await asyncio.sleep(self.retry_seconds * nth)
            reply = await self._once(target, params, token)
        return reply

    async def _once(self, target: Target, params: Params, token: str) -> Reply:
        url, form = target.bare, params
        if target.method == "GET":
            url, form = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}", {}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": twilio_signature(self.world.keys.auth_token, url, form.items()),
            "I-Twilio-Idempotency-Token": token,
        }
        try:
            async with self.world.http.request(
                target.method,
                URL(url, encoded=True),  # as it was signed: requoting would break the signature
                data=urlencode(form) if form else None,
                headers=headers,
                timeout=target.timeout,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except (ClientConnectorError, ConnectionTimeoutError):
            return Reply(trouble="ct")
        except (ClientError, TimeoutError):
            return Reply(trouble="rt")
        trouble = None if answer.status < 300 else f"{answer.status // 100}xx"
        return Reply(answer.status, body, answer.content_type, trouble)
