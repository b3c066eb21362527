"""Mail that came to us, taken apart: who, what, their words, what was attached. Nothing raises.

What stands in it was written by a stranger: it is kept and shown, and never obeyed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesFeedParser, BytesHeaderParser
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

from outreach.mail.html_words import words_of
from outreach.mail.notices import Notice, notice_of

DEEPEST, MOST_PARTS, MOST_FILES = 50, 500, 100
MOST_TEXT = 1_000_000
"""characters of text or HTML that are shown and read; the rest stays in the paper"""
_ODD = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_ID = re.compile(r"<([^<>\s]{1,250})>")


@dataclass(frozen=True, slots=True)
class File:
    """What was attached. The name is theirs, made harmless; it is shown, and is no path."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How it came: what the server that took it was told and saw, which the mail cannot forge."""

    to: tuple[str, ...] = ()
    sender: str = ""
    """the address the server was told (Return-Path)"""
    is_told: bool = False
    """whether the provider says so; else the mail's own headers do, which anybody may write"""
    spf: str = ""
    dkim: Mapping[str, str] = field(default_factory=dict)
    """domain -> result"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One mail."""

    message_id: str = ""
    sender: str = ""
    """in lower case"""
    sender_name: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    refs: tuple[str, ...] = ()
    """the ids of In-Reply-To and References, nearest first"""
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    """as it came: unsafe"""
    files: tuple[File, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """by lower-case name, the first of each"""
    content_type: str = ""
    notice: Notice | None = None
    route: Route = Route()
    truncated: bool = False
    fault: str = ""
    """why not all of it could be read"""


def parser() -> "BytesFeedParser[Message]":
    """Takes a mail in pieces, so that thirty megabytes are never held twice."""
    return BytesFeedParser(policy=policy.default)


def from_bytes(raw: bytes, route: Route | None = None, *, truncated: bool = False) -> Incoming:
    """One mail as its server sent it."""
    feed = parser()
    try:
        feed.feed(raw)
        message = feed.close()
    except (RecursionError, *BROKEN):
        return headers_only(raw, route or Route(), "its parts are nested too deeply to be read")
    return from_message(message, route or Route(), truncated=truncated)


def headers_only(raw: bytes, route: Route, fault: str) -> Incoming:
    """What can be said of a mail whose body cannot be read."""
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(raw[: 256 * 1024])
    return _incoming(head, route, text="", html="", files=(), notice=None, truncated=False, fault=fault)


def from_message(message: Message, route: Route, *, truncated: bool = False) -> Incoming:
    """The same of a mail that is parsed already."""
    try:
        texts, htmls, files = _bodies(message)
        notice = notice_of(message)
        fault = ""
    except (RecursionError, *BROKEN) as error:
        texts, htmls, files, notice = [], [], [], None
        fault = f"its parts cannot be read ({type(error).__name__})"
    html = "\n".join(htmls)[:MOST_TEXT]
    text = "\n".join(texts)[:MOST_TEXT]
    return _incoming(
        message,
        route,
        text=text if text.strip() else words_of(html),
        html=html,
        files=tuple(files),
        notice=notice,
        truncated=truncated,
        fault=fault,
    )


BROKEN = (ValueError, TypeError, AttributeError, LookupError, AssertionError, NotImplementedError)
"""what the standard library raises on mail that no program should have made"""


def _incoming(
    message: Message,
    route: Route,
    *,
    text: str,
    html: str,
    files: tuple[File, ...],
    notice: Notice | None,
    truncated: bool,
    fault: str,
) -> Incoming:
    headers = _headers(message)
    name, address = parseaddr(headers.get("from", ""))
    return Incoming(
        message_id=next(iter(_ids(headers.get("message-id", ""))), ""),
        sender=clean(address).strip().lower()[:320],
        sender_name=clean(name)[:200],
        subject=clean(headers.get("subject", ""))[:500],
        sent_at=moment(headers.get("date", "")),
        refs=refs(headers),
        text=text,
        html=html,
        files=files,
        headers=headers,
        content_type=clean(headers.get("content-type", ""))[:500],
        notice=notice,
        route=route if route.is_told else _own_route(headers),
        truncated=truncated,
        fault=fault,
    )


def refs(headers: Mapping[str, str]) -> tuple[str, ...]:
    """In-Reply-To first, then References from the nearest."""
    near = _ids(headers.get("in-reply-to", ""))
    far = _ids(headers.get("references", ""))[::-1]
    return tuple(dict.fromkeys([*near, *far]))[:30]


def moment(date: str) -> datetime | None:
    """A Date header; in its own zone."""
    try:
        found = parsedate_to_datetime(date)
    except (*BROKEN, OverflowError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if 1990 < found.year < 2200 else None


def clean(words: str) -> str:
    """On one line, without control characters or marks that turn the direction of writing."""
    return _ODD.sub(" ", words.replace("\r\n", " ")).strip()


def file_name(name: str, nth: int) -> str:
    """Their name without folders; ours where nothing is left of it."""
    last = clean(name).replace("\\", "/").rpartition("/")[2].strip(" .")
    stem, dot, ending = last.rpartition(".")
    short = f"{stem[:100]}.{ending[:12]}" if dot else last[:110]
    return short or f"attachment-{nth}"


def media_type(given: str) -> str:
    return given.lower() if _TYPE.fullmatch(given.lower()) else "application/octet-stream"


def decoded(content: bytes, charset: str | None) -> str:
    """Bytes as text, by the charset they claim, else by the one that fits."""
    for name in (charset or "utf-8", "utf-8"):
        try:
            return content.decode(name).replace("\x00", "")
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace").replace("\x00", "")


def _headers(message: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in list(message.raw_items() if hasattr(message, "raw_items") else message.items())[:500]:
        if (key := str(name).lower()) not in found:
            found[key] = _words(value)
    return found


def _words(value: object) -> str:
    text = re.sub(r"\r?\n[ \t]*", " ", str(value))[:10_000]
    try:
        raw = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        raw = b""
    if any(byte > 127 for byte in raw):
        text = decoded(raw, None)
    try:
        return str(make_header(decode_header(text))) if "=?" in text else text
    except BROKEN:
        return text


def _ids(header: str) -> list[str]:
    return _ID.findall(header)


def _own_route(headers: Mapping[str, str]) -> Route:
    """What the mail itself says of how it came: good to find a signed address in, and for no more."""
    lines = (headers.get(name, "") for name in ("delivered-to", "x-original-to", "to", "cc"))
    to = tuple(address for _, address in getaddresses(list(lines)) if address)[:50]
    return Route(to=to, sender=parseaddr(headers.get("return-path", ""))[1])


def _bodies(message: Message) -> tuple[list[str], list[str], list[File]]:
    texts, htmls, files = list[str](), list[str](), list[File]()
    for part in _leaves(message):
        kind = part.get_content_type()
        named = part.get_filename()
        attached = part.get_content_disposition() == "attachment" or bool(named)
        if kind in ("text/plain", "text/html") and not attached:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                (htmls if kind == "text/html" else texts).append(decoded(content, _charset(part)))
        elif len(files) < MOST_FILES and (content := _content(part)):
            files.append(File(file_name(str(named or ""), len(files) + 1), media_type(kind), content))
    return texts, htmls, files


def _leaves(message: Message) -> Iterator[Message]:
    """Its parts in their order, down to a depth; a mail within the mail is one part."""
    waiting, seen = [(message, 0)], 0
    while waiting and seen < MOST_PARTS:
        part, depth = waiting.pop()
        seen += 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            if depth < DEEPEST:
                waiting.extend((one, depth + 1) for one in reversed(inner) if isinstance(one, Message))
        else:
            yield part


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except BROKEN:
        return None


def _content(part: Message) -> bytes:
    inner = part.get_payload()
    if isinstance(inner, list):  # a mail within the mail
        return inner[0].as_bytes() if inner and isinstance(inner[0], Message) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
