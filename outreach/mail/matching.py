"""Whose is this mail? The rules in their order; which one found it, and how sure that is, is kept.

From is what anybody may write: alone it finds an account only where SPF or DKIM vouch for it (trust.md 4).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.ledger import letters
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.letters import Letter
from outreach.ledger.receivables import Account, Invoice
from outreach.mail import authentication, ses_mail, smtp_mail
from outreach.mail.addresses import letter_of
from outreach.mail.incoming import Incoming
from outreach.mail.sendgrid_mail import NAME as SENDGRID

PROVIDERS = (SENDGRID, ses_mail.NAME, smtp_mail.NAME)
_PUBLIC_LISTED = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com aol.com icloud.com
    me.com gmx.com gmx.de web.de proton.me protonmail.com mail.com comcast.net att.net verizon.net
"""
PUBLIC = frozenset(_PUBLIC_LISTED.split())
"""domains whose people have nothing to do with one another"""
_NUMBER = re.compile(r"(?<![\w@.-])[A-Za-z0-9][A-Za-z0-9/_-]{2,39}(?![\w@])")
MOST_NUMBERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`account_id` None: it must be looked at; `suggested_id` is the best guess."""

    rule: str = ""
    confidence: float = 0.0
    account_id: int | None = None
    suggested_id: int | None = None
    letter: Letter | None = None
    contact_id: int | None = None
    destination_id: int | None = None
    """the sender's address, where we know it"""

    @property
    def is_stranger(self) -> bool:
        """No contact of that account writes from this address."""
        return self.account_id is not None and self.contact_id is None


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who From says it is."""

    destination_id: int | None
    contacts: Sequence[tuple[int, int]]
    """contact and account, the account's first choice first"""


def match(session: Session, mail: Incoming, words: str, keys: Sequence[str]) -> Match:
    """Find its account. `words`: their own; `keys` sign our reply addresses."""
    sender = _sender(session, mail.sender)
    named = _accounts_named(session, f"{mail.subject}\n{words}")
    ids = [id_ for address in mail.route.to if (id_ := letter_of(address, keys))]
    if ids and (letter := session.get(Letter, ids[0])):
        return _of_letter("reply address", 0.99, letter, sender, named)
    if mail.refs and (thread := letters.by_message_ids(session, mail.refs, PROVIDERS)):
        return _of_letter("thread", 0.9, thread, sender, named)
    if found := _of_sender(session, mail, sender, named):
        return found
    return _of_invoice(session, mail, sender, named)


def _of_letter(rule: str, sure: float, letter: Letter, sender: _Sender, named: Collection[int]) -> Match:
    """Of the accounts a letter speaks of, the one whose invoice they name, else its first."""
    covered = [int(id_) for id_ in letter.covers] or [letter.account_id]
    chosen = next((id_ for id_ in covered if len(covered) > 1 and id_ in named), letter.account_id)
    contact = _contact(sender, [chosen, *covered])
    return Match(
        rule=rule,
        confidence=sure if contact else sure - 0.2,
        account_id=chosen,
        letter=letter,
        contact_id=contact,
        destination_id=sender.destination_id,
    )


def _of_sender(session: Session, mail: Incoming, sender: _Sender, named: Collection[int]) -> Match | None:
    accounts = list(dict.fromkeys(account for _, account in sender.contacts))
    if not accounts:
        return None
    chosen = next((id_ for id_ in accounts if id_ in named), accounts[0])
    certain = len(_customers(session, accounts)) == 1 or chosen in named
    trusted = certain and authentication.is_verified(mail)
    return Match(
        rule="sender" if trusted else "",
        confidence=0.8 if trusted else 0.0,
        account_id=chosen if trusted else None,
        suggested_id=None if trusted else chosen,
        contact_id=_contact(sender, [chosen]) if trusted else None,
        destination_id=sender.destination_id,
    )


def _of_invoice(session: Session, mail: Incoming, sender: _Sender, named: Collection[int]) -> Match:
    """An invoice number is no secret: it counts for a verified colleague of somebody we know there."""
    if len(_customers(session, named)) != 1:
        return Match(destination_id=sender.destination_id)
    chosen = min(named)
    if not (authentication.is_verified(mail) and _is_colleague(session, mail.sender, named)):
        return Match(suggested_id=chosen, destination_id=sender.destination_id)
    return Match(rule="invoice", confidence=0.6, account_id=chosen, destination_id=sender.destination_id)


def _sender(session: Session, address: str) -> _Sender:
    known = (Destination.kind == "email", Destination.address == address)
    destination_id = session.scalars(select(Destination.id).where(*known)).first() if address else None
    if destination_id is None:
        return _Sender(None, ())
    query = select(Contact.id, Contact.account_id).where(Contact.email_id == destination_id)
    rows = session.execute(query.where(Contact.left_on.is_(None)).order_by(Contact.rank, Contact.id))
    return _Sender(destination_id, [(contact, account) for contact, account in rows])


def _contact(sender: _Sender, accounts: Sequence[int]) -> int | None:
    return next((contact for id_ in accounts for contact, of in sender.contacts if of == id_), None)


def _accounts_named(session: Session, words: str) -> set[int]:
    """Accounts of which an invoice is named. Short bare numbers are days and amounts."""
    found = dict.fromkeys(one for one in _NUMBER.findall(words[:50_000]) if _is_number(one))
    numbers = {spelled for one in list(found)[:MOST_NUMBERS] for spelled in (one, one.upper())}
    if not numbers:
        return set()
    return set(session.scalars(select(Invoice.account_id).where(Invoice.number.in_(numbers)).limit(50)))


def _is_number(word: str) -> bool:
    digits = sum(character.isdigit() for character in word)
    return digits >= 3 and (not word.isdigit() or digits >= 5)


def _customers(session: Session, account_ids: Collection[int]) -> set[int]:
    of = func.coalesce(Account.parent_id, Account.id)
    return set(session.scalars(select(of).where(Account.id.in_(list(account_ids)))))


def _is_colleague(session: Session, address: str, accounts: Collection[int]) -> bool:
    domain = address.rpartition("@")[2]
    if not domain or domain in PUBLIC:
        return False
    there = or_(Destination.address.endswith(f"@{domain}", autoescape=True))
    query = select(Contact.id).join(Destination, Destination.id == Contact.email_id)
    return (
        session.scalars(query.where(Contact.account_id.in_(list(accounts)), there).limit(1)).first()
        is not None
    )
