"""A worker in a process of its own, to be killed at a crashpoint: `python -m tests.dialer.worker_process`.

Arguments: database URL, base URL of the door, URL of the sandbox, its account and token, an attempt's id.
"""

import sys
from datetime import datetime

from outreach.dialer import calls
from outreach.dialer.twilio_voice import TwilioVoice
from outreach.ledger.base import Ledger
from tests.dialer.centre import HandClock


def main(
    database_url: str, base_url: str, url: str, account: str, token: str, at: str, attempt_id: str
) -> None:
    carrier = TwilioVoice(account, token, base_url=base_url, url=url, calls_per_second=1000)
    calls.place(Ledger(database_url), carrier, HandClock(datetime.fromisoformat(at)), attempt_id)


if __name__ == "__main__":
    main(*sys.argv[1:])
