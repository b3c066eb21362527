"""The life of an accepted letter: what its mailbox makes of it, told in events (providers.md B 2.2)."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from outreach.sandbox.mail_addresses import recipients
from outreach.sandbox.replies import Replies
from outreach.sandbox.truth import Letter
from outreach.sandbox.world import World

BROWSER = {"useragent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "ip": "203.0.113.7"}
DELIVERED = {"response": "250 2.0.0 OK", "ip": "198.51.100.25", "tls": 1}
DEFERRED = {"response": "451 4.7.1 Greylisted, please try again later", "attempt": "1", "tls": 1}
BOUNCED = {
    "reason": "550 5.1.1 The email account that you tried to reach does not exist.",
    "status": "5.1.1",
    "type": "bounce",
    "bounce_classification": "Invalid Address",
    "tls": 1,
}
BLOCKED = {
    "reason": "550 5.7.1 Message refused for now by the recipient's policy.",
    "status": "5.7.1",
    "type": "blocked",
    "bounce_classification": "Reputation",
    "tls": 1,
}
# What follows `processed`: (seconds after the one before, event, its own fields)
LIVES: Mapping[str, tuple[tuple[float, str, Mapping[str, Any]], ...]] = {
    "delivered": ((4, "delivered", DELIVERED),),
    "opened": ((4, "delivered", DELIVERED), (90, "open", {**BROWSER, "sg_machine_open": False})),
    "deferred": ((4, "deferred", DEFERRED), (120, "delivered", DELIVERED)),
    "bounced": ((4, "bounce", BOUNCED),),
    "bounced-late": ((4, "delivered", DELIVERED), (120, "bounce", BOUNCED)),
    "blocked": ((4, "bounce", BLOCKED),),
    "complained": ((4, "delivered", DELIVERED), (90, "spamreport", {})),
    "unsubscribed": ((4, "delivered", DELIVERED), (90, "unsubscribe", {})),
}
READ = ("delivered", "opened", "deferred")
"""lives after which somebody has the letter, and may write back"""
SUPPRESSED_BY = {
    "bounced": "Bounced Address",
    "bounced-late": "Bounced Address",
    "complained": "Spam Reporting Address",
    "unsubscribed": "Unsubscribed Address",
}
# An asynchronous bounce comes without our ids and without SendGrid's (providers.md B 0.8).
ID_LESS = ("bounced-late", "bounce")
WITHOUT_SMTP_ID = ("open", "spamreport", "unsubscribe")


@dataclass
class Envelope:
    """One letter, what its events repeat of it, and whether one of them was posted yet."""

    letter: Letter
    echoed: Mapping[str, Any]
    reported: asyncio.Event
    wait: float  # seconds until it is sent, for `send_at`


class Events(Protocol):
    """Where a letter's events go."""

    def add(self, event: dict[str, Any], envelope: Envelope) -> None:
        """Sends one off; the envelope's `reported` is set when it has reached the door, or is lost."""


class Letters:
    def __init__(self, world: World, events: Events, replies: Replies) -> None:
        self.world, self.events, self.replies = world, events, replies

    def accept(self, mail: Mapping[str, Any], body: bytes) -> tuple[str, list[Envelope]]:
        """Takes a valid request in: its X-Message-Id, and a letter on its way for each recipient."""
        message_id = secrets.token_urlsafe(16)
        kept = self.world.truth.keep_body(body)
        envelopes = []
        for each in mail["personalizations"]:
            for recipient in recipients(each):
                envelope = self._envelope(mail, each, recipient["email"], message_id, kept)
                self.world.truth.note_letter(envelope.letter)
                self.world.running.start("letter", self._live(envelope, _reply_to(mail)))
                envelopes.append(envelope)
        return message_id, envelopes

    def _envelope(
        self,
        mail: Mapping[str, Any],
        personalization: Mapping[str, Any],
        to: str,
        message_id: str,
        body: tuple[int, int],
    ) -> Envelope:
        world, arguments = self.world, custom_args(mail, personalization)
        letter = Letter(
            number=len(world.truth.letters) + 1,
            message_id=message_id,
            mid=arguments.get("mid"),
            to=to,
            subject=personalization.get("subject") or mail.get("subject") or "",
            accepted_at=world.clock.now(),
            behaviour=self._behaviour(to),
            body=body,
        )
        echoed = {**arguments, **({"category": mail["categories"]} if mail.get("categories") else {})}
        due = personalization.get("send_at") or mail.get("send_at") or 0
        wait = max(0.0, due - letter.accepted_at.timestamp())
        return Envelope(letter, echoed, asyncio.Event(), wait)

    def _behaviour(self, to: str) -> str:
        if to.lower() in self.world.truth.suppressed:
            return "dropped"
        return self.world.people.mailbox(to, self.world.truth.tried(to))

    async def _live(self, envelope: Envelope, reply_to: str) -> None:
        letter = envelope.letter
        await self.world.clock.sleep(envelope.wait + 0.5)
        if letter.behaviour == "dropped":
            reason = self.world.truth.suppressed.get(letter.to.lower(), "Unsubscribed Address")
            self._tell(envelope, "dropped", {"reason": reason, "status": "5.0.0"})
            return
        self._tell(envelope, "processed", {})
        for seconds, event, own in LIVES[letter.behaviour]:
            await self.world.clock.sleep(seconds)
            self._tell(envelope, event, own)
        if why := SUPPRESSED_BY.get(letter.behaviour):
            self.world.truth.suppress(letter.to.lower(), why)
        elif letter.behaviour in READ:
            await self.replies.live(letter, reply_to, letter.subject)

    def _tell(self, envelope: Envelope, event: str, own: Mapping[str, Any]) -> None:
        letter = envelope.letter
        letter.events.append(event)
        self.world.truth.note_letter(letter)
        ids = {
            "sg_message_id": f"{letter.message_id}.recvd-{letter.number:08d}-1-0.0",
            "smtp-id": f"<{letter.message_id}@geopod-ismtpd-1>",
        }
        if event in WITHOUT_SMTP_ID:
            del ids["smtp-id"]
        told = {"email": letter.to, "event": event, **own}
        if (letter.behaviour, event) != ID_LESS:
            told = {**envelope.echoed, **ids, **told}
        self.events.add(told, envelope)


def _reply_to(mail: Mapping[str, Any]) -> str:
    return str((mail.get("reply_to") or {}).get("email") or "")


def custom_args(mail: Mapping[str, Any], personalization: Mapping[str, Any]) -> dict[str, str]:
    """Those of the message, overridden by the personalization's own."""
    return {**(mail.get("custom_args") or {}), **(personalization.get("custom_args") or {})}
