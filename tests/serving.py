"""A door served on loopback, with threads as in production."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer


class _Server(ThreadedWSGIServer):
    daemon_threads = False  # so that it is not closed before the last request has given its connection back


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Its address on a free port. It streams nothing: what is under way at the end is waited for."""
    server = _Server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
