"""The collections log for people: its newest entries, and a file of it for another ledger's notes.

A rep's log is that of the accounts they may see.
"""

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from tempfile import SpooledTemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from outreach.ledger import log_reading
from outreach.ledger.base import Ledger
from outreach.ledger.log_reading import Selection
from outreach.ledger.scope import Scope
from outreach.reports import log_export
from outreach.reports.log_export import Line
from outreach.rules.calendar import read_day
from outreach.web import fields
from outreach.web.access import allow, office, sight
from outreach.web.pages import page, policy

bp = Blueprint("log_pages", __name__)

MEMORY = 1024 * 1024
"""bytes of a file that need no disk"""
CHUNK = 64 * 1024
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@bp.get("/log")
@allow("rep")
def show() -> ResponseReturnValue:
    """The newest entries of a stretch of days, both included."""
    with sight() as scope:
        notes = log_reading.newest(scope.session, _wanted(scope), before=fields.before())
    return page("log.html", notes=notes, more=len(notes) == log_reading.PAGE, days=_days())


@bp.get("/log/file")
@allow("rep")
def file() -> ResponseReturnValue:
    with sight() as scope:
        wanted = _wanted(scope)
    return _file(wanted, "log")


@bp.get("/accounts/<int:account_id>/log/file")
@allow("rep")
def account_file(account_id: int) -> ResponseReturnValue:
    with sight() as scope:
        number = scope.account(account_id).number
    return _file(Selection(account=number), f"log {account_id}")


def _wanted(scope: Scope) -> Selection:
    since, until = _day("since"), _day("until")
    after = until and until + timedelta(days=1)
    return Selection(None, _start(since), _start(after), None if scope.sees_all else scope.accounts())


def _days() -> dict[str, str]:
    """The stretch that was asked for, as links carry it on."""
    asked = {"since": _day("since"), "until": _day("until")}
    return {name: day.isoformat() for name, day in asked.items() if day}


def _day(name: str) -> date | None:
    """A day of the address; what is none counts as not given, as an emptied field does."""
    try:
        return read_day(request.args.get(name, ""))
    except ValueError:
        return None


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), policy().organization.zone).astimezone(UTC) if day else None


def _file(wanted: Selection, name: str) -> ResponseReturnValue:
    form = request.args.get("format", "csv")
    if form not in MEDIA_TYPES:
        abort(404)
    answer = Response(_chunks(office().ledger, wanted, form, policy().organization.zone))
    answer.content_type = MEDIA_TYPES[form]
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{form}")
    return answer


def _chunks(ledger: Ledger, wanted: Selection, form: str, zone: ZoneInfo) -> Iterator[bytes]:
    """The file is whole before its first byte leaves: no transaction waits for a slow reader."""
    with SpooledTemporaryFile(MEMORY) as made:
        with ledger.reading() as session:
            _make(log_export.lines(log_reading.notes(session, wanted), zone), form, made)
        made.seek(0)
        while chunk := made.read(CHUNK):
            yield chunk


def _make(rows: Iterable[Line], form: str, made: Any) -> None:
    if form == "xlsx":
        log_export.write_workbook(rows, made)
        return
    text = io.TextIOWrapper(made, encoding=log_export.ENCODING, newline="")
    log_export.write_csv(rows, text)
    text.detach()
