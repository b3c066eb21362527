"""What a letter says: SendGrid's checks of subject, content and attachments."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from outreach.sandbox.mail_errors import Problem

CONTENT_ORDER = ("text/plain", "text/html")
NOT_A_TYPE = re.compile(r"[;,\r\n]")


def subject(mail: Mapping[str, Any]) -> Iterator[Problem]:
    own = [each.get("subject") for each in mail.get("personalizations", [])]
    if "" in (mail.get("subject"), *own):
        message = "The subject of your email must be a string at least one character in length."
        yield Problem(message, "subject")
    elif "subject" not in mail and "template_id" not in mail and (not own or None in own):
        yield Problem(
            "The subject is required. You can get around this requirement if you use a template with a"
            " subject defined or if every personalization has a subject defined.",
            "subject",
        )


def content(mail: Mapping[str, Any]) -> Iterator[Problem]:
    parts = mail.get("content")
    if not parts:
        if "template_id" not in mail or parts is not None:
            yield Problem(
                "Unless a valid template_id is provided, the content parameter is required. There must be at"
                " least one defined content block. We typically suggest both text/plain and text/html blocks"
                " are included, but only one block is required.",
                "content",
            )
        return
    for nth, part in enumerate(parts):
        yield from _part(part, f"content.{nth}")
    kinds = [part.get("type") for part in parts]
    if kinds != sorted(kinds, key=lambda kind: (*CONTENT_ORDER, kind).index(kind)):
        yield Problem(
            "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in your"
            " email: text/plain needs to be first, followed by text/html, followed by any other content.",
            "content",
        )


def _part(part: Mapping[str, Any], field: str) -> Iterator[Problem]:
    kind = part.get("type")
    if not kind:
        message = "Your content type must be a string with length of at least one character."
        yield Problem(message, f"{field}.type")
    elif NOT_A_TYPE.search(kind):
        yield Problem("Cannot contain ';', or CRLF characters.", f"{field}.type")
    if not part.get("value"):
        message = "The content value must be a string at least one character in length."
        yield Problem(message, f"{field}.value")


def attachments(mail: Mapping[str, Any]) -> Iterator[Problem]:
    for nth, attachment in enumerate(mail.get("attachments", [])):
        yield from _attachment(attachment, f"attachments.{nth}")


def _attachment(attachment: Mapping[str, Any], field: str) -> Iterator[Problem]:
    data, filename = attachment.get("content"), attachment.get("filename")
    if not data:
        message = "The attachment content must be a string at least one character in length."
        yield Problem(message, f"{field}.content")
    elif not _is_base64(data):
        yield Problem("The attachment content must be base64 encoded.", f"{field}.content")
    if not filename:
        yield Problem("filename is required.", f"{field}.filename")
    for name in ("filename", "content_id"):
        if re.search(r"[\r\n]", attachment.get(name, "")):
            message = f"The {name} of your attachment can't contain CRLF characters."
            yield Problem(message, f"{field}.{name}")
    if "type" in attachment and (not attachment["type"] or NOT_A_TYPE.search(attachment["type"])):
        message = "The attachment type must be a string of at least one character, without ';' or CRLF."
        yield Problem(message, f"{field}.type")
    disposition = attachment.get("disposition", "attachment")
    if disposition not in ("inline", "attachment"):
        message = 'The disposition of your attachment can be either "inline" or "attachment".'
        yield Problem(f"{message} You provided {disposition}.", f"{field}.disposition")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
