"""Who calls: a number of the contacts, and the account it speaks for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.receivables import Account

E164 = re.compile(r"\+[1-9]\d{7,14}")
WITHHELD = {"+266696687", "+7378742833"}
"""ANONYMOUS and RESTRICTED in the letters of the keys: what carriers send in place of a number"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls. Whoever is not known has no account."""

    number: str | None
    """E.164; None: withheld"""
    how: str
    """how the account was found, in words"""
    account_id: int | None = None
    contact_id: int | None = None
    destination_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Match:
    contact: Contact
    account: Account

    @property
    def customer_id(self) -> int:
        return self.account.parent_id or self.account.id

    @property
    def in_touch_on(self) -> date:
        """The last day anything reached them, or at least rang."""
        return max(self.account.reached_on or date.min, self.account.rang_on or date.min)


def who_calls(session: Session, shown: str) -> Caller:
    """The caller behind the number that was shown.

    A number of several accounts speaks for their common parent, else for the one we called last with it,
    else for the one we were in touch with last: somebody may have to put it right, so `how` says which.
    """
    if not E164.fullmatch(shown) or shown in WITHHELD:
        return Caller(None, "number withheld")
    found = _matches(session, shown)
    if not found:
        return Caller(shown, "number not known")
    chosen, how = _choose(session, found)
    contact = chosen.contact
    return Caller(shown, how, chosen.account.id, contact.id, contact.phone_id)


def _matches(session: Session, number: str) -> Sequence[_Match]:
    """Contacts with this number; those who left come last."""
    query = (
        select(Contact, Account)
        .join(Destination, Destination.id == Contact.phone_id)
        .join(Account, Account.id == Contact.account_id)
        .where(Destination.kind == "phone", Destination.address == number)
        .order_by(Contact.left_on.is_not(None), Contact.rank, Contact.id)
    )
    return [_Match(*row) for row in session.execute(query)]


def _choose(session: Session, found: Sequence[_Match]) -> tuple[_Match, str]:
    accounts = {match.account.id for match in found}
    if len(accounts) == 1:
        return found[0], "the only account with this number"
    several = f"of {len(accounts)} accounts with this number"
    parents = {match.customer_id for match in found}
    parent = next((match for match in found if parents == {match.account.id}), None)
    if parent:
        return parent, f"the parent {several}"
    last = _called_last(session, found[0].contact.phone_id)
    called = next((match for match in found if last in (match.account.id, match.customer_id)), None)
    if called:
        return called, f"the one called last {several}"
    return max(found, key=lambda match: match.in_touch_on), f"the one in touch last {several}"


def _called_last(session: Session, destination_id: int | None) -> int | None:
    query = select(CallAttempt.account_id).where(CallAttempt.destination_id == destination_id)
    newest = query.order_by(CallAttempt.day.desc(), CallAttempt.requested_at.desc()).limit(1)
    return session.scalars(newest).first()
