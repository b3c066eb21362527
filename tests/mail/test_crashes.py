"""A worker that dies at any of its moments: at most one letter each at the provider, and none lost (P1)."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.ledger.letters import Letter
from outreach.mail import posting
from tests.mail.post_office import HARBOR, LAKE, OAK, RIDGE, PostOffice

ROOT = Path(__file__).parents[2]
DIED = 137


@pytest.mark.parametrize(
    ("moment", "arrive"),
    [("letters.drafted", 0), ("letters.committed", 0), ("letters.posted", 4), ("letters.recorded", 4)],
)
def test_a_worker_dies(office: PostOffice, moment: str, arrive: int) -> None:
    office.plan(HARBOR, RIDGE, LAKE, OAK)

    assert _drain_until(office, moment) == DIED
    assert len(office.arrived()) == arrive
    office.send()  # the next worker comes at once

    office.settle_down()
    office.clock.ahead = timedelta(minutes=3)
    posting.settle_doubts(office.room)
    office.clock.at += timedelta(hours=3)
    posting.settle_doubts(office.room)
    office.send()
    office.settle_down()
    mids = [arrived["mid"] for arrived in office.arrived()]
    assert len(mids) == len(set(mids)) == (0 if moment == "letters.committed" else 4)
    ends = {office.touch(one).state for one in (HARBOR, RIDGE, LAKE, OAK)}
    assert ends == {"unconfirmed" if moment == "letters.committed" else "done"}
    assert {letter.state for letter in office.rows(Letter)}.isdisjoint({"sending", "unknown"})


def _drain_until(office: PostOffice, moment: str) -> int:
    settings = {
        "database": office.ledger.url.render_as_string(hide_password=False),
        "api_key": office.sandbox.keys.sendgrid_api_key,
        "url": office.sandbox.url,
        "files": str(office.folder / "files"),
    }
    python = [sys.executable, "-m", "tests.mail.one_drain"]
    environment = os.environ | {"OUTREACH_CRASH": moment}
    done = subprocess.run(
        python, input=json.dumps(settings), text=True, cwd=ROOT, env=environment, check=False
    )
    return done.returncode
