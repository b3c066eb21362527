"""SES's events in our words (providers.md B2.4). Whatever is not about the life of a letter is None."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from outreach.mail import bounces
from outreach.mail.reports import Kind, Objection, Report
from outreach.mail.sendgrid_reports import MID, NoEventError, clean
from outreach.mail.ses_mail import TAG

PARTS: Mapping[str, str] = {
    "Send": "send",
    "Delivery": "delivery",
    "DeliveryDelay": "deliveryDelay",
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Reject": "reject",
    "Rendering Failure": "failure",
    "Open": "open",
    "Subscription": "subscription",
}
"""Events we hear, and the name under which each has its own facts."""
KINDS: Mapping[str, Kind] = {
    "Send": "processed",
    "Delivery": "delivered",
    "DeliveryDelay": "deferred",
    "Reject": "dropped",
    "Rendering Failure": "dropped",
    "Open": "opened",
}
SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList"})
"""subtypes of what SES itself did not send: the address had bounced or complained before"""
RECIPIENTS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients", "recipients")


def name(event: Mapping[str, Any]) -> str:
    """What kind of event SES calls it; empty where it says nothing."""
    found = event.get("eventType") or event.get("notificationType")
    return found if isinstance(found, str) else ""


def mid(event: Mapping[str, Any]) -> str:
    """Our letter's id, from the tag that came with it; empty where it was lost."""
    values = _table(_table(event.get("mail")).get("tags")).get(TAG)
    found = values[0] if isinstance(values, list) and values else ""
    return found if isinstance(found, str) and MID.fullmatch(found) else ""


def translate(event: Mapping[str, Any]) -> Report | None:
    """One event. Raises NoEventError where it makes no sense."""
    mail, kind_of_theirs = _table(event.get("mail")), name(event)
    if not mail or not kind_of_theirs:
        raise NoEventError("it names no event or no mail")
    own = _table(event.get(PARTS.get(kind_of_theirs, "")))
    found = _kind(kind_of_theirs, own)
    if found is None:
        return None
    kind, objection = found
    address, why = _recipient(own, mail)
    if not address:
        raise NoEventError("it names no address")
    ref = clean(mail.get("messageId"))
    return Report(
        kind=kind,
        at=_moment(own.get("timestamp") or mail.get("timestamp")),
        address=address,
        mid=mid(event),
        ref=ref,
        refs=(ref,) if ref else (),
        why=why or _why(own),
        objection=objection,
    )


def _kind(kind_of_theirs: str, own: Mapping[str, Any]) -> tuple[Kind, Objection] | None:
    if kind_of_theirs == "Bounce":
        return _bounce(own)
    if kind_of_theirs == "Complaint":
        return _complaint(own)
    if kind_of_theirs == "Subscription":
        gone = _table(own.get("newTopicPreferences")).get("unsubscribeAll") is True
        return ("unsubscribed", "") if gone else None
    kind = KINDS.get(kind_of_theirs)
    return (kind, "") if kind else None


def _bounce(own: Mapping[str, Any]) -> tuple[Kind, Objection]:
    """Only what SES calls permanent is the address's fault: a full mailbox and an absence note are not."""
    if own.get("bounceType") != "Permanent":
        return "blocked", ""
    if own.get("bounceSubType") in SUPPRESSED:
        return "dropped", "bad"
    return ("blocked" if bounces.is_passing(_diagnosis(own)) else "bounced"), ""


def _diagnosis(own: Mapping[str, Any]) -> str:
    """What the receiving server said of the one recipient."""
    listed = own.get("bouncedRecipients")
    first = _table(listed[0]) if isinstance(listed, list) and listed else {}
    return f"{clean(first.get('status'))} {clean(first.get('diagnosticCode'))}"


def _complaint(own: Mapping[str, Any]) -> tuple[Kind, Objection] | None:
    if own.get("complaintFeedbackType") == "not-spam":
        return None  # the opposite of a complaint: taken out of the spam folder
    if own.get("complaintSubType") in SUPPRESSED:
        return "dropped", "suppressed"
    return "complained", ""


def _recipient(own: Mapping[str, Any], mail: Mapping[str, Any]) -> tuple[str, str]:
    """The one recipient of a letter, and what was said about it."""
    for key in (*RECIPIENTS, "destination"):
        listed = own.get(key) if key != "destination" else mail.get(key)
        first = listed[0] if isinstance(listed, Sequence) and not isinstance(listed, str) and listed else None
        if isinstance(first, Mapping) and clean(first.get("emailAddress")):
            words = clean(first.get("diagnosticCode")) or clean(first.get("status"))
            return clean(first["emailAddress"]), words
        if clean(first):
            return clean(first), ""
    return "", ""


def _why(own: Mapping[str, Any]) -> str:
    """Whatever else SES says about it."""
    said = ("smtpResponse", "reason", "errorMessage", "delayType", "complaintFeedbackType")
    kinds = " ".join(clean(own.get(key)) for key in ("bounceType", "bounceSubType") if clean(own.get(key)))
    return next((clean(own[key]) for key in said if clean(own.get(key))), kinds)


def _moment(stamp: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(stamp))
    except ValueError:
        raise NoEventError("it has no time") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
