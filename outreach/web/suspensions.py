"""Suspension cases: the agenda by state, one case with its history, and what may be decided about it now."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from outreach import news
from outreach.campaigns.suspension import deciding
from outreach.campaigns.suspension.deciding import LARGEST, Attached, House
from outreach.ledger import papers, suspension_list
from outreach.ledger.people import User
from outreach.ledger.suspension_list import File, Line
from outreach.reports import meeting
from outreach.rules.suspension import MOVES, Event, NotAllowed, State, possible, role_of
from outreach.rules.suspension_terms import next_meeting
from outreach.web.access import allow, office, sight, takes_in, user
from outreach.web.letters import CAGE
from outreach.web.pages import page, policy, today

bp = Blueprint("suspensions", __name__)

TOO_LARGE = f"A document of up to {LARGEST >> 20} MB can be attached: attach a smaller one."
LONGEST_NAME = 120
CASE = "<int:case_id>"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to decide: its place in the address, its event, its words and its key."""

    name: str
    event: Event
    words: str
    key: str

    @property
    def attached(self) -> bool:
        return MOVES[self.event].attached


DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        one.name: one
        for one in (
            Deed("recommend", Event.RECOMMENDED, "Recommend", "y"),
            Deed("approve", Event.APPROVED, "Approve", "y"),
            Deed("posted", Event.POSTED, "The notice was posted", "p"),
            Deed("posted-2", Event.LATER_POSTED, "The second notice was posted", "2"),
            Deed("posted-final", Event.WARNING_POSTED, "The final warning was posted", "p"),
            Deed("confirm", Event.CONFIRMED, "Have it suspended", "y"),
            Deed("suspended", Event.SUSPENDED, "Operations have suspended it", "o"),
            Deed("reinstate", Event.RECALLED, "Have it reinstated", "y"),
            Deed("reinstated", Event.REINSTATED, "Operations have reinstated it", "o"),
            Deed("withdraw", Event.WITHDRAWN, "Withdraw", "x"),
        )
    }
)
ANSWERS: Mapping[Event, Event] = MappingProxyType(
    {Event.SUSPENDED: Event.CONFIRMED, Event.REINSTATED: Event.RECALLED}
)
"""what operations say -> the order it answers"""
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "text": "text/plain; charset=utf-8"}


@bp.get("/suspensions")
@allow("rep")
def show() -> ResponseReturnValue:
    with sight() as scope:
        lines = suspension_list.cases(scope, limit=suspension_list.MOST)
    groups = [
        (state, [line for line in lines if line.case.state == state]) for state in suspension_list.ORDER
    ]
    return page(
        "suspensions.html",
        groups=[(state, found) for state, found in groups if found],
        to_decide=meeting.TO_DECIDE,
        meeting_on=next_meeting(today(), policy()),
        more=len(lines) == suspension_list.MOST,
    )


@bp.get("/suspensions/agenda")
@allow("rep")
def agenda() -> ResponseReturnValue:
    with sight() as scope:
        it = meeting.agenda(scope, today())
    return _file(it, f"agenda-{it.meeting_on.isoformat()}")


@bp.get("/suspensions/minutes")
@allow("rep")
def minutes() -> ResponseReturnValue:
    with sight() as scope:
        it = meeting.minutes(scope, today())
    return _file(it, f"minutes-{it.until.isoformat()}")


@bp.get(f"/suspensions/{CASE}")
@allow("rep")
def case(case_id: int) -> ResponseReturnValue:
    return _case(case_id)


@bp.post(f"/suspensions/{CASE}/<deed>")
@allow("rep")
@takes_in(LARGEST, otherwise=TOO_LARGE)
def decide(case_id: int, deed: str) -> ResponseReturnValue:
    """What somebody decides, in one transaction; the guard says no in words."""
    with sight() as scope:
        line = suspension_list.one(scope, case_id)
    if deed not in DEEDS:
        abort(404)
    here, event = office(), DEEDS[deed].event
    house = House(here.ledger, here.files, here.clock)
    try:
        state = deciding.decide(
            house,
            case_id,
            event,
            by=user().login,
            reason=request.form.get("reason", ""),
            attached=_attached(),
        )
    except NotAllowed as why:
        return _case(case_id, str(why)), 422
    if event in ANSWERS.values() or event is Event.WITHDRAWN:
        here.errands.nudge("operations")
    here.news.tell(news.account(line.account.number), news.INBOX)
    flash(f"{line.account.name} is {state} now." if state != line.case.state else "That is written down.")
    return redirect(url_for(".case", case_id=case_id), 303)


@bp.get(f"/suspensions/{CASE}/documents/<int:transition_id>")
@allow("rep")
def document(case_id: int, transition_id: int) -> ResponseReturnValue:
    """What was attached, to be saved and never shown: it may be anything."""
    with sight() as scope:
        row, paper = suspension_list.paper(scope, case_id, transition_id)
    answer = Response(papers.read(office().files, paper), mimetype="application/octet-stream")
    name = f"case-{case_id}-{row.id}.json" if row.document == deciding.CASE_SHEET else row.document
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Content-Security-Policy"] = CAGE
    return answer


def _case(case_id: int, problem: str = "") -> str:
    with sight() as scope:
        it = suspension_list.file(scope, case_id)
    deeds = _deeds(it, user())
    return page(
        "suspension.html",
        it=it,
        case=it.line.case,
        account=it.line.account,
        deeds=deeds,
        problem=problem,
        form=request.form,
        waits=_waits_for_another(it.line, user()),
        largest=LARGEST >> 20,
    )


def _deeds(it: File, who: User) -> list[Deed]:
    """What this person may decide now."""
    may = possible(State(it.line.case.state), role_of(who.role))
    under_way = {one.kind for one in it.orders if one.ended_at is None}
    asked = {Event.CONFIRMED: "suspend" in under_way, Event.RECALLED: "reinstate" in under_way}
    hidden = {event for event, standing in asked.items() if standing}
    hidden |= {answer for answer, order in ANSWERS.items() if not asked[order]}
    hidden |= {event for event in deciding.POSTED if deciding.too_early(it.line.case, event, today())}
    if _waits_for_another(it.line, who):
        hidden.add(Event.APPROVED)
    return [deed for deed in DEEDS.values() if deed.event in may and deed.event not in hidden]


def _waits_for_another(line: Line, who: User) -> bool:
    """Who has recommended a suspension does not approve it."""
    return line.case.state == State.RECOMMENDED and line.case.recommended_by == who.login


def _attached() -> Attached | None:
    file = request.files.get("document")
    if file is None or not file.filename:
        return None
    name = PurePath(file.filename.replace("\\", "/")).name
    name = "".join(c for c in name if c.isprintable())[-LONGEST_NAME:] or "document"
    return Attached(name, file.stream.read(LARGEST + 1), file.mimetype or "application/octet-stream")


def _file(it: meeting.Agenda | meeting.Minutes, name: str) -> Response:
    form = "csv" if request.args.get("format") == "csv" else "text"
    text = meeting.as_csv(it) if form == "csv" else meeting.as_text(it)
    answer = Response(("\ufeff" if form == "csv" else "") + text, content_type=MEDIA_TYPES[form])
    ending = "csv" if form == "csv" else "txt"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{ending}")
    return answer
