"""Replies of customers: their words, what was proposed of them, and one key to confirm it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from outreach import news
from outreach.campaigns.conversations import answering, writing_back
from outreach.campaigns.conversations.answering import Agreed, Answer
from outreach.ledger import papers, people, policies, receivables, replies
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.replies import Line, Part
from outreach.ledger.scope import NotFound, Scope
from outreach.rules import money
from outreach.rules.calendar import read_day
from outreach.web import fields
from outreach.web.access import act, allow, office, sight, user
from outreach.web.letters import CAGE
from outreach.web.pages import page, policy

bp = Blueprint("replies", __name__)

MOST_INVOICES = 100
NAMED = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to answer, its key and its words."""

    name: str
    key: str
    words: str
    settle: Callable[[Answer, Agreed], None]


CHOICES: Mapping[str, Choice] = {
    one.name: one
    for one in (
        Choice("promise", "y", "Confirm the promise", answering.promise),
        Choice("paid", "p", "They have paid", answering.paid),
        Choice("dispute", "x", "They dispute it", answering.dispute),
        Choice("left", "l", "Not their contact any more", lambda answer, agreed: answering.left(answer)),
        Choice("handled", "e", "Handled", lambda answer, agreed: answering.handled(answer)),
    )
}


@bp.app_template_global("waiting_replies")
def waiting_replies() -> list[Line]:
    """For the inbox, which shows them beside the rest."""
    with sight() as scope:
        return list(replies.waiting(scope))


@bp.get("/replies")
@allow("rep")
def waiting() -> ResponseReturnValue:
    return page("replies.html")


@bp.get("/replies/<reply_id>")
@allow("rep")
def reply(reply_id: str) -> ResponseReturnValue:
    return _page(reply_id)


@bp.get("/replies/<reply_id>/html")
@allow("rep")
def as_sent(reply_id: str) -> ResponseReturnValue:
    """Their HTML, made safe when it came, for the frame on the reply's page."""
    part = _part(reply_id, "html")
    content = papers.read(office().files, part.paper)
    return Response(
        content, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": CAGE}
    )


@bp.get("/replies/<reply_id>/files/<int:n>")
@allow("rep")
def file(reply_id: str, n: int) -> ResponseReturnValue:
    """What they attached, to be saved and never shown: it may be anything."""
    part = _part(reply_id, "file", n)
    answer = Response(papers.read(office().files, part.paper), mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=part.part.name)
    answer.headers["Content-Security-Policy"] = CAGE
    return answer


@bp.post("/replies/<reply_id>/promise", defaults={"name": "promise"}, endpoint="promise")
@bp.post("/replies/<reply_id>/paid", defaults={"name": "paid"}, endpoint="paid")
@bp.post("/replies/<reply_id>/dispute", defaults={"name": "dispute"}, endpoint="dispute")
@bp.post("/replies/<reply_id>/left", defaults={"name": "left"}, endpoint="left")
@bp.post("/replies/<reply_id>/handled", defaults={"name": "handled"}, endpoint="handled")
@allow("rep")
def settle(reply_id: str, name: str) -> ResponseReturnValue:
    """What a person makes of it, in one transaction; then on to the next."""
    choice = CHOICES[name]
    try:
        with act() as scope:
            line = replies.one(scope, reply_id)
            answer = answering.begin(
                scope.session, line.reply, by=user().login, now=office().clock.now(), policy=policy()
            )
            choice.settle(answer, _agreed(scope, line))
    except CommitmentError as mistake:
        return _page(reply_id, problem=str(mistake), form=request.form), 422
    _tell(line.account)
    return redirect(url_for("inbox.inbox"), 303)


@bp.post("/replies/<reply_id>/answer")
@allow("rep")
def answer(reply_id: str) -> ResponseReturnValue:
    """An answer by mail, in a person's own words; it leaves at once, as far as the gate lets it."""
    here = office()
    try:
        with act() as scope:
            line = replies.one(scope, reply_id)
            writing_back.write_back(
                scope.session,
                line.reply,
                request.form.get("words", ""),
                fields.number(request.form.get("to", "")),
                writer=scope.user,
                in_force=policies.in_force(scope.session),
                now=here.clock.now(),
            )
    except CommitmentError as mistake:
        return _page(reply_id, refused=str(mistake), typed=request.form), 422
    here.errands.nudge("letters")
    _tell(line.account)
    flash("Your answer is on its way.")
    return redirect(url_for(".reply", reply_id=reply_id), 303)


@bp.post("/replies/<reply_id>/assign")
@allow("supervisor")
def assign(reply_id: str) -> ResponseReturnValue:
    """Say whose reply it is."""
    try:
        with act() as scope:
            line = replies.one(scope, reply_id)
            account = scope.account_numbered(request.form.get("account", ""))
            if account is None:
                raise CommitmentError("No account has this number: look it up by its name.")
            answering.assign(
                scope.session,
                line.reply,
                account,
                policies.in_force(scope.session),
                by=user().login,
                now=office().clock.now(),
            )
    except CommitmentError as mistake:
        return _page(reply_id, problem=str(mistake), form=request.form), 422
    _tell(account)
    flash(f"It is a reply of {account.name} now.")
    return redirect(url_for(".reply", reply_id=reply_id), 303)


def _page(
    reply_id: str,
    problem: str | None = None,
    form: MultiDict[str, str] | None = None,
    refused: str | None = None,
    typed: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """`problem` with the proposal's form, `refused` with what was typed as an answer."""
    with sight() as scope:
        line = replies.one(scope, reply_id)
        invoices = _open_invoices(scope, line)
        parts = replies.parts(scope.session, reply_id)
        suggested = scope.session.get(Account, line.reply.suggested_id) if line.reply.suggested_id else None
        recipients = writing_back.recipients(scope.session, line.reply, policy())
        written = replies.written(scope.session, reply_id)
    files = [part for part in parts if part.part.role == "file"]
    text = next((part for part in parts if part.part.role == "text"), None)
    return page(
        "reply.html",
        it=line.reply,
        account=line.account,
        words=line.words,
        invoices=invoices,
        files=files,
        html=any(part.part.role == "html" for part in parts),
        text=papers.read(office().files, text.paper).decode("utf-8", "replace") if text else "",
        suggested=suggested,
        recipients=recipients,
        written=written,
        longest=writing_back.LONGEST,
        named=sorted(set(NAMED.findall(line.words)))[:5] if line.reply.intent == "out_of_office" else [],
        choices=CHOICES.values(),
        problem=problem,
        refused=refused,
        typed=typed,
        form=form or _proposal(line, invoices),
    )


def _proposal(line: Line, invoices: list[Invoice]) -> MultiDict[str, str]:
    """What stands in the form before anybody types."""
    it, found = line.reply, MultiDict[str, str]()
    if it.due_on and it.intent == "promise":
        found["day"] = it.due_on.isoformat()
    stated = _stated(line)
    if stated is not None and it.currency and it.currency in {one.currency for one in invoices}:
        found["amount"] = money.decimal(stated, it.currency)
    named = {number.upper() for number in it.invoices}
    found.setlist("invoice", [str(one.id) for one in invoices if one.number.upper() in named])
    return found


def _agreed(scope: Scope, line: Line) -> Agreed:
    """The form; from the inbox, where there is none, the proposal as it stands. Raises CommitmentError."""
    it, form = line.reply, request.form
    if "day" not in form:
        return Agreed(on=it.due_on, amount_minor=_stated(line), currency=it.currency)
    ticked = form.getlist("invoice")
    chosen = [one for one in map(fields.number, ticked) if one is not None]
    theirs = {one.id: one for one in _open_invoices(scope, line)}
    if len(chosen) < len(ticked) or not set(chosen) <= theirs.keys():
        raise CommitmentError("One of the invoices you ticked is not open with this customer.")
    currencies = {theirs[id_].currency for id_ in chosen} or {it.currency or _currency(theirs.values())}
    currency = currencies.pop()
    return Agreed(
        on=_day(form["day"]),
        amount_minor=_amount(form.get("amount", ""), currency),
        currency=currency,
        invoice_ids=chosen,
    )


def _stated(line: Line) -> int | None:
    """What they say they will pay, or have paid; None: all of it."""
    return line.reply.amount_minor if line.reply.intent in ("promise", "paid") else None


def _currency(invoices: Iterable[Invoice]) -> str:
    return next((one.currency for one in invoices), policy().organization.currency)


def _day(text: str) -> date | None:
    try:
        return read_day(text) if text else None
    except ValueError as mistake:
        raise CommitmentError(f"The day cannot be read: {mistake}.") from None


def _amount(text: str, currency: str) -> int | None:
    try:
        return money.typed(text, currency) if text.strip() else None
    except money.MoneyError as mistake:
        raise CommitmentError(f"The amount cannot be read: {mistake}.") from None


def _open_invoices(scope: Scope, line: Line) -> list[Invoice]:
    if line.account is None:
        return []
    return list(receivables.open_of_family(scope.session, line.account.id, limit=MOST_INVOICES))


def _part(reply_id: str, role: str, n: int | None = None) -> Part:
    """Raises NotFound."""
    with sight() as scope:
        replies.one(scope, reply_id)
        parts = replies.parts(scope.session, reply_id)
    found = [one for one in parts if one.part.role == role and n in (None, one.part.n)]
    if not found:
        raise NotFound
    return found[0]


def _tell(account: Account | None) -> None:
    here = office()
    names = [news.INBOX, news.BOARD]
    if account:
        with here.ledger.reading() as session:
            desks = people.logins_at_desk(session, account.rep_id)
        names += [news.account(account.number), *map(news.desk, desks)]
    here.news.tell(*names)
