"""The supervisor's board, and the release of held letters. The rows behind it: web/board_lists.py."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from outreach.campaigns.planning.release import release
from outreach.ledger import policies
from outreach.ledger.figures import newest, newest_set
from outreach.reports.board import board as figures
from outreach.reports.board import left_out as rules_of
from outreach.reports.board import reps as reps_of
from outreach.reports.key_figures import TITLES
from outreach.rules.lateness import formula
from outreach.web.access import allow, office, sight, user
from outreach.web.pages import page, policy, today

bp = Blueprint("board", __name__)

REPS_SHOWN, RULES_SHOWN, CLOSING_SHOWN = 10, 9, 50
"""on the board itself; the rest are one click away"""
KEY = ("dso_simple", "dso_countback", "best_possible_dso", "cei", "collection_rate_quarter")


@bp.get("/board")
@allow("supervisor")
def board() -> ResponseReturnValue:
    clock = office().clock
    with sight() as scope:
        it = figures(scope, policies.in_force(scope.session), clock.now(), clock.wall())
    return page(
        "board.html",
        it=it,
        target=policy().desk.target,
        shown=REPS_SHOWN,
        rules_shown=RULES_SHOWN,
        key=[(name, TITLES[name]) for name in KEY],
    )


@bp.get("/board/reps")
@allow("supervisor")
def reps() -> ResponseReturnValue:
    """Every rep's pace."""
    with sight() as scope:
        found = reps_of(scope, policy(), office().clock.now())
    return page("board_reps.html", reps=found, target=policy().desk.target)


@bp.get("/board/figures")
@allow("supervisor")
def explained() -> ResponseReturnValue:
    """Each key figure with its formula and what stood in it, in every currency; ours first."""
    with sight() as scope:
        made = newest_set(scope.session)
    found = made.explained if made else {}
    ours = policy().organization.currency
    by_currency = sorted(found.get("by_currency", {}).items(), key=lambda one: (one[0] != ours, one[0]))
    late = found.get("over_31")
    return page(
        "board_figures.html",
        made=made,
        by_currency=by_currency,
        titles=TITLES,
        late=late,
        closing=late["closing"]["accounts"][:CLOSING_SHOWN] if late else [],
        lateness=formula(policy().lateness),
    )


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
