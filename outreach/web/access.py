"""Who may open which page: every view says it with `@allow`, and one guard holds them to it.

A view without a class is closed to everybody. What is out of reach does not exist: 404, never 403
(trust.md 4, row 13). The door of the webhooks checks papers of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger import sessions
from outreach.ledger.people import User
from outreach.ledger.scope import Scope, scoped
from outreach.office import Office

Role = Literal["anyone", "rep", "supervisor", "admin"]
RANK: dict[str, int] = {"anyone": 0, "rep": 1, "supervisor": 2, "admin": 3}
COOKIE_KEY = "signed_in"
DOOR = "webhooks"
"""the blueprint whose visitors are providers"""
STREAM = "live.live"
"""the endpoint that a browser opens again and again, whether anybody sits before it or not"""

MEGABYTE = 2**20

View = TypeVar("View", bound=Callable[..., Any])


def allow(role: Role) -> Callable[[View], View]:
    """Open a view to people of this role and above."""

    def classify(view: View) -> View:
        view.allowed = role  # type: ignore[attr-defined]
        return view

    return classify


def takes_in(size: int, otherwise: str) -> Callable[[View], View]:
    """Let a view be posted more than every other: a file. `otherwise` is said of what is larger still."""

    def enlarge(view: View) -> View:
        view.takes_in, view.otherwise = size, otherwise  # type: ignore[attr-defined]
        return view

    return enlarge


def make_room() -> None:
    """Before anything of a request's body is read: only who may open the view may send it a large one."""
    view = current_app.view_functions.get(request.endpoint or "")
    size, who = getattr(view, "takes_in", None), None
    if size is not None and (needed := allowed(current_app, str(request.endpoint))):
        who = visitor()
        if who and RANK[who.role] >= RANK[needed]:
            request.max_content_length = size + MEGABYTE  # the rest of the form


def allowed(app: Flask, endpoint: str) -> Role | None:
    """The class of an endpoint; None: unclassified."""
    if endpoint == "static":
        return "anyone"
    return getattr(app.view_functions[endpoint], "allowed", None)


def guard() -> ResponseReturnValue | None:
    """Before every request: let in, send to sign-in, or deny that there is such a page."""
    if request.endpoint is None or request.blueprint == DOOR:
        return None
    needed = allowed(current_app, request.endpoint)
    if needed is None:
        abort(404)
    if needed == "anyone":
        return None
    user = visitor()
    if user is None:
        return _to_sign_in()
    if RANK[user.role] < RANK[needed]:
        abort(404)
    return None


def office() -> Office:
    """The office this app was made for."""
    found: Office = current_app.extensions["office"]
    return found


def visitor() -> User | None:
    """Who is looking, by the session of their cookie; looked up once a request."""
    if "visitor" not in g:
        g.visitor = _look_up(session.get(COOKIE_KEY))
    found: User | None = g.visitor
    return found


def user() -> User:
    """Who is looking, on a page that only signed-in people reach."""
    found = visitor()
    if found is None:
        abort(404)
    return found


@contextmanager
def sight() -> Iterator[Scope]:
    """A reading transaction, seen through the visitor's eyes."""
    with office().ledger.reading() as reading:
        yield scoped(reading, user())


@contextmanager
def act() -> Iterator[Scope]:
    """A writing transaction, with the visitor's eyes and hands."""
    with office().ledger.writing() as writing:
        yield scoped(writing, user())


def _look_up(token: str | None) -> User | None:
    if not token:
        return None
    ledger, now = office().ledger, office().clock.wall()
    with ledger.reading() as reading:
        found = sessions.find(reading, token, now=now)
    if found is None:
        return None
    who, seen_at = found
    if now - seen_at > sessions.NOTED_EVERY and not _by_itself():
        with ledger.writing() as writing:
            sessions.note_seen(writing, token, now=now)
    return who


def _by_itself() -> bool:
    """A page that looks for news by itself does not keep anybody signed in, save while a call is live."""
    looks = "HX-Request" in request.headers and "awake" not in request.args
    return looks or request.endpoint == STREAM


def _to_sign_in() -> ResponseReturnValue:
    if "HX-Request" in request.headers:  # a redirect would put the sign-in page into a corner of the old one
        return "", 401, {"HX-Redirect": url_for("login.form")}
    return redirect(url_for("login.form"), 303)
