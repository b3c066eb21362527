"""What an address or a form brings, before any database sees it: numbers it can take, and plain text."""

import re

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter

from outreach.web.access import DOOR

DIGITS = "[0-9]{1,18}"
"""a number that every database can take"""


class _Number(IntegerConverter):
    """`<int:...>` in an address; what is larger leads nowhere."""

    regex = DIGITS


def teach(app: Flask) -> None:
    """Before any room is registered."""
    app.url_map.converters["int"] = _Number


def number(text: str) -> int | None:
    """None: it is none, or one that nothing here has."""
    return int(text) if re.fullmatch(DIGITS, text) else None


def before() -> int | None:
    """The entry from which a page goes backwards; None: from the newest. Anything else is no page."""
    asked = request.args.get("before", "")
    found = number(asked)
    if asked and found is None:
        abort(404)
    return found


def refuse_nul() -> None:
    """PostgreSQL keeps no NUL in a text, and nobody types one."""
    if request.blueprint == DOOR:
        return
    values = (value for some in (request.args, request.form) for _, value in some.items(multi=True))
    if "\0" in request.path or any("\0" in value for value in values):
        abort(400)
