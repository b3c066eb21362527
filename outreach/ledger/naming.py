"""What a person names when they ask for something: an account, its invoices, a colleague."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice


class Unclear(ValueError):
    """It cannot be done as it was asked for; the sentence says what to do."""


def account(session: Session, number: str) -> Account:
    """The account of this number. Raises Unclear."""
    found = session.scalars(select(Account).where(Account.number == number.strip())).one_or_none()
    if found is None:
        raise Unclear(f"there is no account {number}: use the customer number of the file")
    return found


def invoices(session: Session, account_id: int, numbers: Sequence[str]) -> Sequence[Invoice]:
    """The account's invoices of these numbers, in their order; of several sources all. Raises Unclear."""
    ours = (Invoice.account_id == account_id, Invoice.number.in_(numbers))
    found = session.scalars(select(Invoice).where(*ours).order_by(Invoice.due_on, Invoice.id)).all()
    if missing := sorted(set(numbers) - {invoice.number for invoice in found}):
        raise Unclear(f"the account has no invoice {', '.join(missing)}: check the number")
    return found


def person(session: Session, login: str) -> User:
    """Somebody who works here. Raises Unclear."""
    found = session.scalars(select(User).where(User.login == login, User.active)).one_or_none()
    if found is None:
        raise Unclear(f"{login} does not work here: see `outreach user add`")
    return found


def supervisor(session: Session, login: str) -> User:
    """Somebody who may decide it. Raises Unclear."""
    found = person(session, login)
    if not found.may_decide:
        raise Unclear(f"{login} is no supervisor: ask one to decide this")
    return found
