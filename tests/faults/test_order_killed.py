"""A worker that dies when operations have been told, and has not written it down: told again, the same id."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from outreach.ledger.base import Ledger
from outreach.rules.suspension import Event
from tests.campaigns.book import Book
from tests.campaigns.casework import ridgeway, walked_to_due
from tests.campaigns.operations_desk import SECRET, operations_desk
from tests.faults.steps import DIED

SEND = """
import sys
from contextlib import closing
from datetime import datetime
from outreach.campaigns.suspension.operations import send_due
from outreach.campaigns.suspension.standard_webhooks import OperationsHook
from outreach.ledger.base import Ledger
from tests.campaigns.casework import HandClock
url, desk, secret, at = (sys.stdin.readline().strip() for _ in range(4))
with closing(Ledger(url)) as ledger:
    print(send_due(ledger, OperationsHook(desk, secret), HandClock(datetime.fromisoformat(at))))
"""


def test_what_was_posted_and_not_written_down_is_posted_again_under_its_id(
    ledger: Ledger, database_url: str, tmp_path: Path
) -> None:
    casework = ridgeway(Book(ledger), tmp_path)
    walked_to_due(casework)
    casework.decide(Event.CONFIRMED, "sam")
    with operations_desk() as desk:
        told = [database_url, desk.url, SECRET]
        first = send(*told, casework.clock.at.isoformat(), crash_at="order.posted")
        assert (first.returncode, len(desk.came)) == (DIED, 1)
        soon = casework.clock.at + timedelta(hours=1)
        again = send(*told, soon.isoformat())
        assert (again.returncode, again.stdout.strip()) == (0, "1")
        third = send(*told, (soon + timedelta(hours=1)).isoformat())
        assert third.stdout.strip() == "0"
    ids = [id_ for id_, _ in desk.came]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def send(*lines: str, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"OUTREACH_CRASH": crash_at} if crash_at else {})
    command = [sys.executable, "-c", SEND]
    return subprocess.run(
        command, input="\n".join(lines), capture_output=True, text=True, env=environment, check=False
    )
