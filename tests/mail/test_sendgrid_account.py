"""What doctor finds out about the SendGrid key, from the sandbox and from a server of our own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from outreach.mail.sendgrid_account import trouble
from tests.sandbox.playing import Door, Sandbox, open_door, playing


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory, door: Door) -> Iterator[Sandbox]:
    with playing(tmp_path_factory.mktemp("sandbox"), door) as running:
        yield running


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_key_that_may_send(sandbox: Sandbox) -> None:
    assert trouble(sandbox.keys.sendgrid_api_key, sandbox.url) is None
    assert sandbox.truth()["letters"] == [], "nobody was written to"


def test_a_key_that_sendgrid_does_not_know(sandbox: Sandbox) -> None:
    found = trouble("SG.another-key-altogether", sandbox.url)
    assert found
    assert found.startswith("SendGrid does not accept SENDGRID_API_KEY")
    assert "another" not in found.replace("make another one", "")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, '{"scopes": ["user.profile.read"]}', "SENDGRID_API_KEY may not send"),
        (403, '{"errors": []}', "SendGrid does not accept SENDGRID_API_KEY"),
        (404, "not here", "check OUTREACH_SENDGRID_URL"),
        (200, "<html>a proxy</html>", "check OUTREACH_SENDGRID_URL"),
        (500, "", "could not be asked (status 500)"),
    ],
)
def test_other_answers(status: int, body: str, words: str) -> None:
    with answering(status, body) as url:
        assert words in (trouble("SG.some-key", url) or "")


def test_nobody_there() -> None:
    with answering(200, "") as url:
        pass
    assert (trouble("SG.some-key", url) or "").startswith("SendGrid cannot be reached")
