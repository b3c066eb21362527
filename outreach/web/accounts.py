"""The account page: what is open, whom to ask, what was said, and why it is or is not in today's plan."""

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from outreach.campaigns.planning.explaining import why
from outreach.ledger import policies
from outreach.ledger.directory import find_accounts
from outreach.ledger.dossier import dossier
from outreach.ledger.scope import NotFound
from outreach.mail import summaries
from outreach.mail.composing import Letterhead
from outreach.web import fields
from outreach.web.access import allow, office, sight
from outreach.web.pages import page, today

bp = Blueprint("accounts", __name__)

LONGEST = 100
"""characters of a search that are looked at"""


@bp.get("/accounts")
@allow("rep")
def find() -> ResponseReturnValue:
    """Accounts by number or name; straight to the one there is."""
    words = request.args.get("q", "").strip()[:LONGEST]
    with sight() as scope:
        found = find_accounts(scope, words)
    if len(found) == 1 and words:
        return redirect(url_for(".account", account_id=found[0].id), 303)
    return page("accounts.html", words=words, found=found)


@bp.get("/accounts/<int:account_id>")
@allow("rep")
def account(account_id: int) -> ResponseReturnValue:
    now, day = office().clock.now(), today()
    with sight() as scope:
        it = dossier(scope, account_id, day, before=fields.before())
        explained = why(scope.session, it.account.number, day, now)
    return page("account.html", it=it, rules=explained["rules"] if explained else ())


@bp.get("/accounts/<int:account_id>/summary.pdf")
@allow("rep")
def summary(account_id: int) -> ResponseReturnValue:
    """What is open, invoice by invoice with its payments, to hand on; `invoice`: one number only."""
    number = request.args.get("invoice", "").strip()[:LONGEST]
    with sight() as scope:
        it, us = scope.account(account_id), policies.in_force(scope.session).policy.organization
        pdf = summaries.of_account(scope.session, it, today(), Letterhead.of(us), us.country, number)
    if pdf is None:
        raise NotFound
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=f"invoices-{today().isoformat()}.pdf")
    return answer
