"""Files in, by the page: choose one, see what it would change, say how it is to be read, then apply it."""

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from outreach.intake.amounts import parse_amount
from outreach.intake.dates import DateOrder
from outreach.intake.problems import BadCell, FileRefused
from outreach.intake.receiving import LARGEST, NotSoFast, Reading, apply, discard, read_again, receive
from outreach.intake.vocabulary import INVOICE_COLUMNS
from outreach.ledger import uploads
from outreach.ledger.scope import NotFound, Scope
from outreach.ledger.uploads import Upload
from outreach.rules import money
from outreach.rules.calendar import read_day
from outreach.web import fields
from outreach.web.access import act, allow, office, sight, takes_in, user
from outreach.web.pages import page

bp = Blueprint("imports", __name__)

SHOWN_PROBLEMS = 100
LONGEST_WORD = 60
TOO_LARGE = (
    f"A file of up to {LARGEST >> 20} MB can be uploaded. Import a larger one on the server, with "
    "outreach import FILE, or leave out the columns that are not needed and upload it again."
)
BEFORE_YOU = "Somebody was here before you: this is how it stands now."


@bp.get("/imports")
@allow("supervisor")
def imports() -> ResponseReturnValue:
    return _list()


@bp.post("/imports")
@allow("supervisor")
@takes_in(LARGEST, otherwise=TOO_LARGE)
def take() -> ResponseReturnValue:
    """Keep a file and have it looked at."""
    file, here = request.files.get("file"), office()
    if file is None or not file.filename:
        return _list("Choose a file first: the open invoices of your ledger, as CSV or .xlsx."), 400
    try:
        upload_id = receive(
            here.ledger,
            here.files,
            file.stream,
            file.filename,
            source=_source(),
            as_of=_day("as_of"),
            by=user().login,
            now=here.clock.now(),
        )
    except (FileRefused, ValueError) as why:
        return _list(str(why)), 400
    here.errands.nudge("uploads")
    return redirect(url_for(".upload", upload_id=upload_id), 303)


@bp.get("/imports/<upload_id>")
@allow("supervisor")
def upload(upload_id: str) -> ResponseReturnValue:
    return _show(upload_id)


@bp.post("/imports/<upload_id>/columns")
@allow("supervisor")
def columns(upload_id: str) -> ResponseReturnValue:
    """Read it another way: what a mapping file would say."""
    try:
        wanted = Reading(
            columns={name: request.form[name] for name in INVOICE_COLUMNS if name in request.form},
            as_of=_day("file_date"),
            date_order=DateOrder(order) if (order := request.form.get("date_order")) else None,
            decimal="," if request.form.get("decimal") == "," else ".",
            sheet=request.form.get("sheet", "").strip() or None,
        )
    except ValueError as why:
        return _show(upload_id, [str(why)]), 400
    with act() as scope:
        it = _upload(scope, upload_id)
        changed = read_again(scope.session, it, _round(), wanted, now=office().clock.now())
    return _on(upload_id, changed)


@bp.post("/imports/<upload_id>/apply")
@allow("supervisor")
def apply_it(upload_id: str) -> ResponseReturnValue:
    """Have what was shown applied, once, whoever asks and however often."""
    try:
        with act() as scope:
            changed = apply(
                scope.session,
                _upload(scope, upload_id),
                _round(),
                control_totals=_control_totals(),
                differences_accepted="differences_accepted" in request.form,
                closed_accepted="closed_accepted" in request.form,
                by=user().login,
                now=office().clock.now(),
            )
    except NotSoFast as why:
        return _show(upload_id, why.args), 400
    except ValueError as why:
        return _show(upload_id, [str(why)]), 400
    return _on(upload_id, changed)


@bp.post("/imports/<upload_id>/discard")
@allow("supervisor")
def discard_it(upload_id: str) -> ResponseReturnValue:
    with act() as scope:
        discard(scope.session, _upload(scope, upload_id), _round(), now=office().clock.now())
    office().errands.nudge("uploads")
    return redirect(url_for(".imports"), 303)


def _list(problem: str = "") -> str:
    with sight() as scope:
        found = uploads.recent(scope.session)
    return page("imports.html", uploads=found, problem=problem, largest=LARGEST >> 20, form=request.form)


def _show(upload_id: str, problems: tuple[str, ...] | list[str] = ()) -> str:
    with sight() as scope:
        it = _upload(scope, upload_id)
    return page(
        "upload.html",
        it=it,
        told=it.result or it.preview or {},
        problems=problems,
        form=request.form,
        ours=INVOICE_COLUMNS,
        shown=SHOWN_PROBLEMS,
        amount=_amount,
    )


def _on(upload_id: str, changed: bool) -> ResponseReturnValue:
    if changed:
        office().errands.nudge("uploads")
    else:
        flash(BEFORE_YOU)
    return redirect(url_for(".upload", upload_id=upload_id), 303)


def _upload(scope: Scope, upload_id: str) -> Upload:
    found = scope.session.get(Upload, upload_id)
    if found is None:
        raise NotFound
    return found


def _amount(text: str, currency: str) -> str:
    """An amount of a document as people read it."""
    return money.words(money.minor(text, currency), currency)


def _control_totals() -> Mapping[str, int]:
    """Currency -> minor units, of the fields that are filled in. Raises ValueError with what to write."""
    totals = {}
    for name, text in request.form.items():
        kind, _, currency = name.partition("-")
        if kind != "total" or not text.strip():
            continue
        try:
            totals[currency] = parse_amount(text.strip(), currency).minor
        except (BadCell, money.MoneyError):
            raise ValueError(
                f"{text!r} is not a total in {currency[:3]}; write it such as 1234.50."
            ) from None
    return totals


def _source() -> str:
    """Whose file it is. Raises ValueError with what to write."""
    name = request.form.get("source", "").strip()
    if not name or len(name) > LONGEST_WORD or not name.isprintable():
        raise ValueError(f"Name the system the file comes from in up to {LONGEST_WORD} letters: ledger.")
    return name


def _day(field: str) -> date | None:
    """A date field that may be empty. Raises ValueError with what to write."""
    text = request.form.get(field, "").strip()
    try:
        return read_day(text) if text else None
    except ValueError as mistake:
        raise ValueError(f"{mistake}, or leave it empty.") from None


def _round() -> int:
    return fields.number(request.form.get("round", "")) or 0
