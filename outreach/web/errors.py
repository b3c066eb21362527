"""When something goes wrong: one plain page with an id, which the log knows too. Never a traceback."""

import structlog
from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from outreach.ledger.policies import NoPolicyError
from outreach.ledger.scope import NotFound
from outreach.web.access import DOOR
from outreach.web.pages import page

log = structlog.get_logger()

WORDS = {
    400: "That request made no sense here. Go back, reload the page and try again.",
    404: "There is no such page, or it is not yours to see.",
    405: "That page cannot be asked for in this way.",
    413: "That is more than this page takes in at once.",
    500: "Something broke on our side. Nothing you did is lost; tell the operator the id below.",
    503: "The database does not answer. Try again in a moment.",
}
STALE = "This page was open too long, so it was not believed. Go back, reload it and try again."


def handle(app: Flask) -> None:
    """Register what answers for every kind of trouble."""
    app.register_error_handler(NotFound, lambda _: _say(404))
    app.register_error_handler(CSRFError, lambda _: _say(400, STALE))
    app.register_error_handler(RequestEntityTooLarge, lambda _: _say(413, _too_large()))
    app.register_error_handler(HTTPException, lambda error: _say(error.code or 500))
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(NoPolicyError, lambda error: _say(503, f"Not set up yet: {error}."))
    app.register_error_handler(Exception, _broken)


def _too_large() -> str | None:
    """What the view that takes files says of one that is too large."""
    view = current_app.view_functions.get(request.endpoint or "")
    found: str | None = getattr(view, "otherwise", None)
    return found


def _broken(error: Exception) -> ResponseReturnValue:
    log.error("a page broke", request_id=g.request_id, endpoint=request.endpoint, exc_info=error)
    return _say(500)


def _no_database(error: OperationalError) -> ResponseReturnValue:
    log.error("the database does not answer", request_id=g.request_id, error=type(error.orig).__name__)
    return _say(503)


def _say(status: int, words: str | None = None) -> ResponseReturnValue:
    if request.blueprint == DOOR:
        return "", status
    words = words or WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    if status >= 500:
        g.visitor = None  # the page about trouble with the database must not need it
    return page("error.html", status=status, words=words, request_id=g.request_id), status
