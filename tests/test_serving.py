"""The web server as it runs in production: gunicorn, threads, and a log that keeps no query."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

Web = tuple["subprocess.Popen[str]", str]


@pytest.fixture
def web(service_environment: dict[str, str]) -> Iterator[Web]:
    """`outreach web` on a free port, once it answers, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "outreach", "web", "--bind", bind]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, env=service_environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
    )
    try:
        wait_for(f"http://{bind}/healthz", process)
        yield process, f"http://{bind}"
    finally:
        process.terminate()  # not killed: gunicorn's own workers would live on
        process.communicate()


def wait_for(url: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(url, timeout=5)
            return
        except requests.RequestException:
            time.sleep(0.05)
    pytest.fail("no web server came up")


def test_the_log_names_the_route_and_never_the_query(web: Web) -> None:
    process, address = web
    assert requests.get(f"{address}/healthz?attempt=abcdefghijklmno", timeout=10).status_code == 200
    assert (
        requests.post(f"{address}/webhooks/twilio/status?attempt=abcdefghijklmno", timeout=10).status_code
        == 403
    )
    process.terminate()
    said = process.communicate(timeout=60)[0]
    assert "/healthz" in said
    assert "/webhooks/<name>/<kind>" in said
    assert "abcdefghijklmno" not in said
    assert "Traceback" not in said


def test_it_is_degraded_and_serves_while_nobody_ticks(web: Web) -> None:
    assert requests.get(f"{web[1]}/readyz", timeout=10).json()["status"] == "degraded"


@pytest.mark.parametrize("name", ["OUTREACH_CARRIER", "OUTREACH_MAILER", "OUTREACH_SECRET_KEY"])
@pytest.mark.parametrize("command", ["web", "worker", "tick"])
def test_a_service_lacking_a_choice_stops_and_says_so(
    service_environment: dict[str, str], command: str, name: str
) -> None:
    del service_environment[name]
    started = subprocess.run(
        [sys.executable, "-m", "outreach", command], env=service_environment, capture_output=True, text=True
    )
    assert started.returncode == 1
    assert started.stderr == f"outreach: {name} is not set; see config/example.env.\n"
