"""SES's events as SNS posts them: a signed notice each, posted until it is taken (providers.md B 2.4)."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from aiohttp import ClientError, ClientTimeout

from outreach.sandbox import seal
from outreach.sandbox.letters import Envelope
from outreach.sandbox.world import World

PATH = "/webhooks/ses"
SIGNED = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
RETRY_SECONDS = (20.0,) * 27
"""SNS's tries again by the delivery policy of docs/ses.md, nine minutes of them; then the notice is lost"""
SUPPRESSED = "OnAccountSuppressionList"


class SesEvents:
    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def _seal(self) -> seal.Seal:
        """Only once a letter comes by SES: a key takes a while to make."""
        return seal.load(self.world.keys_file)

    def add(self, event: dict[str, Any], envelope: Envelope) -> None:
        """Sends one event off, told in SendGrid's words, as SES would tell it."""
        body, posted = self._notice(ses_event(event, envelope)), envelope.reported
        deliveries = self.world.dice.deliveries()
        for delay in deliveries:
            self.world.running.start("report", self._post(body, delay, posted))
        if not deliveries:
            posted.set()

    def _notice(self, message: Mapping[str, Any]) -> bytes:
        notice = {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": seal.TOPIC,
            "Message": json.dumps(message),
            "Timestamp": _now(),
        }
        text = "".join(f"{name}\n{notice[name]}\n" for name in SIGNED)
        signed = {"SignatureVersion": "2", "SigningCertURL": seal.CERTIFICATE_URL}
        return json.dumps({**notice, **signed, "Signature": self._seal.sign(text.encode())}).encode()

    async def _post(self, body: bytes, delay: float, posted: asyncio.Event) -> None:
        await asyncio.sleep(delay)
        for pause in (*RETRY_SECONDS, None):
            taken = await self._once(body)
            posted.set()
            if taken or pause is None:
                return
            await self.world.clock.sleep(pause)

    async def _once(self, body: bytes) -> bool:
        """Whether the door took it: anything but a 2xx is tried again."""
        url = self.world.door_url.rstrip("/") + PATH
        headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
        try:
            async with self.world.http.post(
                url, data=body, headers=headers, timeout=ClientTimeout(total=15), allow_redirects=False
            ) as answer:
                return 200 <= answer.status < 300
        except (ClientError, TimeoutError):
            return False


def ses_event(event: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
    """The event as SES publishes it: what it is, the letter it is about, and its own facts."""
    letter = envelope.letter
    kind, part, own = _own(event, letter.to)
    mail = {
        "timestamp": letter.accepted_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "messageId": letter.message_id,
        "destination": [letter.to],
        "tags": {name: [value] for name, value in envelope.echoed.items() if isinstance(value, str)},
    }
    return {"eventType": kind, "mail": mail, part: {"timestamp": _now(), **own}}


def _own(event: Mapping[str, Any], to: str) -> tuple[str, str, dict[str, Any]]:
    """SES's name of the event, where its facts stand, and those facts."""
    said = {"emailAddress": to, "status": event.get("status", "4.0.0"), "diagnosticCode": _words(event)}
    bounced = {"bounceSubType": "General", "bouncedRecipients": [{**said, "action": "failed"}]}
    match event["event"]:
        case "processed":
            return "Send", "send", {}
        case "delivered":
            return "Delivery", "delivery", {"recipients": [to], "smtpResponse": event["response"]}
        case "deferred":
            return "DeliveryDelay", "deliveryDelay", {"delayType": "General", "delayedRecipients": [said]}
        case "bounce":
            kind = "Permanent" if event["type"] == "bounce" else "Transient"
            return "Bounce", "bounce", {"bounceType": kind, **bounced}
        case "dropped":
            return _dropped(event["reason"], to, {"bounceType": "Permanent", **bounced})
        case "open":
            return "Open", "open", {"ipAddress": event["ip"], "userAgent": event["useragent"]}
        case "spamreport":
            who = [{"emailAddress": to}]
            return "Complaint", "complaint", {"complainedRecipients": who, "complaintFeedbackType": "abuse"}
        case _:
            gone = {"unsubscribeAll": True, "topicSubscriptionStatus": []}
            return "Subscription", "subscription", {"contactList": "customers", "newTopicPreferences": gone}


def _dropped(reason: str, to: str, bounce: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """What SES does not send to an address that has bounced or complained before; else it rejects."""
    if reason == "Bounced Address":
        return "Bounce", "bounce", {**bounce, "bounceSubType": SUPPRESSED}
    if reason == "Spam Reporting Address":
        who = [{"emailAddress": to}]
        return "Complaint", "complaint", {"complaintSubType": SUPPRESSED, "complainedRecipients": who}
    return "Reject", "reject", {"reason": "Bad content"}


def _words(event: Mapping[str, Any]) -> str:
    return f"smtp; {event.get('reason') or event.get('response') or ''}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
