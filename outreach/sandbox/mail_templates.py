"""What is filled into a letter: SendGrid's checks of substitutions and of a dynamic template's data."""

from collections.abc import Iterator, Mapping
from typing import Any

from outreach.sandbox.mail_errors import Problem

SUBSTITUTIONS_BYTES = 10_000


def substitutions(mail: Mapping[str, Any]) -> Iterator[Problem]:
    """Substitutions belong to plain content and legacy templates, data to dynamic ones (`d-`)."""
    dynamic = mail.get("template_id", "").startswith("d-")
    for nth, each in enumerate(mail.get("personalizations", [])):
        field = f"personalizations.{nth}"
        if "substitutions" in each:
            yield from _substitutions(each["substitutions"], f"{field}.substitutions", dynamic)
        if "dynamic_template_data" in each and not dynamic:
            message = "Dynamic template data may only be used with dynamic templating"
            yield Problem(message, f"{field}.dynamic_template_data")


def _substitutions(given: Mapping[str, Any], field: str, dynamic: bool) -> Iterator[Problem]:
    if dynamic:
        yield Problem("Substitutions may not be used with dynamic templating", field)
    if not all(isinstance(value, str) for value in given.values()):
        yield Problem("Bad Request")  # as it answers: without a word on what is bad
    elif sum(len(f"{tag}{value}".encode()) for tag, value in given.items()) > SUBSTITUTIONS_BYTES:
        message = f"The total size of your substitutions may not exceed {SUBSTITUTIONS_BYTES:,} bytes"
        yield Problem(f"{message} per personalization object.", field)
