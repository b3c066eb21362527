"""People who got a letter write back, by SendGrid's inbound parse: raw mode, or parsed where asked for.

What each writes is a pure function of the seed and the address; a test orders its own.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from aiohttp import ClientError, ClientTimeout

from outreach.sandbox.chance import pick, unit
from outreach.sandbox.signing import EventSigner
from outreach.sandbox.truth import Letter, Reply
from outreach.sandbox.world import World

PATH = "/webhooks/sendgrid/inbound/"
RETRY_SECONDS = (60.0, 240.0, 900.0, 3600.0)
PEOPLE: Mapping[str, float] = {
    "promise": 0.09,
    "paid": 0.04,
    "dispute": 0.02,
    "documents": 0.02,
    "out-of-office": 0.05,
    "stop": 0.005,
    "junk": 0.015,
}
"""how many of those whose letter arrived write what; the rest write nothing"""
SAID: Mapping[str, tuple[str, ...]] = {
    "promise": (
        "Hi,\n\nthis is in our check run, you will have payment by Friday.\n\nThanks,\nAccounts Payable",
        "We will pay this by the end of the month.",
        "Approved. Payment goes out next Friday.",
    ),
    "paid": ("This was paid last week by ACH, please check your records.", "We already paid this invoice."),
    "dispute": ("The amount on this invoice is wrong, it does not match our purchase order.",),
    "documents": ("Could you please send a copy of the invoice? We have no record of it.",),
    "out-of-office": ("I am out of the office until next Monday with limited access to email.",),
    "stop": ("Please stop emailing me.",),
    "junk": ("<b>Dear friend</b>, our offer for SEO services is unbeatable!!!",),
}
QUOTED = "On Monday, Billing wrote:\n> -- Please reply above this line --\n> Your invoices are past due."
WRITES_AFTER = (120.0, 1800.0)
"""seconds of life between the letter's arrival and the reply"""


@dataclass(frozen=True)
class Order:
    """A reply that a test asks for. What it leaves out is as the seed has it."""

    to: str
    sender: str
    text: str
    subject: str = "Re: your letter"
    mode: str = "raw"  # raw | parsed
    headers: Mapping[str, str] | None = None


class Replies:
    def __init__(self, world: World, *, spontaneous: bool = False) -> None:
        """`spontaneous`: people write by themselves; else only when a test orders it."""
        self.world, self.spontaneous = world, spontaneous
        self._signer = EventSigner(world.keys.sendgrid_webhook_private_key)

    def behaviour(self, address: str) -> str | None:
        """What the people at an address write, if anything."""
        return pick(unit(self.world.people.seed, address.lower(), "reply"), PEOPLE)

    async def live(self, letter: Letter, reply_to: str, subject: str) -> None:
        """Somebody has read a letter, and perhaps writes back."""
        kind = self.behaviour(letter.to) if self.spontaneous else None
        if kind is None or not reply_to:
            return
        await self.world.clock.sleep(self.world.people.between(*WRITES_AFTER, letter.to, "reply"))
        words = SAID[kind]
        said = words[int(unit(self.world.people.seed, letter.to, "words") * len(words))]
        headers = {"Auto-Submitted": "auto-replied"} if kind == "out-of-office" else {}
        order = Order(reply_to, letter.to, f"{said}\n\n{QUOTED}", f"Re: {subject}", headers=headers)
        await self.send(order, kind)

    async def send(self, order: Order, kind: str) -> Reply:
        """Posted until the door takes it, as SendGrid does for three days."""
        message = _message(order)
        reply = Reply(
            number=len(self.world.truth.replies) + 1,
            to=order.to,
            sender=order.sender,
            message_id=str(message["Message-ID"]),
            kind=kind,
            written_at=datetime.now(UTC),
        )
        self.world.truth.note_reply(reply)
        body, boundary = _post(order, message)
        for pause in (*RETRY_SECONDS, None):
            reply.answer = await self._once(body, boundary)
            reply.posts += 1
            self.world.truth.note_reply(reply)
            if pause is None or (reply.answer is not None and reply.answer < 500):
                break
            await self.world.clock.sleep(pause)
        return reply

    async def _once(self, body: bytes, boundary: str) -> int | None:
        timestamp = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-Twilio-Email-Event-Webhook-Signature": self._signer.sign(timestamp, body),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        url = self.world.door_url.rstrip("/") + PATH + self.world.keys.inbound_token
        try:
            async with self.world.http.post(
                url, data=body, headers=headers, timeout=ClientTimeout(total=30), allow_redirects=False
            ) as answer:
                return answer.status
        except (ClientError, TimeoutError):
            return None


def _message(order: Order) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = order.sender, order.to, order.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{secrets.token_hex(12)}@{order.sender.rpartition('@')[2]}>"
    for name, value in (order.headers or {}).items():
        message[name] = value
    message.set_content(order.text)
    return message


def _post(order: Order, message: EmailMessage) -> tuple[bytes, str]:
    """The form as SendGrid posts it (providers.md B2.3)."""
    domain, boundary = order.sender.rpartition("@")[2], secrets.token_hex(12)
    fields = {
        "dkim": f"{{@{domain} : pass}}".encode(),
        "to": order.to.encode(),
        "from": order.sender.encode(),
        "subject": order.subject.encode(),
        "sender_ip": b"203.0.113.9",
        "SPF": b"pass",
        "envelope": json.dumps({"to": [order.to], "from": order.sender}).encode(),
        "charsets": b'{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"UTF-8"}',
    }
    if order.mode == "parsed":
        head = "".join(f"{name}: {value}\n" for name, value in message.items())
        fields |= {"headers": head.encode(), "text": order.text.encode(), "attachments": b"0"}
    else:
        fields |= {"email": message.as_bytes()}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
        for name, value in fields.items()
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), boundary
