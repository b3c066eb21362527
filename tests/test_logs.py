"""What the services say: JSON, a line each, and no local variables."""

import json
import subprocess
import sys

SAY = """
import logging, structlog
from outreach.logs import speak_json
speak_json()
structlog.get_logger().info("request", name="two\\nlines \\x1b[31m red")
logging.getLogger("rq.worker").warning("a library's word")
password = "canary in a local"
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("trouble")
"""


def test_every_line_is_one_document() -> None:
    said = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True)
    ours, library, trouble = map(json.loads, said.stderr.splitlines())
    assert (ours["event"], ours["level"], ours["name"]) == ("request", "info", "two\nlines \x1b[31m red")
    assert ours["timestamp"].endswith("Z")
    assert (library["event"], library["level"]) == ("a library's word", "warning")
    assert "ValueError: broken" in trouble["exception"]
    assert "canary" not in said.stderr
    assert said.stdout == ""
