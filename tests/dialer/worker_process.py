"""A worker in a process of its own, to be killed at a crashpoint: `python -m tests.dialer.worker_process`.

Arguments: a job (place or digest), then what the centre that wants it killed has for it.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

from outreach.dialer import calls
from outreach.dialer.twilio_voice import TwilioVoice
from outreach.errands import NoErrands
from outreach.ledger.base import Ledger
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.webhooks.digest import digest
from tests.dialer.centre import HandClock


def main(job: str, given: dict[str, str]) -> None:
    ledger, clock = Ledger(given["database"]), HandClock(datetime.fromisoformat(given["at"]))
    base_url = given["base_url"]
    carrier = TwilioVoice(
        given["account"], given["token"], base_url=base_url, url=given["sandbox"], calls_per_second=1000
    )
    if job == "place":
        calls.place(ledger, carrier, clock, given["attempt"])
    else:
        addresses = Addresses(base_url, "billing@outreach.example", "reply.outreach.example")
        digest(
            Office(ledger, clock, NoErrands(), News(None), Path(), addresses, DoorKeys(), ("key",), carrier)
        )


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
