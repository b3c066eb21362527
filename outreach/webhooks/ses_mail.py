"""SES at the door, by way of SNS: papers, the keys of events, the subscription (providers.md B2.4)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from outreach.ledger.inbox import Arrival, Event
from outreach.mail.sendgrid_reports import NoEventError
from outreach.mail.ses_mail import NAME
from outreach.mail.ses_reports import mid, name, translate
from outreach.office import DoorKeys
from outreach.webhooks import sns
from outreach.webhooks.hearing import hear
from outreach.webhooks.post import Digested, Papers, Post, Provider, UnreadableError, table

_ID = re.compile(r"[A-Za-z0-9-]{1,100}")


def papers(post: Post, keys: DoorKeys, wall: datetime) -> Papers:
    """Signed by SNS for one of our topics; whatever is malformed is false. Raises sns.TroubleError."""
    notice = table(post.body)
    if not keys.ses_topics or keys.sns is None or not notice:
        return Papers.FALSE
    return sns.papers(notice, keys.ses_topics, keys.sns, wall)


def greet(post: Post, keys: DoorKeys) -> None:
    """Confirm a subscription that SNS offers for one of our topics. Whatever this raises, they try again."""
    notice = table(post.body)
    if notice.get("Type") == sns.CONFIRM and keys.sns:
        keys.sns.confirm(str(notice["TopicArn"]), str(notice["Token"]))


def read(post: Post) -> list[Arrival]:
    """One notice is one event. The same one, published twice, is known by its content."""
    notice = table(post.body)
    given, kind = str(notice.get("MessageId")), str(notice.get("Type"))
    if not _ID.fullmatch(given):
        raise UnreadableError("it has no id")
    if kind != sns.NOTICE:
        return [Arrival(given, kind, None, post.body)]
    message = str(notice["Message"])
    event = table(message)
    return [
        Arrival(
            key=given,
            kind=_kind(event),
            about=mid(event) or None,
            body=post.body,
            also=f"content:{hashlib.sha256(message.encode()).hexdigest()}",
        )
    ]


def _kind(event: Mapping[str, Any]) -> str:
    found = name(event).replace(" ", "")
    return found if re.fullmatch(r"[A-Za-z]{1,40}", found) else "unreadable"


def digest(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
    """One event moves its letter, marks its address, writes the log (mail.reports)."""
    if event.kind == sns.CONFIRM:
        return Digested(why="the subscription was confirmed")
    if event.kind == sns.ENDED:
        return Digested(
            "parked", why="SNS sends us no more events of SES: somebody has ended the subscription"
        )
    notice = table(event.body)
    try:
        report = translate(table(str(notice.get("Message"))))
    except NoEventError as error:
        return Digested("parked", why=str(error))
    if report is None:
        return Digested(why=f"nothing is done about {event.kind}")
    return hear(session, report, NAME, now, wall)


PROVIDER = Provider(kinds=frozenset({""}), papers=papers, read=read, digest=digest, greet=greet)
