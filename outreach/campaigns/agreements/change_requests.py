"""Asking Billing or Sales for a change, and taking that back (product.md 4, change request)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.intake.contacts import parse_phone
from outreach.intake.problems import BadCell
from outreach.ledger import change_requests, log, naming, tasks
from outreach.ledger.change_requests import OF_INVOICE, ChangeRequest, Team, What, task_key
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.naming import Unclear
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import money
from outreach.rules.policy import Policy

WITHIN = 5
"""business days for a change to be made, where nobody says otherwise"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be changed, and to what."""

    account: str
    what: What
    value: str
    team: Team
    why: str
    invoice: str | None = None
    owner: str | None = None
    """login of who sees to it; None: the account's rep"""
    due_on: date | None = None


def request(session: Session, wish: Wish, policy: Policy, *, by: str, now: datetime) -> ChangeRequest:
    """Write the request down, with a task for its owner. Raises Unclear for what no file could ever show."""
    naming.person(session, by)
    account = naming.account(session, wish.account)
    lock_accounts(session, [account.id])
    invoice = _invoice(session, account, wish)
    today = policy.today(now)
    if wish.due_on and wish.due_on < today:
        raise Unclear("the day by which it is to be done has passed: name a later one")
    asked = ChangeRequest(
        account_id=account.id,
        invoice_id=invoice and invoice.id,
        what=wish.what,
        value=_value(wish, invoice, policy),
        team=wish.team,
        why=wish.why,
        owner_id=naming.person(session, wish.owner).id if wish.owner else account.rep_id,
        due_on=wish.due_on or policy.business_days.add_business_days(today, WITHIN),
        asked_by=by,
        created_at=now,
    )
    session.add(asked)
    session.flush()
    if change_requests.shows(session, asked):
        raise Unclear(f"the ledger shows {asked.value} already: there is nothing to change")
    _open_task(session, asked, account, now)
    log.append(session, _entry(asked, "change requested", by, wish.why, invoice, now))
    return asked


def cancel(session: Session, request_id: int, *, by: str, why: str, now: datetime) -> None:
    """It is not wanted any more. Raises Unclear where it is not open."""
    naming.person(session, by)
    asked = session.get(ChangeRequest, request_id)
    if asked is None or asked.state != "open":
        raise Unclear(f"there is no open change request {request_id}: see `outreach change list`")
    lock_accounts(session, [asked.account_id])
    change_requests.end(session, asked, "canceled", by=by, why=why, now=now)
    log.append(session, _entry(asked, "change request canceled", by, why, None, now))


def _invoice(session: Session, account: Account, wish: Wish) -> Invoice | None:
    if (wish.what in OF_INVOICE) != (wish.invoice is not None):
        remedy = "name its invoice" if wish.what in OF_INVOICE else "leave the invoice out"
        raise Unclear(f"a change of {wish.what} is about {_about(wish.what)}: {remedy}")
    return naming.invoices(session, account.id, [wish.invoice])[0] if wish.invoice else None


def _about(what: What) -> str:
    return "one invoice" if what in OF_INVOICE else "the account"


def _value(wish: Wish, invoice: Invoice | None, policy: Policy) -> str:
    """As a file will have it: spelled as ours are, so that it is known again."""
    value = wish.value.strip()
    if not value:
        raise Unclear("say what the ledger is to show")
    if wish.what == "contact":
        return _number(value, policy.organization.country) or value
    if wish.what != "tax" or invoice is None:
        return value
    try:
        return money.decimal(money.minor(value, invoice.currency), invoice.currency)
    except money.MoneyError:
        raise Unclear(f"{value} is not an amount: write what the invoice will come to, as 1234.50") from None


def _number(value: str, country: str) -> str | None:
    """In E.164; None: it is a name or an address."""
    if any(one.isalpha() for one in value):
        return None
    try:
        return parse_phone(value, country)[0]
    except BadCell:
        return None


def _open_task(session: Session, asked: ChangeRequest, account: Account, now: datetime) -> None:
    tasks.open_task(
        session,
        key=task_key(asked.id),
        kind="change request",
        title=f"{asked.team.capitalize()}: change the {asked.what} of {account.name} to {asked.value}",
        due_on=asked.due_on,
        now=now,
        account_id=account.id,
        owner_id=asked.owner_id,
    )


def _entry(
    asked: ChangeRequest, what: str, by: str, why: str, invoice: Invoice | None, now: datetime
) -> Entry:
    return Entry(
        at=now,
        actor=by,
        what=what,
        account_id=asked.account_id,
        invoices=[invoice.number] if invoice else [],
        follow_up_on=asked.due_on if asked.state == "open" else None,
        text=f"{asked.what} to {asked.value}, by {asked.team}: {why}",
        links={"change": str(asked.id)},
    )
