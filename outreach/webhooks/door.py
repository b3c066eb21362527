"""The one door for every provider: papers first, then the raw event, once, then an answer (design.md 4).

403 for false papers, 404 for who is not known, 413 beyond a megabyte, 503 for trouble of ours, so that they
try again; never a 500. Nothing is acknowledged that is not committed; what it means is for the digest.
"""

import hashlib
from datetime import datetime
from urllib.parse import parse_qsl

import structlog
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from outreach import news
from outreach.ledger import inbox
from outreach.ledger.inbox import Arrival
from outreach.office import Office
from outreach.webhooks import operations, sendgrid_inbound
from outreach.webhooks.keeping import Keeper, Parcel
from outreach.webhooks.post import Papers, Post, Provider, UnreadableError
from outreach.webhooks.providers import PROVIDERS

LARGEST = 1024 * 1024

log = structlog.get_logger()


bp = Blueprint("webhooks", __name__)


@bp.post("/webhooks/<name>/<kind>")
def receive(name: str, kind: str) -> Response:
    """One post of a provider. No session and no CSRF here: papers are the only way in."""
    provider = PROVIDERS.get(name)
    if provider is None or kind not in provider.kinds:
        return Response(status=404)
    return _let_in(name, kind, provider)


def _let_in(name: str, kind: str, provider: Provider, about: str = "") -> Response:
    office: Office = current_app.extensions["office"]
    post, wall = _post(office, name, kind, about), office.clock.wall()
    papers = provider.papers(post, office.keys, wall)
    if papers is Papers.FALSE:
        return Response(status=403)
    if papers is Papers.STALE:
        return _quarantine(office, name, post, "its timestamp is long past", wall)
    provider.greet(post, office.keys)
    try:
        arrivals = provider.read(post)
    except UnreadableError as error:
        return _quarantine(office, name, post, str(error), wall)
    if kind in provider.questions:
        return _answer(office, name, provider, arrivals[0], wall)
    return _keep(office, Parcel(name, arrivals, wall))


@bp.post("/webhooks/<name>")
def receive_all(name: str) -> Response:
    """One post of a provider that has one path only."""
    return receive(name, "")


@bp.post("/webhooks/sendgrid/inbound/<token>")
def receive_mail(token: str) -> Response:
    """One mail of a customer's: the token is its paper, and it is streamed to disk."""
    return sendgrid_inbound.receive(current_app.extensions["office"], token, request)


@bp.post("/api/v1/suspensions/<int:case_id>/acknowledge")
def receive_acknowledgement(case_id: int) -> Response:
    """Operations say that they have done what they were asked to do about a case."""
    return _let_in(operations.NAME, operations.ACKNOWLEDGE, operations.PROVIDER, str(case_id))


@bp.errorhandler(Exception)
def in_trouble(error: Exception) -> Response:
    """Whatever is wrong with us, they must try again; what is wrong with a request has its own code."""
    if isinstance(error, HTTPException) and error.code and error.code < 500:
        return Response(status=error.code)
    route = request.url_rule.rule if request.url_rule else None  # the path of mail holds its token
    log.error("the door is in trouble", route=route, exc_info=error)
    return Response(status=503)


def _post(office: Office, name: str, kind: str, about: str) -> Post:
    query = request.query_string.decode("latin-1")
    url = f"{office.addresses.base_url.rstrip('/')}/webhooks/{name}/{kind}".rstrip("/")
    return Post(
        kind=kind,
        url=f"{url}?{query}" if query else url,
        query=dict(parse_qsl(query)),
        headers=request.headers,
        content_type=request.mimetype,
        body=_body(),
        about=about,
    )


def _body() -> bytes:
    request.max_content_length = LARGEST + 1  # werkzeug cuts a chunked body off there, without a word
    body = request.get_data()
    if len(body) > LARGEST:
        raise RequestEntityTooLarge
    return body


def _keep(office: Office, parcel: Parcel) -> Response:
    if _keeper(office).keep(parcel):
        office.errands.nudge("digest")
    return Response(status=204)


def _keeper(office: Office) -> Keeper:
    """The one of this process: made by the first post, whoever else is about to make it."""
    here = current_app.extensions
    keeper: Keeper = here.get("keeper") or here.setdefault("keeper", Keeper(office.ledger))
    return keeper


def _answer(office: Office, name: str, provider: Provider, arrival: Arrival, wall: datetime) -> Response:
    """The same question gets the same answer again, also when both copies come at once."""
    with office.ledger.writing() as session:
        event, is_new = inbox.store(session, name, arrival, wall=wall)
        if is_new:
            event.answer = provider.questions[arrival.kind](session, office, event)
        document, undigested = event.answer, event.state == "new"
    if undigested:
        office.errands.nudge("digest")
    if arrival.about:
        office.news.tell(news.attempt(arrival.about))
    return Response(document, mimetype="text/xml")


def _quarantine(office: Office, name: str, post: Post, why: str, wall: datetime) -> Response:
    key = hashlib.sha256(post.url.encode() + b"\n" + post.body).hexdigest()
    arrival = Arrival(f"quarantine:{key}", post.kind, None, post.body)
    return _keep(office, Parcel(name, [arrival], wall, "quarantined", why))
