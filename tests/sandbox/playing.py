"""A sandbox on loopback with the SDKs' real clients, and the door its webhooks come to."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
from aiohttp import web
from sendgrid import SendGridAPIClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from outreach.sandbox import keys
from outreach.sandbox.keys import Keys
from outreach.sandbox.server import Options, make_app

REP = "+13035550199"
CUSTOMER = "+12125550101"
Answer = tuple[int, str, str]  # status, content type, body


@dataclass(frozen=True)
class Post:
    """One request that came to the door."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.url).query).items()}

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = json.loads(self.body)
        return events


@dataclass
class Door:
    """Keeps every request; `answers` by path, 204 for the rest."""

    url: str
    posts: list[Post] = field(default_factory=list)
    answers: dict[str, Callable[[Post], Answer]] = field(default_factory=dict)

    def twiml(self, path: str, *documents: str) -> None:
        """The documents in turn, and the last one for ever after."""
        queue = list(documents)

        def answer(post: Post) -> Answer:
            return 200, "text/xml", f"<Response>{queue.pop(0) if len(queue) > 1 else queue[0]}</Response>"

        self.answers[path] = answer

    def status(self, path: str, *statuses: int) -> None:
        queue = list(statuses)
        self.answers[path] = lambda post: (queue.pop(0) if len(queue) > 1 else queue[0], "text/plain", "")

    def at(self, path: str) -> list[Post]:
        return [post for post in self.posts if post.path == path]

    def events(self) -> list[dict[str, Any]]:
        return [event for post in self.at("/webhooks/sendgrid/events") for event in post.events]


@contextmanager
def open_door() -> Iterator[Door]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    door = Door(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield door
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _stored(post: Post) -> Answer:
    return 204, "text/plain", ""


def _handler(door: Door) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            post = Post(door.url + self.path, self.headers, body)  # type: ignore[arg-type]
            door.posts.append(post)
            status, kind, text = door.answers.get(post.path, _stored)(post)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST  # noqa: N815 - the name http.server looks for

        def log_message(self, *args: object) -> None:
            """Keeps the tests' output clean."""

    return Handler


def until(condition: Callable[[], bool]) -> None:
    """Waits until it holds; a minute without it is a failure, not a measurement."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@dataclass
class Sandbox:
    """A running sandbox. `calls` and `mail` are the providers' own clients."""

    url: str
    keys: Keys
    door: Door

    @property
    def calls(self) -> Any:
        client = Client(self.keys.account_sid, self.keys.auth_token)
        client.api.base_url = self.url
        return client.calls

    @property
    def mail(self) -> Any:
        return SendGridAPIClient(self.keys.sendgrid_api_key, host=self.url).client.mail.send

    def get(self, path: str) -> Any:
        return requests.get(self.url + path, timeout=10).json()

    def post(self, path: str, table: Any) -> requests.Response:
        return requests.post(self.url + path, json=table, timeout=10)

    def script(self, **table: Any) -> None:
        assert self.post("/sandbox/script", table).ok

    def faults(self, **table: Any) -> None:
        assert self.post("/sandbox/faults", table).ok

    def ring(self, attempt: str = "a1", **extra: Any) -> Any:
        """Rings the rep with every callback at the door, as outreach does."""
        wanted = {
            "to": REP,
            "from_": self.keys.caller_ids[0],
            "url": f"{self.door.url}/answer?attempt={attempt}",
            "status_callback": f"{self.door.url}/status?attempt={attempt}",
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        }
        return self.calls.create(**{**wanted, **extra})

    def truth(self) -> Any:
        """What truly happened, once nothing is under way any more."""
        until(lambda: self.get("/sandbox/quiet")["quiet"])
        return self.get("/sandbox/truth")

    def signed(self, post: Post) -> bool:
        """Whether Twilio's own validator takes the signature."""
        signature = post.headers["X-Twilio-Signature"]
        valid: bool = RequestValidator(self.keys.auth_token).validate(post.url, post.form, signature)
        return valid


@contextmanager
def playing(folder: Path, door: Door, **options: Any) -> Iterator[Sandbox]:
    keys_file = folder / "sandbox.json"
    chosen = Options(**{"keys_file": keys_file, "door_url": door.url, "speed": 2000.0, **options})
    loop = asyncio.new_event_loop()
    runner: list[web.AppRunner] = []

    async def start() -> None:
        runner.append(web.AppRunner(await make_app(chosen), access_log=None, shutdown_timeout=0.1))
        await runner[0].setup()
        await web.TCPSite(runner[0], "127.0.0.1", 0).start()

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield Sandbox(f"http://127.0.0.1:{runner[0].addresses[0][1]}", keys.load(keys_file), door)
    finally:
        if runner:
            asyncio.run_coroutine_threadsafe(runner[0].cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
