"""The call desk: the rep's queue, the customer at hand, the call, and the paperwork after it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from outreach import news
from outreach.campaigns.conversations import wrapup
from outreach.dialer import calls, clicks
from outreach.dialer.carrier import CarrierError
from outreach.ledger import activity, attempts, desk, inbound_calls, receivables
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.desk import Line
from outreach.ledger.scope import NotFound, Scope
from outreach.ledger.touches import Touch
from outreach.rules.root_causes import CAUSES
from outreach.web import wrapup_form
from outreach.web.access import allow, office, sight, user
from outreach.web.call_state import Seat
from outreach.web.customer import TIERS, customer
from outreach.web.pages import page, policy, today

bp = Blueprint("call_desk", __name__)

NO_REDIS = "The call queue is down: Redis does not answer."
NO_CARRIER = "No carrier is connected: ask the operator."
STUCK = "The carrier does not answer. Hang up your own phone: that ends the call too."


@bp.get("/desk", defaults={"touch_id": None})
@bp.get("/desk/<int:touch_id>")
@allow("rep")
def show(touch_id: int | None) -> ResponseReturnValue:
    """One customer: the one asked for, else the call at hand, else the first that may be called now."""
    return _desk(touch_id)


@bp.post("/desk/<int:touch_id>/dial")
@allow("rep")
def dial(touch_id: int) -> ResponseReturnValue:
    here = office()
    with sight() as scope:
        touch = scope.touch(touch_id)
    if here.carrier is None:
        flash(NO_CARRIER)
        return redirect(url_for(".show", touch_id=touch.id), 303)
    asked = clicks.request_call(
        here.ledger,
        here.errands,
        here.clock,
        provider=here.carrier.name,
        caller_ids=here.caller_ids,
        touch_id=touch.id,
        rep_id=user().id,
        rings_first=here.carrier.rings_first,
    )
    if isinstance(asked, clicks.NotNow):
        flash(asked.words)
    return redirect(url_for(".show", touch_id=touch.id), 303)


@bp.get("/desk/calls/<attempt_id>")
@allow("rep")
def call_state(attempt_id: str) -> ResponseReturnValue:
    """How a call stands, for the page that watches it."""
    with sight() as scope:
        line = _line(scope, scope.attempt(attempt_id))
        call = _seat(scope).call(line, _trouble())
    if request.headers.get("HX-Target") != "call":
        return redirect(url_for(".show", touch_id=line.touch.id), 303)
    return page("desk.html", call=call)


@bp.post("/desk/calls/<attempt_id>/hang-up")
@allow("rep")
def hang_up(attempt_id: str) -> ResponseReturnValue:
    here = office()
    with sight() as scope:
        attempt = _own(scope, attempt_id)
    try:
        if here.carrier is not None:
            calls.hang_up(here.ledger, here.carrier, here.clock, attempt.id)
    except CarrierError:
        flash(STUCK)
    return redirect(url_for(".show", touch_id=attempt.touch_id), 303)


@bp.post("/desk/calls/<attempt_id>/save")
@allow("rep")
def save(attempt_id: str) -> ResponseReturnValue:
    """Save what came of the call in one transaction, and go on to the next customer."""
    here = office()
    with sight() as scope:
        line = _line(scope, _own(scope, attempt_id))
    try:
        wrap = wrapup_form.read(request.form, _currency(line), _zone(line))
        wrapup.save(here.ledger, here.clock, attempt_id, wrap, by=user().login)
        here.news.tell(news.BOARD)
        if wrap.confirm:
            here.errands.nudge("letters")
    except CommitmentError as mistake:
        return _desk(line.touch.id, problem=str(mistake), form=request.form), 422
    return redirect(url_for(".show"), 303)


def _desk(
    touch_id: int | None, *, problem: str | None = None, form: MultiDict[str, str] | None = None
) -> str:
    day = policy().business_days.roll_forward(today())
    proposed = MultiDict(wrapup_form.proposals(policy(), today()))
    with sight() as scope:
        seat = _seat(scope)
        lines = desk.lines(scope.session, user().id, day, policy())
        line = _at_hand(scope, seat, touch_id, lines)
        facts = {
            "day": day,
            "lines": [(one, seat.standing(one)) for one in lines],
            "pace": activity.pace(scope.session, user().id, today()),
            "target": policy().desk.target,
            "incoming": inbound_calls.ringing(scope.session, user().id, office().clock.wall()),
            "it": line and customer(scope.session, line, today(), policy()),
            "call": line and seat.call(line, _trouble()),
        }
    choices = {"choices": wrapup_form.CHOICES, "causes": CAUSES, "tiers": TIERS}
    return page("desk.html", form=form or proposed, problem=problem, **facts, **choices)


def _seat(scope: Scope) -> Seat:
    carrier = office().carrier
    rings_first = carrier.rings_first if carrier else "rep"
    return Seat(scope.session, user(), policy(), office().clock.now(), rings_first)


def _at_hand(scope: Scope, seat: Seat, touch_id: int | None, lines: Sequence[Line]) -> Line | None:
    if touch_id is not None:
        return desk.line(scope.session, scope.touch(touch_id), policy())
    current = attempts.current(scope.session, user().id)
    if current is not None and current.touch_id is not None:
        return _line(scope, current)
    open_ones = [line for line in lines if line.touch.state == "open"]
    return next(filter(seat.may_call, open_ones), open_ones[0] if open_ones else None)


def _own(scope: Scope, attempt_id: str) -> CallAttempt:
    """A call of one's own: somebody else's is neither hung up nor saved. Raises NotFound."""
    attempt = scope.attempt(attempt_id)
    if attempt.rep_id != user().id and not scope.sees_all:
        raise NotFound
    return attempt


def _line(scope: Scope, attempt: CallAttempt) -> Line:
    if attempt.touch_id is None:
        raise NotFound
    return desk.line(scope.session, scope.session.get_one(Touch, attempt.touch_id), policy())


def _trouble() -> str | None:
    """Why nobody can be called just now, whoever it is."""
    if office().carrier is None:
        return NO_CARRIER
    return None if office().errands.alive() else NO_REDIS


def _zone(line: Line) -> ZoneInfo:
    zones = line.way.place.zones if line.way else ()
    return ZoneInfo(zones[0]) if zones else policy().organization.zone


def _currency(line: Line) -> str:
    """That of the invoices that are ticked, if it is one, else that of the call. Raises CommitmentError."""
    with sight() as scope:
        found = receivables.currencies(scope.session, wrapup_form.ticked(request.form))
    return found.pop() if len(found) == 1 else line.touch.currency
