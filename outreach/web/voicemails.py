"""Voicemails: heard on the page, given to the account they belong to, called back or put away."""

from io import BytesIO

from flask import Blueprint, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from outreach import news
from outreach.campaigns.conversations import returning
from outreach.ledger import papers
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.papers import Paper
from outreach.ledger.scope import NotFound
from outreach.ledger.voicemail_list import unanswered
from outreach.ledger.voicemails import Voicemail
from outreach.rules.reading.reply import Reading
from outreach.web.access import act, allow, office, sight, user
from outreach.web.pages import page, policy

bp = Blueprint("voicemails", __name__)

ENDINGS = {"audio/wav": "wav", "audio/mpeg": "mp3"}
LONGEST = 500
"""characters of a reason"""


@bp.app_template_global("seems_to_say")
def seems_to_say(voicemail: Voicemail) -> Reading:
    return returning.heard_in(voicemail, policy())


@bp.get("/voicemails/news")
@allow("rep")
def told() -> ResponseReturnValue:
    """How many wait, for a page that shows them: what is being listened to must not be swapped away."""
    with sight() as scope:
        messages = unanswered(scope)
    return page("voicemail_news.html", voicemails=messages, shown=request.args.get("shown"))


@bp.get("/voicemails/<voicemail_id>/audio")
@allow("rep")
def audio(voicemail_id: str) -> ResponseReturnValue:
    """The sound, whole or the part that the player asks for."""
    with sight() as scope:
        paper = scope.session.get(Paper, scope.voicemail(voicemail_id).paper_id or 0)
    if paper is None or paper.media_type not in ENDINGS:
        raise NotFound
    answer = send_file(
        BytesIO(papers.read(office().files, paper)),
        mimetype=paper.media_type,
        download_name=f"voicemail-{voicemail_id}.{ENDINGS[paper.media_type]}",
        etag=paper.sha256,
        conditional=True,
    )
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@bp.post("/voicemails/<voicemail_id>/assign")
@allow("rep")
def assign(voicemail_id: str) -> ResponseReturnValue:
    """Somebody knows who the caller was: from here on it is owed to that account."""
    number = request.form.get("account", "").strip()
    with act() as scope:
        voicemail = scope.voicemail(voicemail_id)
        account = scope.account_numbered(number)
        if account is None:
            flash(
                f"There is no account {number or 'without a number'} here: write its number as on its page."
            )
            return redirect(url_for("inbox.inbox"), 303)
        try:
            now = office().clock.now()
            returning.assign(scope.session, voicemail.id, account, by=user().login, now=now)
        except returning.NotThereError as why:
            flash(str(why))
    office().news.tell(news.INBOX, news.account(account.number), news.desk(user().login))
    return redirect(url_for("inbox.inbox"), 303)


@bp.post("/voicemails/<voicemail_id>/promise")
@allow("rep")
def promise(voicemail_id: str) -> ResponseReturnValue:
    """What it seems to promise is confirmed by somebody who has listened."""
    try:
        with act() as scope:
            voicemail = scope.voicemail(voicemail_id)
            returning.promise(scope.session, voicemail, by=user().login, now=office().clock.now())
    except (returning.NotThereError, CommitmentError) as why:
        flash(str(why))
    office().news.tell(news.INBOX, news.BOARD, news.desk(user().login))
    return redirect(url_for("inbox.inbox"), 303)


@bp.post("/voicemails/<voicemail_id>/answered")
@allow("rep")
def answered(voicemail_id: str) -> ResponseReturnValue:
    """It needs no call any more, and why."""
    why = request.form.get("why", "").strip()[:LONGEST]
    with act() as scope:
        voicemail = scope.voicemail(voicemail_id)
        if not why:
            flash("Say why it needs no call: it goes into the log.")
            return redirect(url_for("inbox.inbox"), 303)
        try:
            returning.settle(scope.session, voicemail, why, by=user().login, now=office().clock.now())
        except returning.NotThereError as trouble:
            flash(str(trouble))
    office().news.tell(news.INBOX, news.desk(user().login))
    return redirect(url_for("inbox.inbox"), 303)
