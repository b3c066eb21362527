"""Operations on loopback: a real HTTP server that checks our signature, and remembers what it was told."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass
class OperationsDesk:
    """`answers`: the next status codes; 204 when they run out."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """(webhook id, body) of what was signed by us"""
    refused: int = 0

    def take(self, headers: Any, body: bytes) -> int:
        """Verified as the receiver of docs/suspension.md does it."""
        id_, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        digest = hmac.new(key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        if f"v1,{base64.b64encode(digest).decode()}" not in headers["webhook-signature"].split():
            self.refused += 1
            return 401
        self.came.append((id_, json.loads(body)))
        return self.answers.pop(0) if self.answers else 204


@contextmanager
def operations_desk() -> Iterator[OperationsDesk]:
    desk = OperationsDesk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            code = desk.take(self.headers, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(code)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    desk.url = f"http://127.0.0.1:{server.server_port}/suspensions"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
