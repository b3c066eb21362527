"""The people at an account, their numbers and addresses, and what is known against using them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from outreach.ledger.destinations import Contact, Destination


@dataclass(frozen=True, slots=True)
class Card:
    """A contact with number and address."""

    contact: Contact
    phone: Destination | None
    email: Destination | None

    @property
    def against_calling(self) -> str | None:
        """Why they must not be called, in the words of the rule; None: nothing is known."""
        return _against(self.contact, self.phone, "do not call" if self.contact.do_not_call else None)

    @property
    def against_writing(self) -> str | None:
        return _against(self.contact, self.email, "do not mail" if self.contact.do_not_mail else None)


def cards(session: Session, account_id: int) -> Sequence[Card]:
    """Everybody at the account, in the order they are used; those who left come last."""
    phone, email = aliased(Destination), aliased(Destination)
    query = (
        select(Contact, phone, email)
        .outerjoin(phone, phone.id == Contact.phone_id)
        .outerjoin(email, email.id == Contact.email_id)
        .where(Contact.account_id == account_id)
        .order_by(Contact.left_on.is_not(None), Contact.rank, Contact.id)
    )
    return [Card(*row) for row in session.execute(query)]


def _against(contact: Contact, destination: Destination | None, opted_out: str | None) -> str | None:
    if contact.left_on:
        return f"left on {contact.left_on:%Y-%m-%d}"
    if opted_out or destination is None:
        return opted_out
    if destination.suppressed_at:
        return f"suppressed: {destination.suppressed_why}"
    return f"bad: {destination.bad_why}" if destination.bad_at else None
