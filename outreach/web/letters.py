"""A letter exactly as it left, shown where nothing in it can run or reach out."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from outreach.ledger.destinations import Destination
from outreach.ledger.receivables import Account
from outreach.web.access import allow, sight
from outreach.web.pages import page

bp = Blueprint("letters", __name__)


@bp.get("/letters/<letter_id>")
@allow("rep")
def letter(letter_id: str) -> ResponseReturnValue:
    with sight() as scope:
        it = scope.letter(letter_id)
        account = scope.session.get_one(Account, it.account_id)
        to = scope.session.get_one(Destination, it.destination_id)
    return page("letter.html", it=it, account=account, to=to)
