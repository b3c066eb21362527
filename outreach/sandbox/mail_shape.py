"""What kind of value stands where in a letter. SendGrid checks that first, and knows no other names."""

from collections.abc import Iterator
from typing import Any

from outreach.sandbox.mail_errors import Problem

# A kind is a type; [kind] an array of it; {name: kind} an object of those names and no others.
Kind = Any

MAILBOX: Kind = {"email": str, "name": str}
MAP: Kind = dict  # names are the sender's own
SWITCH: Kind = {"enable": bool}
EITHER: Kind = {  # may stand in the message and in each personalization
    "from": MAILBOX,
    "subject": str,
    "headers": MAP,
    "custom_args": MAP,
    "send_at": int,
}
PERSONALIZATION: Kind = EITHER | {
    "to": [MAILBOX],
    "cc": [MAILBOX],
    "bcc": [MAILBOX],
    "substitutions": MAP,
    "dynamic_template_data": MAP,
}
ATTACHMENT: Kind = dict.fromkeys(("content", "type", "filename", "disposition", "content_id"), str)
MAIL_SETTINGS: Kind = {
    "bypass_list_management": SWITCH,
    "bypass_spam_management": SWITCH,
    "bypass_bounce_management": SWITCH,
    "bypass_unsubscribe_management": SWITCH,
    "footer": SWITCH | {"text": str, "html": str},
    "sandbox_mode": SWITCH,
}
TRACKING_SETTINGS: Kind = {
    "click_tracking": SWITCH | {"enable_text": bool},
    "open_tracking": SWITCH | {"substitution_tag": str},
    "subscription_tracking": SWITCH | {"text": str, "html": str, "substitution_tag": str},
    "ganalytics": SWITCH
    | {f"utm_{name}": str for name in ("source", "medium", "term", "content", "campaign")},
}
MAIL: Kind = EITHER | {
    "personalizations": [PERSONALIZATION],
    "reply_to": MAILBOX,
    "reply_to_list": [MAILBOX],
    "content": [{"type": str, "value": str}],
    "attachments": [ATTACHMENT],
    "template_id": str,
    "categories": [str],
    "batch_id": str,
    "asm": {"group_id": int, "groups_to_display": [int]},
    "ip_pool_name": str,
    "mail_settings": MAIL_SETTINGS,
    "tracking_settings": TRACKING_SETTINGS,
}
NAMES: dict[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def misshapen(value: Any, kind: Kind = MAIL, field: str = "") -> Iterator[Problem]:
    """Each value that is of another kind, as JSON reads it, and each name that SendGrid does not know."""
    wanted, given = NAMES[kind if isinstance(kind, type) else type(kind)], NAMES[type(value)]
    if given != wanted:
        yield Problem(f"Invalid type. Expected: {wanted}, given: {given}.", field or None)
    elif isinstance(kind, list):
        for nth, each in enumerate(value):
            yield from misshapen(each, kind[0], _under(field, str(nth)))
    elif isinstance(kind, dict):
        for name, each in value.items():
            if name in kind:
                yield from misshapen(each, kind[name], _under(field, name))
            else:
                yield Problem(f"Additional property {name} is not allowed.", _under(field, name))


def _under(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
