"""How much the sandbox itself can carry: two-leg calls and letters a second, with every report delivered.

    .venv/bin/python bench/sandbox.py [--calls 1000] [--letters 5000]

The sandbox runs as a process of its own; the orders and the door are asyncio in this one.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import ClientConnectorError, ClientSession, TCPConnector, encode_basic_auth, web

DOOR, PORT = 8731, 8732
DOOR_URL, SANDBOX_URL = f"http://127.0.0.1:{DOOR}", f"http://127.0.0.1:{PORT}"
EVENTS = ["initiated", "ringing", "answered", "completed"]
START = """
import sys
from pathlib import Path
from outreach.sandbox.server import serve
port, folder, door = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
serve(port, keys_file=folder / "keys.json", truth_file=folder / "truth.jsonl", door_url=door)
"""
GATHER = "<Response><Gather action='/bridge'><Say>Press any key.</Say></Gather></Response>"
BRIDGE = f"""<Response><Dial action='/dial-done'><Number machineDetection='Enable' amdStatusCallback='/amd'
statusCallback='/status' statusCallbackEvent='{" ".join(EVENTS)}'>%s</Number></Dial></Response>"""


class Door:
    def __init__(self) -> None:
        self.posts = self.bridged = 0

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.posts += 1
        if request.path == "/bridge":
            self.bridged += 1
            number = f"+1{212 + self.bridged % 700}5550{self.bridged % 1000:03d}"
            return web.Response(text=BRIDGE % number, content_type="text/xml")
        documents = {"/answer": GATHER, "/dial-done": "<Response/>"}
        if document := documents.get(request.path):
            return web.Response(text=document, content_type="text/xml")
        return web.Response(status=204)


async def place(http: ClientSession, keys: dict[str, Any], nth: int) -> None:
    order = [
        ("To", "+13035550199"),
        ("From", keys["caller_ids"][0]),
        ("Url", f"{DOOR_URL}/answer?attempt=a{nth}"),
        ("StatusCallback", f"{DOOR_URL}/status?attempt=a{nth}"),
        *(("StatusCallbackEvent", event) for event in EVENTS),
    ]
    url = f"{SANDBOX_URL}/2010-04-01/Accounts/{keys['account_sid']}/Calls.json"
    papers = {"Authorization": encode_basic_auth(keys["account_sid"], keys["auth_token"])}
    async with http.post(url, data=order, headers=papers) as answer:
        assert answer.status == 201, await answer.text()


async def send(http: ClientSession, keys: dict[str, Any], nth: int) -> None:
    letter = {
        "personalizations": [{"to": [{"email": f"ap{nth}@example.com"}]}],
        "from": {"email": "ar@example.org"},
        "subject": "Invoice 1042",
        "content": [{"type": "text/plain", "value": "x" * 1200}, {"type": "text/html", "value": "x" * 2000}],
        "custom_args": {"mid": f"m{nth}"},
    }
    papers = {"Authorization": f"Bearer {keys['sendgrid_api_key']}"}
    async with http.post(f"{SANDBOX_URL}/v3/mail/send", json=letter, headers=papers) as answer:
        assert answer.status == 202, await answer.text()


async def measure(
    what: str, count: int, order: Callable[[int], Awaitable[None]], http: ClientSession, door: Door
) -> None:
    door.posts, start = 0, time.monotonic()
    await asyncio.gather(*(order(nth) for nth in range(count)))
    accepted = time.monotonic() - start
    while not (await asked(http, "/sandbox/quiet"))["quiet"]:
        await asyncio.sleep(0.05)
    over = time.monotonic() - start
    print(f"{what}: {count} accepted in {accepted:.2f} s ({count / accepted:.0f}/s),", end=" ")
    print(f"all over after {over:.2f} s ({count / over:.0f}/s), {door.posts / over:.0f} webhooks/s")


async def asked(http: ClientSession, path: str) -> dict[str, Any]:
    async with http.get(SANDBOX_URL + path) as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def until_up(http: ClientSession) -> None:
    for _ in range(100):
        try:
            await asked(http, "/healthz")
            return
        except ClientConnectorError:
            await asyncio.sleep(0.1)


async def main(calls: int, letters: int, folder: Path) -> None:
    door, app = Door(), web.Application(client_max_size=2**21)
    app.router.add_route("*", "/{path:.*}", door.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", DOOR).start()
    sandbox = subprocess.Popen([sys.executable, "-c", START, str(PORT), str(folder), DOOR_URL])
    try:
        async with ClientSession(connector=TCPConnector(limit=16)) as http:
            await until_up(http)
            keys = json.loads((folder / "keys.json").read_text())
            await measure("calls", calls, lambda nth: place(http, keys, nth), http, door)
            await measure("letters", letters, lambda nth: send(http, keys, nth), http, door)
    finally:
        sandbox.terminate()
        sandbox.wait()
        await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--letters", type=int, default=5000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(chosen.calls, chosen.letters, Path(folder)))
