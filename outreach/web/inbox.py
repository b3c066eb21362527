"""The tray: what waits for a person, and the one thing to do about each."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from outreach.dialer.deciding import decide
from outreach.ledger import tasks
from outreach.ledger.callback_list import callbacks
from outreach.ledger.locks import lock_accounts
from outreach.ledger.tray import digest_again, put_away, tray
from outreach.ledger.voicemail_list import unanswered
from outreach.web.access import act, allow, office, sight, user
from outreach.web.pages import page

bp = Blueprint("inbox", __name__)


@bp.get("/inbox")
@allow("rep")
def inbox() -> ResponseReturnValue:
    with sight() as scope:
        waiting, messages, agreed = tray(scope), unanswered(scope), callbacks(scope)
    return page("inbox.html", tray=waiting, voicemails=messages, callbacks=agreed)


@bp.post("/inbox/tasks/<int:task_id>/done")
@allow("rep")
def task_done(task_id: int) -> ResponseReturnValue:
    with act() as scope:
        task = scope.task(task_id)
        lock_accounts(scope.session, [task.account_id] if task.account_id else [])
        tasks.finish(scope.session, task, by=user().login, now=office().clock.now())
    return redirect(url_for(".inbox"), 303)


@bp.post("/inbox/calls/<attempt_id>/decide")
@allow("supervisor")
def call_decided(attempt_id: str) -> ResponseReturnValue:
    """What became of a call in doubt, as a person has found out: the rep's desk is free again."""
    clock, rang = office().clock, request.form.get("rang")
    if rang not in ("yes", "no"):
        abort(400)
    with act() as scope:
        it = scope.attempt(attempt_id)
        ended = decide(
            scope.session, it.id, rang=rang == "yes", by=user().login, now=clock.now(), wall=clock.wall()
        )
    if not ended:
        flash("It is not in doubt any more: what was heard of it stands.")
    return redirect(url_for(".inbox"), 303)


@bp.post("/inbox/events/<int:event_id>/again")
@allow("supervisor")
def event_again(event_id: int) -> ResponseReturnValue:
    """Digest a parked report once more: what it speaks of may be known by now."""
    with act() as scope:
        digest_again(scope, event_id, wall=office().clock.wall())
    office().errands.nudge("digest")
    return redirect(url_for(".inbox"), 303)


@bp.post("/inbox/events/<int:event_id>/put-away")
@allow("supervisor")
def event_put_away(event_id: int) -> ResponseReturnValue:
    """Somebody has looked: it stays in the ledger and leaves the tray."""
    with act() as scope:
        clock = office().clock
        put_away(scope, event_id, by=user().login, now=clock.now(), wall=clock.wall())
    return redirect(url_for(".inbox"), 303)
