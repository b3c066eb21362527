"""The web application: every door for people, and the one door for providers, hung into one frame."""

import time

import structlog
from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.exceptions import Forbidden
from werkzeug.middleware.proxy_fix import ProxyFix

from outreach.ledger.base import new_id
from outreach.office import Office
from outreach.web import (
    access,
    accounts,
    board,
    board_lists,
    call_desk,
    errors,
    fields,
    health,
    imports,
    inbox,
    letters,
    live,
    log_pages,
    login,
    pages,
    replies,
    suspensions,
    voicemails,
)
from outreach.webhooks import door

log = structlog.get_logger()

MEGABYTE = 1024 * 1024
HEADERS = {
    # htmx and our own script come as files: nothing inline runs, whatever a customer's name contains.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=()",
    "Cache-Control": "no-store",
}


def create_app(office: Office) -> Flask:
    """The WSGI application of one office."""
    app = Flask("outreach.web")
    app.extensions["office"] = office
    _configure(app, office)
    pages.teach(app)
    fields.teach(app)
    errors.handle(app)
    app.before_request(_begin)
    app.before_request(access.make_room)  # before the token is looked for in the form
    csrf = CSRFProtect(app)
    app.before_request(fields.refuse_nul)
    app.before_request(_only_from_our_pages)
    app.before_request(access.guard)
    app.after_request(_harden)
    app.after_request(_write_down)
    work = (call_desk, accounts, letters, log_pages, replies, inbox, voicemails, suspensions)
    for room in (login, *work, board, board_lists, imports, live, health):
        app.register_blueprint(room.bp)
    app.register_blueprint(door.bp)
    csrf.exempt(door.bp)  # providers sign what they post
    return app


def _configure(app: Flask, office: Office) -> None:
    https = office.addresses.base_url.startswith("https://")
    newest, *older = office.secret_keys
    app.config.update(
        SECRET_KEY=newest,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME="outreach",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session itself
        MAX_CONTENT_LENGTH=MEGABYTE,
    )
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    if https:  # a proxy stands in front: the address that tries to sign in is in its header
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)  # type: ignore[method-assign]


def _begin() -> None:
    g.request_id, g.began = new_id(), time.perf_counter()


def _only_from_our_pages() -> None:
    """Besides the token: the browser itself says where a change was asked for (trust.md 4, row 10)."""
    ours = request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    if request.method not in ("GET", "HEAD", "OPTIONS") and request.blueprint != access.DOOR and not ours:
        raise Forbidden


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _write_down(response: Response) -> Response:
    """The access log names the route's template, never the query: ids of attempts travel there."""
    rule = request.url_rule.rule if request.url_rule else None
    log.info(
        "request",
        request_id=g.request_id,
        method=request.method,
        route=rule,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.began) * 1000, 1),
    )
    return response
