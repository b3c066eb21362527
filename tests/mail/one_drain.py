"""One drain of letters in a process of its own, so that it can die. Its settings come on standard input."""

import json
import sys
from contextlib import closing
from pathlib import Path

from outreach.ledger.base import Ledger
from outreach.mail import posting
from outreach.mail.mailroom import Mailroom
from outreach.mail.sendgrid_mail import SendGridMailer
from tests.hand_clock import HandClock
from tests.mail.post_office import FROM, KEY, REPLIES


def main() -> None:
    given = json.loads(sys.stdin.read())
    mailer = SendGridMailer(given["api_key"], host=given["url"])
    with closing(Ledger(given["database"])) as ledger:
        room = Mailroom(ledger, mailer, HandClock(), Path(given["files"]), FROM, REPLIES, (KEY,))
        posting.send_due(room)


if __name__ == "__main__":
    main()
