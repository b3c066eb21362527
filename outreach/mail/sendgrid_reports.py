"""SendGrid's events in our words (providers.md B2.2). Whatever is not about the life of a letter is None."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from outreach.mail import bounces
from outreach.mail.reports import Kind, Objection, Report

KINDS: Mapping[str, Kind] = {
    "processed": "processed",
    "deferred": "deferred",
    "delivered": "delivered",
    "bounce": "bounced",
    "dropped": "dropped",
    "open": "opened",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
DROPPED: Mapping[str, Objection] = {
    "bounced address": "bad",
    "invalid": "bad",
    "unsubscribed address": "suppressed",
    "spam reporting address": "suppressed",
}
"""Why SendGrid drops a letter, as far as it is the address's fault."""

MID = re.compile(r"[a-z2-7]{15}")
LONGEST = 300


class NoEventError(ValueError):
    """It has not the fields that every event of SendGrid has."""


def translate(event: Mapping[str, Any]) -> Report | None:
    """One event. Raises NoEventError where it makes no sense."""
    name, address = event.get("event"), event.get("email")
    if not isinstance(name, str) or not isinstance(address, str):
        raise NoEventError("it names no event or no address")
    at = moment(event)
    if name not in KINDS:
        return None
    why = clean(event.get("reason") or event.get("response"))
    blocked = name == "bounce" and (event.get("type") == "blocked" or _passes(event, why))
    return Report(
        kind="blocked" if blocked else KINDS[name],
        at=at,
        address=clean(address),
        mid=mid(event),
        ref=_sure_ref(event),
        refs=_possible_refs(event),
        why=why,
        objection=DROPPED.get(why.lower(), "") if name == "dropped" else "",
    )


def _passes(event: Mapping[str, Any], why: str) -> bool:
    """A bounce that SendGrid calls hard, by a code of a full mailbox or a policy (mail.bounces)."""
    return bounces.is_passing(f"{clean(event.get('status'))} {why}")


def moment(event: Mapping[str, Any]) -> datetime:
    """When it happened. Raises NoEventError without a believable timestamp."""
    try:
        return datetime.fromtimestamp(int(event["timestamp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise NoEventError("it has no time") from None


def mid(event: Mapping[str, Any]) -> str:
    """Our letter's id, which SendGrid flattens into the event; empty where it was lost."""
    found = event.get("mid")
    return found if isinstance(found, str) and MID.fullmatch(found) else ""


def clean(value: object) -> str:
    """One printable line of what others wrote, without what a database or a log cannot bear."""
    words = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in words[:LONGEST]).split())


def _sure_ref(event: Mapping[str, Any]) -> str:
    """The X-Message-Id of our request: what stands before the @ of smtp-id, if sg_message_id begins so."""
    ref = clean(event.get("smtp-id")).strip("<>").partition("@")[0]
    return ref if ref and clean(event.get("sg_message_id")).startswith(f"{ref}.") else ""


def _possible_refs(event: Mapping[str, Any]) -> tuple[str, ...]:
    """sg_message_id begins with X-Message-Id and a dot, but older ids hold dots themselves."""
    pieces = clean(event.get("sg_message_id")).split(".")[:12]
    found = [".".join(pieces[:end]) for end in range(1, len(pieces))]
    smtp = clean(event.get("smtp-id")).strip("<>").partition("@")[0]
    return tuple(dict.fromkeys(ref for ref in (smtp, *found) if ref))
