"""The supervisor's figures of the day: the reps' pace, the letters, the release of held ones."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from outreach.campaigns.release import release
from outreach.ledger import activity
from outreach.web.access import allow, office, sight, user
from outreach.web.pages import page, policy, today

bp = Blueprint("board", __name__)


@bp.get("/board")
@allow("supervisor")
def board() -> ResponseReturnValue:
    with sight() as scope:
        facts = {
            "paces": activity.paces(scope.session, today()),
            "letters": activity.letters_by_state(scope.session, today()),
            "held": activity.held_letters(scope.session),
        }
    return page("board.html", target=policy().desk.target, **facts)


@bp.post("/board/letters/release")
@allow("supervisor")
def release_letters() -> ResponseReturnValue:
    """Let the held letters of a first day leave."""
    release(office().ledger, day=today(), actor=user().login, now=office().clock.now())
    office().errands.nudge("letters")
    return redirect(url_for(".board"), 303)
