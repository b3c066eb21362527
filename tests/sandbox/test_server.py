"""The sandbox as a process: it starts, says what is wrong with its files, and ends when told."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.sandbox.playing import until

START = """
import sys
from pathlib import Path
from outreach.sandbox.server import serve
folder = Path(sys.argv[2])
serve(int(sys.argv[1]), keys_file=folder / "keys.json", truth_file=folder / "truth.jsonl")
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def is_up(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told(tmp_path: Path, order: signal.Signals) -> None:
    port = free_port()
    running = subprocess.Popen([sys.executable, "-W", "error", "-c", START, str(port), str(tmp_path)])
    try:
        until(lambda: is_up(port))
        running.send_signal(order)
        assert running.wait(30) == 0
    finally:
        running.kill()
        running.wait()


def complaint(port: int, folder: Path, **files: Path) -> str:
    """What a start says that fails. In a process of its own: Chromium's driver keeps a loop in this one."""
    options = "".join(f", {name}=Path({str(path)!r})" for name, path in files.items())
    start = f"from pathlib import Path; from outreach.sandbox.server import serve; serve({port}{options})"
    ended = subprocess.run([sys.executable, "-c", start], cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 1
    return ended.stderr


def test_a_bad_file_stops_the_start(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[numbers]\nx = 'asleep'\n")
    assert re.search(r"ValueError: the script .* cannot be used: 'x'", complaint(0, tmp_path, script=bad))
    assert re.search(
        r"ValueError: the faults .* cannot be used: 'numbers'", complaint(0, tmp_path, faults=bad)
    )


def test_a_taken_port_stops_the_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "address already in use" in complaint(taken.getsockname()[1], tmp_path)
