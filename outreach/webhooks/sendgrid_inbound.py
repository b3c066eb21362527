"""Inbound parse at the door: mail is never refused for size or content, because a 4xx would lose it for good.

The post goes to disk as it comes, and is a paper before its event commits. What is in it is for the digest.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Request, Response
from sqlalchemy.orm import Session
from werkzeug.exceptions import ClientDisconnected

from outreach.campaigns.conversations import replying
from outreach.campaigns.conversations.replying import Attached, Parcel
from outreach.ledger import inbox, knocks, papers, policies
from outreach.ledger.inbox import Arrival, Event
from outreach.ledger.papers import PIECE, Draft, Sheet
from outreach.mail import safe_html, sendgrid_inbound
from outreach.mail.incoming import Incoming
from outreach.mail.sendgrid_inbound import NoParcelError
from outreach.office import DoorKeys, Office
from outreach.webhooks.post import Digest, Digested, Papers, Provider
from outreach.webhooks.sendgrid_mail import SIGNATURE, STALE, TIMESTAMP, public_key

NAME = "inbound"
"""its provider in the inbox of events"""
LARGEST = 35 * 1024 * 1024
RETENTION = "inbound"
_ECDSA = ec.ECDSA(Prehashed(SHA256()))


def receive(office: Office, token: str, request: Request) -> Response:
    """One post. 404 for a token that is none of ours, 403 for a false signature, else 204."""
    wall = office.clock.wall()
    if not _is_ours(token, office.keys.inbound_tokens):
        with office.ledger.writing() as session:
            knocks.count(session, wall)
        return Response(status=404)
    signed = hashlib.sha256(request.headers.get(TIMESTAMP, "").encode())
    draft = Draft(office.files)
    try:
        content_type = request.headers.get("Content-Type", "")[:1000]
        cut = _take(draft, request, content_type, signed)
        stale = _age(request, wall) > STALE
        if office.keys.sendgrid_inbound_key and not _is_signed(request, signed.digest(), office.keys):
            return Response(status=403)
        sheet = _keep(office.files, draft, cut, content_type)
    except ClientDisconnected:
        return Response(status=503)
    finally:
        draft.discard()
    held = bool(office.keys.sendgrid_inbound_key) and stale
    return _store(office, sheet, content_type, wall, held=held)


def _is_ours(token: str, ours: tuple[str, ...]) -> bool:
    """Every one is compared, in the same time whatever was given."""
    fits = [hmac.compare_digest(token.encode(), one.encode()) for one in ours]
    return any(fits)


def _take(draft: Draft, request: Request, content_type: str, signed: "hashlib._Hash") -> bytes | None:
    """To disk, piece by piece. Beyond the largest: the heads of its parts, as far as it has any."""
    request.max_content_length = 2**40  # the limit of all other routes would refuse it
    rest = _hashed(request, signed)
    for piece in rest:
        draft.write(piece)
        if draft.size > LARGEST:
            try:
                cut = sendgrid_inbound.trimmed(chain(draft.pieces(), rest), content_type)
            except NoParcelError:
                cut = b"".join(piece for _, piece in zip(range(16), draft.pieces(), strict=False))
            for _ in rest:
                pass
            return cut
    return None


def _hashed(request: Request, signed: "hashlib._Hash") -> Iterator[bytes]:
    while piece := request.stream.read(PIECE):
        signed.update(piece)
        yield piece


def _keep(files: Path, draft: Draft, cut: bytes | None, content_type: str) -> Sheet:
    if cut is not None:
        return Sheet(papers.write(files, cut), len(cut), "multipart/form-data", RETENTION)
    return Sheet(draft.keep(), draft.size, "multipart/form-data", RETENTION)


def _store(office: Office, sheet: Sheet, content_type: str, wall: datetime, *, held: bool) -> Response:
    body = {"sha256": sheet.digest, "size": sheet.size, "content_type": content_type}
    arrival = Arrival(sheet.digest, "mail", None, json.dumps(body).encode())
    state, detail = ("quarantined", "its timestamp is long past") if held else ("new", None)
    with office.ledger.writing() as session:
        papers.record_many(session, [sheet], now=office.clock.now())
        fresh = inbox.store_many(session, NAME, [arrival], wall=wall, state=state, detail=detail)
    if fresh and not held:
        office.errands.nudge("digest")
    return Response(status=204)


def _is_signed(request: Request, digest: bytes, keys: DoorKeys) -> bool:
    signatures, timestamps = request.headers.getlist(SIGNATURE), request.headers.getlist(TIMESTAMP)
    if len(signatures) != 1 or len(timestamps) != 1 or not keys.sendgrid_inbound_key:
        return False
    try:
        given = base64.b64decode(signatures[0], validate=True)
        public_key(keys.sendgrid_inbound_key).verify(given, digest, _ECDSA)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _age(request: Request, wall: datetime) -> float:
    try:
        return abs(wall.timestamp() - int(request.headers.get(TIMESTAMP, "")))
    except ValueError:
        return 0.0


def prepare(office: Office, event: Event) -> Digest:
    """Read the mail and put what it brought along to disk, before any transaction."""
    kept = json.loads(event.body)
    try:
        parcel = _parcel(office.files, kept)
    except NoParcelError as error:
        why = str(error)
        return lambda session, event, now, wall: Digested("parked", why=why)

    def digest(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
        in_force = policies.in_force(session)
        changed = replying.take_in(session, parcel, in_force, office.secret_keys, now)
        return Digested(changed=changed, why=None if changed else "the same mail came before")

    return digest


def _parcel(files: Path, kept: dict[str, str | int]) -> Parcel:
    digest = str(kept["sha256"])
    pieces = papers.pieces(papers.path_of(files, digest))
    mail = sendgrid_inbound.read(pieces, str(kept["content_type"]))
    html, fault = _made_safe(mail)
    parts = list(_parts(files, mail, html))
    raw = Sheet(digest, int(kept["size"]), "multipart/form-data", RETENTION)
    mail = replace(mail, fault=mail.fault or fault)
    return Parcel(mail, _key(mail, parts), raw, parts, replying.own_words(mail))


def _made_safe(mail: Incoming) -> tuple[str, str]:
    """Its HTML for the page, and why there is none."""
    try:
        return safe_html.to_show(mail.html), ""
    except safe_html.IntricateError as why:
        return "", f"its HTML is too intricate to be shown: {why}"


def _parts(files: Path, mail: Incoming, html: str) -> Iterator[Attached]:
    """Its text, its HTML made safe, and its files."""
    if mail.text:
        yield _attached(files, "text", "text", "text/plain", mail.text.encode("utf-8", "replace"))
    if html:
        yield _attached(files, "html", "html", "text/html", html.encode("utf-8", "replace"))
    for file in mail.files:
        yield _attached(files, "file", file.name, file.media_type, file.content)


def _attached(files: Path, role: str, name: str, media_type: str, content: bytes) -> Attached:
    return Attached(role, name, Sheet(papers.write(files, content), len(content), media_type, RETENTION))


def _key(mail: Incoming, parts: list[Attached]) -> str:
    """Message-ID, the addresses it came to, and content: without an id the day it says it was sent."""
    content = [(part.role, part.name, part.sheet.digest) for part in parts]
    about = [mail.message_id, sorted(mail.route.to), mail.sender, mail.subject, str(mail.sent_at), content]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def _never(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
    raise AssertionError("mail is prepared before it is digested")


PROVIDER = Provider(
    kinds=frozenset(),  # it has a path of its own
    papers=lambda post, keys, wall: Papers.FALSE,
    read=lambda post: [],
    digest=_never,
    prepare=prepare,
)
