"""The account page: what is open, whom to ask, what was said, and why it is or is not in today's plan."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger.directory import find_accounts
from outreach.ledger.dossier import dossier
from outreach.web.access import allow, sight
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
    with sight() as scope:
        everything = dossier(scope, account_id, today(), before=request.args.get("before", type=int))
    return page("account.html", it=everything)
