"""Amazon SES's API, version 2, as far as outreach uses it: send one letter, given as MIME.

The key's id is checked, its signature is not. What becomes of a letter is played as for SendGrid, and told
in SES's events (sandbox.ses_events).
"""

import base64
import binascii
import json
import re
from email import message_from_bytes, policy
from email.utils import parseaddr
from typing import Any

from aiohttp import web

from outreach.sandbox.answers import MADE, REPORTED, ses_error
from outreach.sandbox.letters import Letters
from outreach.sandbox.people import SES_REFUSALS
from outreach.sandbox.replies import Replies
from outreach.sandbox.ses_events import SesEvents
from outreach.sandbox.world import World

MOST_BYTES = 40 * 1024 * 1024
ROUTE = "/v2/email/outbound-emails"
_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/\d{8}/[a-z0-9-]+/ses/aws4_request, ")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class SesApi:
    def __init__(self, world: World, replies: Replies) -> None:
        self.world, self.letters = world, Letters(world, SesEvents(world), replies)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(ROUTE, self.send)]

    async def send(self, request: web.Request) -> web.Response:
        """200 and MessageId; the documented refusals otherwise."""
        signed = _CREDENTIAL.match(request.headers.get("Authorization", ""))
        if not signed:
            return ses_error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        if signed[1] != self.world.keys.aws_access_key_id:
            words = "The security token included in the request is invalid."
            return ses_error(403, "UnrecognizedClientException", words)
        body = await request.read()
        try:
            mail = _letter(json.loads(body))
        except (ValueError, TypeError, LookupError, AttributeError) as problem:
            return ses_error(400, "BadRequestException", str(problem))
        name = self.world.people.sender(mail["from"]["email"]) or ""
        if name in SES_REFUSALS:
            status, words = SES_REFUSALS[name]
            return ses_error(status, name, words)
        message_id, envelopes = self.letters.accept(mail, body)
        request[REPORTED] = envelopes[0].reported
        request[MADE] = [str(envelope.letter.number) for envelope in envelopes]
        return web.json_response({"MessageId": message_id})


def order_id(body: bytes) -> str | None:
    """The `mid` among a letter's tags."""
    try:
        return _tags(json.loads(body)).get("mid")
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _letter(asked: dict[str, Any]) -> dict[str, Any]:
    """The letter, in the words that Letters knows. Raises ValueError, LookupError... for what SES refuses."""
    content = _content(asked["Content"]["Raw"]["Data"])
    to = asked["Destination"]["ToAddresses"]
    sender = parseaddr(asked["FromEmailAddress"])[1]
    for address in (sender, *to):
        if not _ADDRESS.fullmatch(address):
            raise ValueError("Missing final '@domain'")
        if not address.isascii():
            raise ValueError("Local address contains control or whitespace")  # of the domain: in Punycode
    if not 1 <= len(to) <= 50:
        raise ValueError("Recipient count exceeds 50.")
    mime = message_from_bytes(content, policy=policy.default)
    return {
        "subject": str(mime["Subject"] or ""),
        "from": {"email": sender},
        "reply_to": {"email": parseaddr(str(mime["Reply-To"] or ""))[1]},
        "personalizations": [{"to": [{"email": address} for address in to]}],
        "custom_args": _tags(asked),
    }


def _content(data: str) -> bytes:
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ValueError("Raw message data is not base64") from None
    if not content or len(content) > MOST_BYTES:
        raise ValueError("Message length is more than 41943040 bytes long")
    return content


def _tags(asked: dict[str, Any]) -> dict[str, str]:
    tags = {tag["Name"]: tag["Value"] for tag in asked.get("EmailTags") or []}
    for word in (*tags, *tags.values()):
        if not _TAG.fullmatch(word):
            raise ValueError(f"Invalid tag <{word}>: only alphanumeric ASCII, '_' and '-' are allowed")
    return tags
