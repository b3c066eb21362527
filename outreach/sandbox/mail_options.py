"""How a letter is handled: SendGrid's checks of headers, custom arguments, times, categories and settings."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from outreach.sandbox.mail_errors import Problem

RESERVED_HEADERS = frozenset(
    {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"}
    | {"to", "from", "subject", "reply-to", "cc", "bcc"}
)
CUSTOM_ARGS_BYTES = 10_000
SEND_AT_SECONDS = 72 * 3600
MOST_CATEGORIES = 10
CATEGORY_LENGTH = 255
MOST_GROUPS = 25


def per_message_or_person(given: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    """What may stand in the message and in each personalization alike."""
    yield from _headers(given.get("headers"), f"{prefix}headers")
    yield from _custom_args(given.get("custom_args"), f"{prefix}custom_args")
    yield from _send_at(given.get("send_at"), f"{prefix}send_at")


def _headers(headers: Any, field: str) -> Iterator[Problem]:
    if not isinstance(headers or {}, Mapping):
        yield Problem("The headers must be an object of key/value pairs.", field)
        return
    for name, value in (headers or {}).items():
        if not isinstance(value, str):
            yield Problem("The header values must be strings.", f"{field}.{name}")
        if not name.isascii() or re.search(r"\s", name):
            message = "Header keys can't contain non-ASCII characters and empty spaces."
            yield Problem(message, f"{field}.{name}")
        if name.lower() in RESERVED_HEADERS:
            yield Problem("Header can not be one of the reserved keys.", f"{field}.{name}")


def _custom_args(arguments: Any, field: str) -> Iterator[Problem]:
    if arguments is None:
        return
    if not isinstance(arguments, Mapping) or not all(isinstance(one, str) for one in arguments.values()):
        yield Problem("All values of custom arguments object must be strings", field)
    elif sum(len(f"{name}{value}".encode()) for name, value in arguments.items()) > CUSTOM_ARGS_BYTES:
        yield Problem(f"The size of custom arguments may not exceed {CUSTOM_ARGS_BYTES:,} bytes.", field)


def _send_at(send_at: Any, field: str) -> Iterator[Problem]:
    if send_at is None:
        return
    if not isinstance(send_at, int) or isinstance(send_at, bool):
        yield Problem("The `send_at` parameter is expecting a UNIX timestamp as an integer.", field)
    elif send_at > time.time() + SEND_AT_SECONDS:
        yield Problem("Scheduling more than 72 hours in advance is forbidden.", field)


def categories(mail: Mapping[str, Any]) -> Iterator[Problem]:
    given = mail.get("categories") or []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        yield Problem("Categories must be an array of strings.", "categories")
        return
    if len(given) > MOST_CATEGORIES:
        message = f"There is a limit of {MOST_CATEGORIES} categories for each email that is sent."
        yield Problem(f"{message} You provided {len(given)} categories.", "categories")
    if len(set(given)) < len(given):
        yield Problem("The categories must be a unique list.", "categories")
    for category in given:
        if len(category) > CATEGORY_LENGTH:
            message = f"Each category must not be longer than {CATEGORY_LENGTH} characters."
            yield Problem(message, "categories")
        if not category.isascii():
            yield Problem("Categories can not contain non-ASCII characters.", "categories")


def unsubscribe_group(mail: Mapping[str, Any]) -> Iterator[Problem]:
    group = mail.get("asm")
    if group is None:
        return
    if not isinstance(group, Mapping) or not isinstance(group.get("group_id"), int):
        yield Problem("The ASM group ID must be an integer.", "asm.group_id")
    elif len(group.get("groups_to_display") or []) > MOST_GROUPS:
        message = f"There is a limit of {MOST_GROUPS} unsubscribe groups that can be displayed to a user"
        yield Problem(f"{message} at a time.", "asm.groups_to_display")


def settings(mail: Mapping[str, Any]) -> Iterator[Problem]:
    pool = mail.get("ip_pool_name")
    if pool is not None and not (isinstance(pool, str) and 2 <= len(pool) <= 64):
        yield Problem("The name of your IP pool must be a string.", "ip_pool_name")
    for part in ("mail_settings", "tracking_settings"):
        for name, setting in (mail.get(part) or {}).items():
            if isinstance(setting, Mapping) and not isinstance(setting.get("enable", False), bool):
                message = f"The {name.replace('_', ' ')} enable param should be a boolean value."
                yield Problem(message, f"{part}.{name}.enable")
