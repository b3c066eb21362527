"""Who a letter is from and to: SendGrid's checks of personalizations, from and reply_to."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from outreach.sandbox import mail_options
from outreach.sandbox.mail_errors import Problem

ADDRESS = re.compile(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"().]+(\.[^@\s<>,;:\"().]+)+")
MOST = 1000  # personalizations; recipients of one request; addresses of reply_to_list
LONGEST = 320  # characters of an address


def recipients(personalization: Mapping[str, Any]) -> list[Any]:
    """Everybody a personalization writes to."""
    return [one for kind in ("to", "cc", "bcc") for one in personalization.get(kind, [])]


def personalizations(mail: Mapping[str, Any]) -> Iterator[Problem]:
    given = mail.get("personalizations")
    if not given:
        yield Problem("You must have at least one personalization.", "personalizations")
        return
    if len(given) > MOST:
        yield Problem(
            f"The personalization block is limited to {MOST} personalizations per API request."
            f" You have provided {len(given)} personalizations. Please consider splitting this into multiple"
            " requests and resending your request.",
            "personalizations",
        )
    if sum(len(recipients(each)) for each in given) > MOST:
        message = f"There is a limit of {MOST} total recipients (to + cc + bcc) per request."
        yield Problem(message, "personalizations")
    for nth, each in enumerate(given):
        yield from _personalization(each, f"personalizations.{nth}")


def _personalization(each: Mapping[str, Any], field: str) -> Iterator[Problem]:
    if not each.get("to"):
        yield Problem(
            "The to array is required for all personalization objects, and must have at least one email"
            " object with a valid email address.",
            f"{field}.to",
        )
        return
    seen: set[str] = set()
    for kind in ("to", "cc", "bcc"):
        for nth, recipient in enumerate(each.get(kind, [])):
            yield from _address(recipient, f"{field}.{kind}.{nth}")
            yield from _repeated(recipient, seen, field, kind)
    if "from" in each:
        yield from _address(each["from"], f"{field}.from", "from")
    yield from mail_options.per_message_or_person(each, f"{field}.")


def _address(mailbox: Mapping[str, Any], field: str, whose: str = "") -> Iterator[Problem]:
    email = mailbox.get("email", "")
    if not ADDRESS.fullmatch(email):
        message = f"The {whose} email does not contain" if whose else "Does not contain"
        yield Problem(f"{message} a valid address.", f"{field}.email")
    elif len(email) > LONGEST:
        message = f"The {whose or 'to'} email exceeds the maximum total length of {LONGEST} characters."
        yield Problem(message, f"{field}.email")


def _repeated(recipient: Mapping[str, Any], seen: set[str], field: str, kind: str) -> Iterator[Problem]:
    email = recipient.get("email", "").lower()
    if email and email in seen:
        yield Problem(
            "Each email address in the personalization block should be unique between to, cc, and bcc."
            f" We found the first duplicate instance of [{email}] in the {field}.{kind} field.",
            field,
        )
    seen.add(email)


def sender(mail: Mapping[str, Any]) -> Iterator[Problem]:
    if "from" in mail:
        yield from _address(mail["from"], "from", "from")
        return
    yield Problem(
        "The from object must be provided for every email send. It is an object that requires the email"
        ' parameter, but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or'
        ' {"email" : "example@example.com", "name" : "Example Recipient"}.',
        "from.email",
    )


def reply_to(mail: Mapping[str, Any]) -> Iterator[Problem]:
    if "reply_to" in mail and "reply_to_list" in mail:
        yield Problem("`reply_to` is mutually exclusive with `reply_to_list`.", "reply_to")
    if "reply_to" in mail:
        yield from _address(mail["reply_to"], "reply_to", "reply_to")
    replies = mail.get("reply_to_list", [])
    for nth, one in enumerate(replies):
        yield from _address(one, f"reply_to_list.{nth}", "`reply_to_list`")
    if len(replies) > MOST:
        message = f"There is a limit of {MOST} `reply_to` emails per mail/send request."
        yield Problem(message, "reply_to_list")
    if len({one.get("email", "").lower() for one in replies}) < len(replies):
        yield Problem("Each email address in the `reply_to_list` should be unique.", "reply_to_list")
