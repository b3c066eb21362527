"""SendGrid's inbound parse, read from the bytes of its multipart, in either mode (providers.md B2.3).

Never by a form parser: that takes every field for UTF-8, and a mail may be in any charset.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import Message
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio import multipart

from outreach.mail import incoming
from outreach.mail.html_words import words_of
from outreach.mail.incoming import BROKEN, MOST_TEXT, File, Incoming, Route

MOST_PARTS = 1000
SMALL = 1024 * 1024
"""bytes of a field that is no mail and no file"""
HEAD = 64 * 1024
"""bytes of a part that are kept of a mail too large: its headers are among them"""
MOST_KEPT = 2 * 1024 * 1024
TRUNCATED = "outreach-truncated"
_DKIM = re.compile(r"@?([\w.-]+)\s*:\s*(\w+)")


class NoParcelError(ValueError):
    """It is no multipart form, or holds no mail."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the form begins (`content` None), or goes on."""

    name: str
    file_name: str | None
    headers: Headers
    content: bytes | None


def read(chunks: Iterable[bytes], content_type: str) -> Incoming:
    """The mail in a post of inbound parse, either mode. Raises NoParcelError."""
    form = _Form()
    for piece in pieces(chunks, content_type):
        form.take(piece)
    return form.mail()


def trimmed(chunks: Iterable[bytes], content_type: str) -> bytes:
    """A post too large to keep: the head of each part, and a part that says so. Raises NoParcelError."""
    boundary = parse_options_header(content_type)[1].get("boundary", "").encode("latin-1", "replace")
    kept, taken, part = list[bytes](), 0, 0
    for piece in pieces(chunks, content_type):
        if piece.content is None:
            head = "".join(f"{name}: {value}\r\n" for name, value in piece.headers.items())
            kept.append(b"%s--%s\r\n%s\r\n" % (b"\r\n" if kept else b"", boundary, head.encode("utf-8")))
            part = 0
        elif part < HEAD and taken < MOST_KEPT:
            content = piece.content[: HEAD - part]
            kept.append(content)
            part, taken = part + len(content), taken + len(content)
    mark = b'\r\n--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n1\r\n--%s--\r\n'
    return b"".join(kept) + mark % (boundary, TRUNCATED.encode(), boundary)


def pieces(chunks: Iterable[bytes], content_type: str) -> Iterator[Piece]:
    """The parts of a multipart form as they come. Raises NoParcelError where it is none."""
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise NoParcelError("it is no multipart form")
    decoder = multipart.MultipartDecoder(options["boundary"].encode("latin-1", "replace"), 16 * SMALL)
    parts, current = 0, Piece("", None, Headers(), None)
    try:
        for chunk in _ended(chunks):
            decoder.receive_data(chunk)
            while not isinstance(event := decoder.next_event(), multipart.NeedData | multipart.Epilogue):
                if isinstance(event, multipart.Field | multipart.File):
                    parts += 1
                    file_name = event.filename if isinstance(event, multipart.File) else None
                    current = Piece(event.name or "", file_name, event.headers, None)
                    if parts <= MOST_PARTS:
                        yield current
                elif isinstance(event, multipart.Data) and parts <= MOST_PARTS and event.data:
                    yield replace(current, content=bytes(event.data))
            if isinstance(event, multipart.Epilogue):
                return
    except (ValueError, RequestEntityTooLarge):
        if not parts:
            raise NoParcelError("its multipart form cannot be read") from None


def _ended(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    yield from chunks
    yield None


class _Form:
    """Fields as they come in; the mail of raw mode goes straight to its parser."""

    def __init__(self) -> None:
        self._fields: dict[str, bytearray] = {}
        self._files: list[tuple[Piece, bytearray]] = []
        self._parser, self._head = incoming.parser(), bytearray()
        self._is_raw = self._is_broken = False

    def take(self, piece: Piece) -> None:
        if piece.content is None:
            if piece.file_name is not None and piece.name != "email":
                self._files.append((piece, bytearray()))
            else:
                self._fields.setdefault(piece.name, bytearray())
        elif piece.name == "email":
            self._feed(piece.content)
        elif piece.file_name is not None:
            self._files[-1][1].extend(piece.content)
        else:
            field, most = self._fields[piece.name], 8 * SMALL if piece.name in ("text", "html") else SMALL
            field.extend(piece.content[: max(0, most - len(field))])

    def _feed(self, content: bytes) -> None:
        self._is_raw = True
        self._head.extend(content[: max(0, 4 * HEAD - len(self._head))])
        if not self._is_broken:
            try:
                self._parser.feed(content)
            except (RecursionError, *BROKEN):
                self._is_broken = True

    def mail(self) -> Incoming:
        if not self._is_raw and "headers" not in self._fields and "from" not in self._fields:
            raise NoParcelError("there is no mail in it")
        route, truncated = self._route(), TRUNCATED in self._fields
        if not self._is_raw:
            return self._parsed(route, truncated=truncated)
        message = self._closed()
        if message is None:
            fault = "its parts are nested too deeply to be read"
            return replace(incoming.headers_only(bytes(self._head), route, fault), truncated=truncated)
        return incoming.from_message(message, route, truncated=truncated)

    def _closed(self) -> Message | None:
        try:
            return None if self._is_broken else self._parser.close()
        except (RecursionError, *BROKEN):
            return None

    def _parsed(self, route: Route, *, truncated: bool) -> Incoming:
        """Parsed mode: the headers as they came, text and HTML as SendGrid took them out."""
        mail = incoming.from_bytes(bytes(self._fields.get("headers", b"")) + b"\r\n\r\n", route)
        html = self._text("html")[:MOST_TEXT]
        text = self._text("text")[:MOST_TEXT]
        files = [
            File(
                incoming.file_name(piece.file_name or "", n),
                incoming.media_type(str(piece.headers.get("content-type", "")).split(";")[0].strip()),
                bytes(content),
            )
            for n, (piece, content) in enumerate(self._files[: incoming.MOST_FILES], 1)
            if content
        ]
        sender = mail if mail.sender else _of_from(mail, self._text("from"))
        return replace(
            sender,
            subject=mail.subject or incoming.clean(self._text("subject"))[:500],
            text=text if text.strip() else words_of(html),
            html=html,
            files=tuple(files),
            truncated=truncated,
        )

    def _route(self) -> Route:
        envelope = _table(self._text("envelope"))
        to = envelope.get("to")
        dkim = _DKIM.findall(self._text("dkim"))
        return Route(
            to=tuple(str(one)[:320] for one in to[:50]) if isinstance(to, list) else (),
            sender=str(envelope.get("from", "")).lower()[:320],
            is_told="envelope" in self._fields,
            spf=self._text("SPF").strip().lower().split(" ")[0][:20],
            dkim={domain.lower(): result.lower() for domain, result in dkim[:20]},
        )

    def _text(self, name: str) -> str:
        charsets = _table(bytes(self._fields.get("charsets", b"")).decode("utf-8", "replace"))
        charset = charsets.get(name)
        return incoming.decoded(
            bytes(self._fields.get(name, b"")), charset if isinstance(charset, str) else None
        )


def _of_from(mail: Incoming, given: str) -> Incoming:
    head = incoming.from_bytes(b"From: " + re.sub(r"[\r\n]+", " ", given).encode("utf-8") + b"\r\n\r\n")
    return replace(mail, sender=head.sender, sender_name=head.sender_name)


def _table(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
