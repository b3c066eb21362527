"""The call desk: the rep's queue, the customer at hand, the call, and the paperwork after it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from outreach.web.access import allow
from outreach.web.pages import page

bp = Blueprint("call_desk", __name__)


@bp.get("/desk")
@allow("rep")
def desk() -> ResponseReturnValue:
    return page("desk.html")
