"""The guard that keeps every test, and every process a test starts, on this machine."""

import socket
import subprocess
import sys

import pytest

from tests.guard.sitecustomize import is_loopback

ELSEWHERE = ("192.0.2.1", 80)  # TEST-NET-1 of RFC 5737: nobody's


def test_a_connection_elsewhere_is_refused() -> None:
    with socket.socket() as client, pytest.raises(BaseException, match="stay on this machine"):
        client.connect(ELSEWHERE)


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(BaseException, match="stay on this machine"):
        socket.getaddrinfo("provider.example", 443)


def test_a_child_process_is_guarded_too() -> None:
    child = f"import socket; socket.socket().connect({ELSEWHERE!r})"
    ended = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True)
    assert "BeyondLoopback" in ended.stderr


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        (None, True),
        (b"127.0.0.1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
    ],
)
def test_what_counts_as_loopback(host: object, inside: bool) -> None:
    assert is_loopback(host) is inside
