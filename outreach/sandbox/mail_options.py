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
BYPASS = "bypass_list_management"


def per_message_or_person(given: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    """What may stand in the message and in each personalization alike."""
    yield from _headers(given.get("headers", {}), f"{prefix}headers")
    yield from _custom_args(given.get("custom_args", {}), f"{prefix}custom_args")
    if given.get("send_at", 0) > time.time() + SEND_AT_SECONDS:
        yield Problem("Scheduling more than 72 hours in advance is forbidden.", f"{prefix}send_at")


def _headers(headers: Mapping[str, Any], field: str) -> Iterator[Problem]:
    for name, value in headers.items():
        if not isinstance(value, str):
            yield Problem("The header values must be strings.", f"{field}.{name}")
        if not name.isascii() or re.search(r"\s", name):
            message = "Header keys can't contain non-ASCII characters and empty spaces."
            yield Problem(message, f"{field}.{name}")
        if name.lower() in RESERVED_HEADERS:
            yield Problem("Header can not be one of the reserved keys.", f"{field}.{name}")


def _custom_args(arguments: Mapping[str, Any], field: str) -> Iterator[Problem]:
    if not all(isinstance(value, str) for value in arguments.values()):
        yield Problem("All values of custom arguments object must be strings", field)
    elif sum(len(f"{name}{value}".encode()) for name, value in arguments.items()) > CUSTOM_ARGS_BYTES:
        yield Problem(f"The size of custom arguments may not exceed {CUSTOM_ARGS_BYTES:,} bytes.", field)


def categories(mail: Mapping[str, Any]) -> Iterator[Problem]:
    given = mail.get("categories", [])
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
    if "group_id" not in group:
        yield Problem("The ASM group ID must be an integer.", "asm.group_id")
    elif len(group.get("groups_to_display", [])) > MOST_GROUPS:
        message = f"There is a limit of {MOST_GROUPS} unsubscribe groups that can be displayed to a user"
        yield Problem(f"{message} at a time.", "asm.groups_to_display")


def settings(mail: Mapping[str, Any]) -> Iterator[Problem]:
    if not 2 <= len(mail.get("ip_pool_name", "--")) <= 64:
        message = "The length of the `ip_pool_name` field must be between 2 and 64 characters."
        yield Problem(message, "ip_pool_name")
    if "batch_id" in mail:  # they come from /v3/mail/batch, and this account has asked for none
        yield Problem("The batch_id is not valid.", "batch_id")
    on = {name for name, setting in mail.get("mail_settings", {}).items() if setting.get("enable")}
    if BYPASS in on and any(name.startswith("bypass_") for name in on - {BYPASS}):
        message = f"The {BYPASS} setting may not be combined with other bypass filters."
        yield Problem(message, f"mail_settings.{BYPASS}")
