"""Behind each number of the board: the rows it counts, a page at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger import board_lists, campaigns, figures
from outreach.ledger.board_lists import ON_CALLS, OnCalls
from outreach.ledger.campaigns import CALL_STAGES, LETTER_STAGES, STAGES, Campaign, Stage
from outreach.ledger.figures import FigureSet
from outreach.ledger.listing import Listing
from outreach.ledger.people import User, by_login
from outreach.ledger.promises import DUE, JUDGED, Judging, Which
from outreach.ledger.scope import NotFound, Scope
from outreach.reports.board import day_of
from outreach.rules.aging import BUCKETS
from outreach.rules.lateness import formula as lateness
from outreach.rules.states import LETTER_EXITS, LETTER_RANKS
from outreach.web.access import allow, sight
from outreach.web.pages import page, policy, today

bp = Blueprint("board_lists", __name__, url_prefix="/board")

Name = TypeVar("Name", bound=str)
OVERDUE_31, LEDGER = "overdue-31", "ledger"
TITLES = {"current": "Not yet due", LEDGER: "The whole ledger"}
CALLS: Mapping[OnCalls, str] = {
    "called": "Customers called",
    "calls": "Calls",
    "answered": "Calls answered",
    "promises": "Calls that ended with a promise",
}
PROMISED: Mapping[Which, tuple[str, str]] = {
    "today": ("Promises due today", "The day they named is today."),
    "week": ("Promises due this week", "The day they named is from today to Sunday."),
    "overdue": (
        "Promises overdue",
        "Of the last 90 days: the day they named has passed, and what was applied to the invoices since "
        "is less than what they promised, by more than 1 % or 25.00, whichever is less.",
    ),
    "kept": (
        "Promises kept",
        "Of the last 90 days: what was applied by the grace day is what they promised.",
    ),
    "broken": (
        "Promises not kept",
        "Of the last 90 days: the grace day is over by the newest import, and less was applied by then.",
    ),
}
STAGE_WORDS: Mapping[Stage, str] = {
    "calls": "calls planned",
    "called": "called: it rang",
    "reached": "reached: a conversation, or a voicemail left",
    "promised": "promised to pay",
    "letters": "letters planned",
    "sent": "sent: the provider took it",
    "delivered": "delivered",
    "opened": "opened",
    "replied": "replied to",
    "bounced": "bounced",
}


@bp.get("/calls/<what>")
@allow("supervisor")
def calls(what: str) -> ResponseReturnValue:
    """Today's calls of all reps."""
    return _calls(None, _known(what, ON_CALLS))


@bp.get("/reps/<login>", defaults={"what": "called"})
@bp.get("/reps/<login>/<what>")
@allow("supervisor")
def rep(login: str, what: str) -> ResponseReturnValue:
    """Today's calls of one rep."""
    with sight() as scope:
        found = by_login(scope.session, login)
    if found is None:
        raise NotFound
    return _calls(found, _known(what, ON_CALLS))


@bp.get("/campaigns/<campaign_id>")
@allow("supervisor")
def campaign(campaign_id: str) -> ResponseReturnValue:
    """How far one step of one day has come, and who was not contacted for it."""
    it = _campaign(campaign_id)
    with sight() as scope:
        funnel = campaigns.funnels(scope.session, it.day, it.step).get(it)
        kept_out = campaigns.kept_out(scope.session, it)
        earlier = campaigns.days_before(scope.session, it, 10)
        paid = campaigns.count_paid(scope.session, it)
    if funnel is None and not any(kept_out.values()):
        raise NotFound
    return page(
        "campaign.html",
        it=it,
        funnel=funnel or dict.fromkeys(STAGES, 0),
        sides=(("Calls", CALL_STAGES), ("Letters", LETTER_STAGES)),
        words=STAGE_WORDS,
        kept_out=kept_out,
        earlier=[Campaign(day, it.step) for day in earlier],
        paid=paid,
    )


@bp.get("/campaigns/<campaign_id>/<stage>")
@allow("supervisor")
def stage(campaign_id: str, stage: str) -> ResponseReturnValue:
    it = _campaign(campaign_id)
    with sight() as scope:
        if stage == "paid":
            formula = "Customers with a payment within 14 days of the campaign on what was due by then."
            return _list(board_lists.payers(scope, it, _after()), "paid", formula, campaign=it)
        known = _known(stage, STAGES)
        return _list(board_lists.touches(scope, it, known, _after()), STAGE_WORDS[known], campaign=it)


@bp.get("/campaigns/<campaign_id>/kept-out/<channel>/<rule>")
@allow("supervisor")
def kept_out(campaign_id: str, channel: str, rule: str) -> ResponseReturnValue:
    """Reasons to act that a rule keeps without a call or a letter."""
    it = _campaign(campaign_id)
    with sight() as scope:
        found = board_lists.kept_out(scope, it, _known(channel, ("call", "email")), rule, _after())
    what = "call" if channel == "call" else "letter"
    return _list(found, f"no {what}: {rule}", campaign=it)


@bp.get("/aging/<bucket>")
@allow("supervisor")
def aging(bucket: str) -> ResponseReturnValue:
    """Open invoices and credits of a bucket, or more than 31 days past due, in one currency."""
    which = _known(bucket, (*BUCKETS, OVERDUE_31, LEDGER))
    currency = request.args.get("currency") or policy().organization.currency
    with _made() as (scope, made):
        found = board_lists.invoices(scope, which, currency, made.day, policy(), _after())  # type: ignore[arg-type]
    if which == OVERDUE_31:
        title = f"More than {policy().cadence.overdue_31} days past due, {currency}"
        return _list(
            found, title, "Open invoices, gross: credits and receipts not yet applied are not taken off."
        )
    title = TITLES.get(which, f"{which} days past due") + f", {currency}"
    return _list(found, title, "Open invoices, and credits by their own date.")


@bp.get("/left-out/<rule>")
@allow("supervisor")
def left_out(rule: str) -> ResponseReturnValue:
    """Accounts that a rule keeps from a call, a letter or both."""
    with sight() as scope:
        found = board_lists.left_out(scope, rule, _after())
    return _list(found, f"Not contacted: {rule}", "Accounts the newest plan left out by this rule.")


@bp.get("/routinely-late")
@allow("supervisor")
def routinely_late() -> ResponseReturnValue:
    with sight() as scope:
        found = board_lists.routinely_late(scope, _after())
    return _list(found, "Routinely late", f"Accounts: {lateness(policy().lateness)}.")


@bp.get("/promises/<which>")
@allow("supervisor")
def promises(which: str) -> ResponseReturnValue:
    known = _known(which, (*DUE, *JUDGED))
    title, formula = PROMISED[known]
    if known in DUE:
        with sight() as scope:
            return _list(board_lists.promised(scope, known, Judging(today(), None), _after()), title, formula)
    with _made() as (scope, made):
        at = board_lists.judging(scope, made)
        return _list(board_lists.promised(scope, known, at, _after()), title, formula)


@bp.get("/letters/<state>")
@allow("supervisor")
def letters(state: str) -> ResponseReturnValue:
    """Today's letters in a state, or what came back by mail today."""
    with sight() as scope:
        if state == "replies":
            found = board_lists.replies(scope, *day_of(policy(), today()), _after())
            return _list(found, "Came in by mail today")
        if state == "held":
            return _list(board_lists.held(scope, _after()), "Letters that wait for a release")
        known = _known(state, (*LETTER_RANKS, *LETTER_EXITS))
        found = board_lists.letters(scope, known, today(), _after())
    return _list(
        found, "Letters nobody can vouch for" if known == "unconfirmed" else f"Letters {known} today"
    )


def _calls(rep: User | None, what: OnCalls) -> str:
    with sight() as scope:
        found = board_lists.calls(scope, rep, what, today(), _after())
    formula = "The last call to each customer that rang today." if what == "called" else None
    return _list(found, f"{CALLS[what]} today{f', {rep.name}' if rep else ''}", formula)


def _list(found: Listing, title: str, formula: str | None = None, campaign: Campaign | None = None) -> str:
    further = url_for(str(request.endpoint), **_here(after=found.next)) if found.next else None
    return page(
        "board_list.html", found=found, title=title, formula=formula, campaign=campaign, further=further
    )


def _here(**instead: str) -> dict[str, Any]:
    """What makes this page's address, with some of it changed."""
    return {**(request.view_args or {}), **request.args, **instead}


def _after() -> str | None:
    return request.args.get("after")


def _known(name: str, names: tuple[Name, ...]) -> Name:
    """The name, if it is one of these. Raises NotFound."""
    if name not in names:
        raise NotFound
    return name


def _campaign(text: str) -> Campaign:
    try:
        return Campaign.parse(text)
    except ValueError:
        raise NotFound from None


@contextmanager
def _made() -> Iterator[tuple[Scope, FigureSet]]:
    """The set whose figures the board shows: its day decides, not today. NotFound before the first."""
    with sight() as scope:
        made = figures.newest_set(scope.session)
        if made is None:
            raise NotFound
        yield scope, made
