"""Processes of their own: a worker to be killed at a crashpoint, and reps who click at once.

As a program, `python -m tests.dialer.worker_process`: a job (place or digest), then what it is given as JSON.
It imports as little as it can: a test waits for it.
"""

import json
import sys
from datetime import datetime

from outreach.errands import Errands
from outreach.ledger.base import Ledger
from tests.hand_clock import HandClock


def place(ledger: Ledger, clock: HandClock, given: dict[str, str]) -> None:
    from outreach.dialer import calls
    from outreach.dialer.twilio_voice import TwilioVoice

    carrier = TwilioVoice(
        given["account"],
        given["token"],
        base_url=given["base_url"],
        url=given["sandbox"],
        calls_per_second=1000,
    )
    calls.place(ledger, carrier, clock, given["attempt"])


def digest(ledger: Ledger, clock: HandClock, given: dict[str, str]) -> None:
    from pathlib import Path

    from outreach.errands import NoErrands
    from outreach.news import News
    from outreach.office import Addresses, DoorKeys, Office
    from outreach.webhooks.digest import digest

    addresses = Addresses(given["base_url"], "billing@outreach.example", "reply.outreach.example")
    digest(Office(ledger, clock, NoErrands(), News(None), Path(), addresses, DoorKeys(), ("key",)))


def click(database_url: str, redis_url: str, touch_id: int, rep_id: int) -> str:
    """The attempt's id, or the sentence that says why there is none."""
    from outreach.dialer import clicks

    ledger, errands = Ledger(database_url), Errands(redis_url)
    answer = clicks.request_call(
        ledger,
        errands,
        HandClock(),
        provider="twilio",
        caller_ids=("+12125550190",),
        touch_id=touch_id,
        rep_id=rep_id,
    )
    ledger.close()
    errands.close()
    return answer.attempt_id if isinstance(answer, clicks.Requested) else answer.words


def main(job: str, given: dict[str, str]) -> None:
    ledger, clock = Ledger(given["database"]), HandClock(datetime.fromisoformat(given["at"]))
    {"place": place, "digest": digest}[job](ledger, clock, given)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
