"""A letter exactly as it left, shown where nothing in it can run or reach out."""

import json
from typing import Any

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger import papers
from outreach.ledger.destinations import Destination
from outreach.ledger.letters import Letter
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account
from outreach.ledger.scope import NotFound, Scope
from outreach.mail.sending_again import NotInDoubtError
from outreach.mail.sending_again import send_again as send_letter_again
from outreach.rules.steps import STATEMENT
from outreach.web.access import allow, office, sight, user
from outreach.web.pages import page

bp = Blueprint("letters", __name__)

CAGE = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""for the letter's own HTML: its styles are its own; it cannot run, load, submit or lead anywhere"""


@bp.get("/letters/<letter_id>")
@allow("rep")
def letter(letter_id: str) -> ResponseReturnValue:
    with sight() as scope:
        it = scope.letter(letter_id)
        account = scope.session.get_one(Account, it.account_id)
        to = scope.session.get_one(Destination, it.destination_id)
        message = _message(scope, it) if it.paper_id else None
    return page("letter.html", it=it, account=account, to=to, message=message)


@bp.get("/letters/<letter_id>/as-sent")
@allow("rep")
def as_sent(letter_id: str) -> ResponseReturnValue:
    """The HTML that left, for the frame on the letter's page."""
    with sight() as scope:
        message = _message(scope, scope.letter(letter_id))
    return Response(message["html"], mimetype="text/html", headers={"Content-Security-Policy": CAGE})


@bp.get("/letters/<letter_id>/attachment")
@allow("rep")
def attachment(letter_id: str) -> ResponseReturnValue:
    with sight() as scope:
        it = scope.letter(letter_id)
        paper = _paper(scope, it.attachment_id)
    answer = Response(papers.read(office().files, paper), mimetype=paper.media_type)
    name = "statement" if it.step == STATEMENT.name else "invoices"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}-{it.day.isoformat()}.pdf")
    return answer


@bp.post("/letters/<letter_id>/send-again")
@allow("rep")
def send_again(letter_id: str) -> ResponseReturnValue:
    """A person's answer to a letter nobody can vouch for: one more, once."""
    here = office()
    with sight() as scope:
        it = scope.letter(letter_id)
    try:
        send_letter_again(here.ledger, it.id, by=user().login, now=here.clock.now())
    except NotInDoubtError as why:
        flash(f"Not sent again: {why}.")
    else:
        here.errands.nudge("letters")
    return redirect(url_for("inbox.inbox"), 303)


def _message(scope: Scope, it: Letter) -> dict[str, Any]:
    kept = papers.read(office().files, _paper(scope, it.paper_id))
    message: dict[str, Any] = json.loads(kept)["message"]
    return message


def _paper(scope: Scope, paper_id: int | None) -> Paper:
    paper = scope.session.get(Paper, paper_id) if paper_id else None
    if paper is None:
        raise NotFound
    return paper
