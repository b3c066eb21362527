"""The supervisor's board, and the release of held letters. The rows behind it: web/board_lists.py."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from outreach.campaigns.release import release
from outreach.ledger import policies
from outreach.ledger.figures import newest
from outreach.reports.board import board as figures
from outreach.reports.board import left_out as rules_of
from outreach.reports.board import reps as reps_of
from outreach.web.access import allow, office, sight, user
from outreach.web.pages import page, policy, today

bp = Blueprint("board", __name__)

REPS_SHOWN, RULES_SHOWN = 10, 9
"""on the board itself; the rest are one click away"""


@bp.get("/board")
@allow("supervisor")
def board() -> ResponseReturnValue:
    clock = office().clock
    with sight() as scope:
        it = figures(scope, policies.in_force(scope.session), clock.now(), clock.wall())
    return page("board.html", it=it, target=policy().desk.target, shown=REPS_SHOWN, rules_shown=RULES_SHOWN)


@bp.get("/board/reps")
@allow("supervisor")
def reps() -> ResponseReturnValue:
    """Every rep's pace."""
    with sight() as scope:
        found = reps_of(scope, policy(), office().clock.now())
    return page("board_reps.html", reps=found, target=policy().desk.target)


@bp.get("/board/left-out")
@allow("supervisor")
def left_out() -> ResponseReturnValue:
    """Every rule that leaves somebody out."""
    with sight() as scope:
        rules = rules_of(newest(scope.session))
    return page("board_rules.html", rules=rules)


@bp.post("/board/letters/release")
@allow("supervisor")
def release_letters() -> ResponseReturnValue:
    """Let the held letters of a first day leave."""
    release(office().ledger, day=today(), actor=user().login, now=office().clock.now())
    office().errands.nudge("letters")
    return redirect(url_for(".board"), 303)
