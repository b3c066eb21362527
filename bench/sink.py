"""A mail provider that takes every letter at once: the floor under any loop that sends."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web


@contextmanager
def running() -> Iterator[str]:
    """Its address on loopback, until the block ends."""
    with subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.terminate()


async def serve() -> None:
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/v3/mail/send", _take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


async def _take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202, headers={"X-Message-Id": "LRzXl_NHStOGhQ4kofSm_A"})


if __name__ == "__main__":
    asyncio.run(serve())
