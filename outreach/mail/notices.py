"""Notices of machines about our letters: not delivered (RFC 3464), called spam (RFC 5965)."""

import re
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from typing import Literal

_HARD_WORDS = re.compile(r"user unknown|no such user|does not exist|host unknown|has moved", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notice:
    """`status` is the enhanced code of RFC 3463, such as 5.1.1."""

    kind: Literal["bounce", "complaint"]
    recipient: str = ""
    status: str = ""
    why: str = ""
    letter_ref: str = ""
    """the Message-ID of the letter it is about"""

    @property
    def is_hard(self) -> bool:
        """The address is bad for good: 5.1.x, or words that say so (providers.md B3.3)."""
        return self.status.startswith("5.1.") or (
            self.status.startswith("5.") and bool(_HARD_WORDS.search(self.why))
        )


def notice_of(message: Message) -> Notice | None:
    """The notice that a mail is, if it is one."""
    kind = message.get_content_type()
    parts = message.get_payload()
    if kind != "multipart/report" or not isinstance(parts, list):
        return None
    blocks = [block for part in parts if isinstance(part, Message) for block in _blocks(part)]
    ref = next((found for part in parts if isinstance(part, Message) and (found := _letter(part))), "")
    if any(
        part.get_content_type() == "message/feedback-report" for part in parts if isinstance(part, Message)
    ):
        return Notice(
            "complaint",
            _first(blocks, "original-rcpt-to"),
            why=_first(blocks, "feedback-type"),
            letter_ref=ref,
        )
    failed = [one for one in blocks if one.get("action", "").lower() in ("failed", "delayed", "")]
    if not any("status" in one or "final-recipient" in one for one in failed):
        return None
    return Notice(
        "bounce",
        _first(failed, "final-recipient") or _first(failed, "original-recipient"),
        _first(failed, "status"),
        _first(failed, "diagnostic-code")[:300],
        ref,
    )


def _blocks(part: Message) -> list[dict[str, str]]:
    """The fields of each block of a status or feedback part."""
    if part.get_content_type() not in ("message/delivery-status", "message/feedback-report"):
        return []
    inner = part.get_payload()
    messages = [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []
    found = [{str(name).lower(): str(value) for name, value in one.items()} for one in messages]
    for one in messages:  # a feedback report is read as a mail, and its fields stand in that mail's body
        body = one.get_payload()
        if isinstance(body, str) and ":" in body:
            lines = re.findall(r"^([A-Za-z-]{2,40}):[ \t]*(.+)$", body[:20_000], re.MULTILINE)
            found.append({name.lower(): value.strip() for name, value in lines})
    if isinstance(inner, str):
        lines = re.findall(r"^([A-Za-z-]{2,40}):[ \t]*(.+)$", inner[:20_000], re.MULTILINE)
        found.append({name.lower(): value.strip() for name, value in lines})
    return found


def _first(blocks: list[dict[str, str]], name: str) -> str:
    value = next((one[name] for one in blocks if one.get(name)), "")
    value = re.sub(r"\s+", " ", value)
    if name.endswith(("recipient", "rcpt-to")):
        return parseaddr(value.rpartition(";")[2].strip())[1].lower()
    return value.rpartition(";")[2].strip() if name == "diagnostic-code" else value.split(" ")[0]


def _letter(part: Message) -> str:
    """The Message-ID in the letter that came back, or in its headers alone."""
    if part.get_content_type() not in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
        return ""
    inner = part.get_payload()
    if isinstance(inner, list):
        text = str(inner[0].get("Message-ID", "")) if inner and isinstance(inner[0], Message) else ""
    else:
        content = part.get_payload(decode=True)
        words = content.decode("latin-1") if isinstance(content, bytes) else ""
        found = re.search(r"^message-id:\s*(<[^<>\s]+>)", words[:50_000], re.IGNORECASE | re.MULTILINE)
        text = found[1] if found else ""
    return text.strip().strip("<>")
