"""Signing in and out. Nothing here needs Redis."""

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger import passwords, sessions, sign_ins
from outreach.ledger.people import User, by_login
from outreach.web.access import COOKIE_KEY, allow, office, visitor
from outreach.web.pages import page

bp = Blueprint("login", __name__)

LONGEST = 200
"""characters of a login or password that are looked at"""
NO = "That login and password do not fit together."
WAIT = "Too many tries. Wait {} and try again."


@bp.get("/")
@allow("anyone")
def home() -> ResponseReturnValue:
    """Where a person's day begins."""
    who = visitor()
    if who is None:
        return redirect(url_for("login.form"), 303)
    return redirect(url_for("call_desk.show" if who.role == "rep" else "board.board"), 303)


@bp.get("/sign-in")
@allow("anyone")
def form() -> ResponseReturnValue:
    return page("sign_in.html", login="", problem=None)


@bp.post("/sign-in")
@allow("anyone")
def sign_in() -> ResponseReturnValue:
    login = request.form.get("login", "").strip()[:LONGEST]
    seconds = _count_try(login)
    if seconds:
        return page("sign_in.html", login=login, problem=WAIT.format(_in_words(seconds))), 429
    who = _who(login, request.form.get("password", "")[:LONGEST])
    if who is None:
        return page("sign_in.html", login=login, problem=NO), 403
    _begin(who)
    return redirect(url_for("login.home"), 303)


@bp.post("/sign-out")
@allow("anyone")
def sign_out() -> ResponseReturnValue:
    token = session.get(COOKIE_KEY)
    if token:
        with office().ledger.writing() as writing:
            sessions.end(writing, token)
    session.clear()
    return redirect(url_for("login.form"), 303)


def _count_try(login: str) -> int:
    """Count this try, unless one must wait: the seconds of that."""
    now, ip = office().clock.wall(), request.remote_addr or "unknown"
    with office().ledger.writing() as writing:
        until = sign_ins.wait_until(writing, login, ip, now=now)
        if until is None:
            sign_ins.count_try(writing, login, ip, now=now)
    return round((until - now).total_seconds()) + 1 if until else 0


def _who(login: str, password: str) -> User | None:
    with office().ledger.reading() as reading:
        who = by_login(reading, login)
    stored = who.password_hash if who and who.active else None
    return who if passwords.fits(password, stored) else None


def _begin(who: User) -> None:
    """A new session with a new id, whatever the cookie held before (trust.md 4, row 11)."""
    old = session.get(COOKIE_KEY)
    session.clear()
    with office().ledger.writing() as writing:
        if old:
            sessions.end(writing, old)
        sign_ins.forgive(writing, who.login)
        session[COOKIE_KEY] = sessions.start(writing, who.id, now=office().clock.wall())


def _in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
