"""How a page is made: one template and one set of facts for the whole page and for any block of it."""

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

from outreach import news
from outreach.ledger import policies
from outreach.ledger.clock import is_shifted
from outreach.ledger.voicemail_list import version
from outreach.rules import money
from outreach.rules.policy import Policy
from outreach.web.access import RANK, office, visitor

PLACES = (
    ("supervisor", "board.board", "Board", "b"),
    ("rep", "call_desk.show", "Desk", "d"),
    ("rep", "accounts.find", "Accounts", "a"),
    ("rep", "inbox.inbox", "Inbox", "i"),
    ("rep", "suspensions.show", "Suspensions", "s"),
    ("rep", "log_pages.show", "Log", "l"),
    ("supervisor", "imports.imports", "Import", "f"),
)
"""the bar: who sees it, where it leads, its words, its key after g"""


def page(template: str, **facts: Any) -> str:
    """The whole page; or, where htmx wants to put it into one block's place, that block of it alone."""
    made = current_app.jinja_env.get_template(template)
    current_app.update_template_context(facts)
    block = made.blocks.get(request.headers.get("HX-Target", "")) if "HX-Request" in request.headers else None
    if block is None:
        return made.render(facts)
    return "".join(block(made.new_context(facts)))


def policy() -> Policy:
    """The policy in force, read once a request."""
    if "policy" not in g:
        with office().ledger.reading() as session:
            g.policy, g.shifted = policies.in_force(session).policy, is_shifted(session)
    found: Policy = g.policy
    return found


def today() -> date:
    """The organization's date now."""
    return policy().today(office().clock.now())


def teach(app: Flask) -> None:
    """Give the templates their words for money, days and moments, and what stands on every page."""
    words = {
        "money": money.words,
        "rounded": money.rounded,
        "grouped": money.grouped,
        "day": _day,
        # of what comes as the commands print it
        "amount": lambda text, currency: money.words(money.minor(text, currency), currency),
        "iso_day": lambda text: _day(date.fromisoformat(text)),
        "moment": _moment,
        "minutes": _minutes,
    }
    app.jinja_env.filters.update(words, phone=_phone, plain=_plain)
    app.jinja_env.globals.update(news=news, version_of=version)
    app.context_processor(_every_page)
    app.url_defaults(partial(_version, app))


def _version(app: Flask, endpoint: str, values: dict[str, Any]) -> None:
    """A file's address changes with it, so that browsers may keep it (see app.HEADERS)."""
    if endpoint == "static" and "filename" in values:
        path = Path(str(app.static_folder)) / values["filename"]
        values["v"] = int(path.stat().st_mtime) if path.is_file() else 0


def _every_page() -> dict[str, Any]:
    who = visitor()
    if who is None:
        return {"user": None}
    now = office().clock.now()
    places = [place[1:] for place in PLACES if RANK[who.role] >= RANK[place[0]]]
    return {"user": who, "now": now, "today": policy().today(now), "shifted": g.shifted, "places": places}


def _day(value: date | None) -> str:
    if value is None:
        return "–"
    year = "" if value.year == today().year else f", {value.year}"
    return f"{value:%a %b} {value.day}{year}"


def _moment(value: datetime | None) -> str:
    """A moment in the organization's zone."""
    if value is None:
        return "–"
    there = value.astimezone(policy().organization.zone)
    year = "" if there.year == today().year else f" {there.year}"
    return f"{there:%a %b} {there.day}{year}, {there:%H:%M}"


def _minutes(seconds: int | None) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds is not None else ""


def _phone(number: str) -> str:
    """An E.164 number as people read it out."""
    try:
        return format_number(parse(number), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return number


def _plain(name: str) -> str:
    """`promise_to_pay` as people say it."""
    return name.replace("_", " ")
