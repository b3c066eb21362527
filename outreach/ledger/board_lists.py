"""The rows behind each number of the board, by the very conditions that counted it."""

from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, func, select

from outreach.ledger import book_totals, campaigns, promises
from outreach.ledger.activity import CALLS, HELD, at_work
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.campaigns import Campaign, Stage
from outreach.ledger.commitments import Promise
from outreach.ledger.figures import FigureSet
from outreach.ledger.firings import Firing
from outreach.ledger.imports import Import
from outreach.ledger.letters import UNCONFIRMED, Letter
from outreach.ledger.listing import Listing, listing
from outreach.ledger.log import INBOUND, LogEntry
from outreach.ledger.people import User
from outreach.ledger.plans import RUNNING_ON, LeftOut
from outreach.ledger.promises import Judging, Which
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.scope import Scope
from outreach.ledger.touches import Touch
from outreach.rules.aging import Bucket
from outreach.rules.policy import Policy

OnCalls = Literal["called", "calls", "answered", "promises"]
ON_CALLS: tuple[OnCalls, ...] = get_args(OnCalls)


def invoices(
    scope: Scope,
    which: Bucket | Literal["overdue-31", "ledger"],
    currency: str,
    on: date,
    policy: Policy,
    after: str | None,
) -> Listing:
    """Of an aging bucket, of all of them, or more than 31 days past due; the oldest first."""
    if which == "overdue-31":
        is_it = book_totals.is_overdue_31(on, policy)
    else:
        is_it = book_totals.in_ledger() if which == "ledger" else book_totals.in_bucket(which, on)
    query = _with_account(scope, Invoice).where(is_it, Invoice.currency == currency)
    return listing(scope.session, "invoices", query, (Invoice.due_on, Invoice.id), after)


def left_out(scope: Scope, rule: str, after: str | None) -> Listing:
    """Accounts that a rule keeps from a call, a letter or both."""
    query = (
        select(Account, func.min(LeftOut.since), func.min(LeftOut.channel), func.max(LeftOut.channel))
        .join(LeftOut, LeftOut.account_id == Account.id)
        .where(RUNNING_ON, LeftOut.rule == rule, scope.accounts())
        .group_by(Account.id)
    )
    return listing(scope.session, "left out", query, (Account.id,), after)


def routinely_late(scope: Scope, after: str | None) -> Listing:
    """Accounts that pay late as a habit, as of the newest figures."""
    query = select(Account).where(Account.routinely_late, scope.accounts())
    return listing(scope.session, "accounts", query, (Account.id,), after)


def promised(scope: Scope, which: Which, judging: Judging, after: str | None) -> Listing:
    query = _with_account(scope, Promise).where(promises.condition(which, judging))
    return listing(scope.session, "promises", query, (Promise.due_on, Promise.id), after)


def letters(scope: Scope, state: str, day: date, after: str | None) -> Listing:
    """Of one day in one state; those nobody can vouch for are shown whatever their day."""
    is_it = UNCONFIRMED if state == "unconfirmed" else and_(Letter.day == day, Letter.state == state)
    query = _with_account(scope, Letter).where(is_it)
    return listing(scope.session, "letters", query, (Letter.created_at, Letter.id), after)


def held(scope: Scope, after: str | None) -> Listing:
    """Letters that wait for a supervisor's release, whatever their day."""
    query = _with_account(scope, Touch).add_columns(User).outerjoin(User, User.id == Touch.rep_id)
    return listing(scope.session, "touches", query.where(HELD), (Touch.id,), after)


def replies(scope: Scope, since: datetime, until: datetime, after: str | None) -> Listing:
    """What came in by mail."""
    query = (
        select(LogEntry, Account)
        .outerjoin(Account, Account.id == LogEntry.account_id)
        .where(INBOUND, LogEntry.at >= since, LogEntry.at < until, LogEntry.channel == "email")
    )
    return listing(scope.session, "replies", query, (LogEntry.at, LogEntry.id), after)


def calls(scope: Scope, rep: User | None, what: OnCalls, day: date, after: str | None) -> Listing:
    """A day's calls of one rep, or of all who work here; `called` shows each customer's last that rang."""
    whose = CallAttempt.rep_id == rep.id if rep else CallAttempt.rep_id.in_(select(User.id).where(at_work()))
    is_it = and_(CallAttempt.day == day, whose, CALLS[what])
    if what == "called":
        is_it = CallAttempt.id.in_(_last_of_each(is_it))
    query = (
        select(CallAttempt, Account, User)
        .join(Account, Account.id == CallAttempt.account_id)
        .join(User, User.id == CallAttempt.rep_id)
        .where(is_it, scope.accounts())
    )
    return listing(scope.session, "calls", query, (CallAttempt.requested_at, CallAttempt.id), after)


def touches(scope: Scope, campaign: Campaign, stage: Stage, after: str | None) -> Listing:
    query = _with_account(scope, Touch).add_columns(User).outerjoin(User, User.id == Touch.rep_id)
    query = query.where(campaigns.at_stage(campaign, stage))
    return listing(scope.session, "touches", query, (Touch.id,), after)


def payers(scope: Scope, campaign: Campaign, after: str | None) -> Listing:
    query = select(Account).where(Account.id.in_(campaigns.payers(campaign)), scope.accounts())
    return listing(scope.session, "accounts", query, (Account.id,), after)


def kept_out(scope: Scope, campaign: Campaign, channel: str, rule: str, after: str | None) -> Listing:
    """Open firings of a campaign that a rule keeps without a call or a letter."""
    query = _with_account(scope, Firing).where(campaigns.is_kept_out(campaign, channel, rule))
    return listing(scope.session, "firings", query, (Firing.id,), after)


def judging(scope: Scope, made: FigureSet) -> Judging:
    """The day and the ledger that a set of figures was worked out from."""
    newest = scope.session.get(Import, made.import_id) if made.import_id else None
    return Judging(made.day, newest.as_of if newest else None)


def _with_account(scope: Scope, table: Any) -> Select[*tuple[Any, ...]]:
    return select(table, Account).join(Account, Account.id == table.account_id).where(scope.accounts())


def _last_of_each(is_it: ColumnElement[bool]) -> Select[str]:
    """The last of each customer's calls, for each rep who called them."""
    place = func.row_number().over(
        partition_by=(CallAttempt.rep_id, CallAttempt.account_id),
        order_by=(CallAttempt.requested_at.desc(), CallAttempt.id.desc()),
    )
    numbered = select(CallAttempt.id, place.label("place")).where(is_it).subquery()
    return select(numbered.c.id).where(numbered.c.place == 1)
