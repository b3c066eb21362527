"""Who acts by a command, and on what: one person, one transaction, the locks of one account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click
from sqlalchemy.orm import Session

from outreach import settings
from outreach.bootstrap import clock_of, ledger_only
from outreach.cli.output import Failure
from outreach.ledger import naming, papers, receivables
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.locks import lock_accounts
from outreach.ledger.naming import Unclear
from outreach.ledger.papers import Paper
from outreach.ledger.people import User
from outreach.ledger.policies import in_force
from outreach.ledger.receivables import Account, Invoice
from outreach.rules import money
from outreach.rules.policy import Policy

by_option = click.option("--by", "login", required=True, help="Your login: it stands in the log.")


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody at work in one transaction."""

    session: Session
    by: User
    now: datetime
    policy: Policy

    def account(self, number: str) -> Account:
        """Locked, with its parent. Raises Unclear."""
        found = naming.account(self.session, number)
        self.lock(found)
        return found

    def lock(self, account: Account) -> None:
        lock_accounts(self.session, [id_ for id_ in (account.id, account.parent_id) if id_])

    def invoices(self, account: Account, numbers: str | None) -> list[Invoice]:
        """Open ones of the account and its children: those named, separated by commas; else what is past
        due. Raises Failure for one that is not among them."""
        family = receivables.open_of_family(self.session, account.id)
        if numbers is None:
            return [one for one in family if one.due_on < self.policy.today(self.now)]
        named = {number.strip() for number in numbers.split(",") if number.strip()}
        if not named:
            raise Failure(f"{numbers!r} names no invoice: write their numbers with commas between", 2)
        if missing := ", ".join(sorted(named - {one.number for one in family})):
            raise Failure(f"{account.number} has no open invoice {missing}", exit_code=2)
        return [one for one in family if one.number in named]

    def invoice(self, account: Account, number: str) -> Invoice:
        """The open one of this number, of the account or a child. Raises Failure."""
        family = receivables.open_of_family(self.session, account.id)
        found = [one for one in family if one.number == number.strip()]
        if not found:
            raise Failure(f"{account.number} has no open invoice {number or 'without a number'}", 2)
        if len(found) > 1:
            raise Failure(f"there are several open invoices {number}: name the account it belongs to", 2)
        return found[0]

    def amount(self, text: str | None, currency: str) -> int | None:
        """In minor units. Raises Failure."""
        if text is None:
            return None
        try:
            return money.typed(text, currency)
        except money.MoneyError as mistake:
            raise Failure(str(mistake), exit_code=2) from None

    def paper(self, kept: "Kept") -> Paper:
        """The row of a document that lies on disk already."""
        return papers.record(self.session, kept.digest, size=kept.size, now=self.now, **ANY_DOCUMENT)


class Kept(NamedTuple):
    """A document on disk."""

    digest: str
    size: int


ANY_DOCUMENT = {"media_type": "application/octet-stream", "retention": "document"}


def keep(file: Path) -> Kept:
    """Put a document on disk, before anything is written about it. Raises Failure."""
    with readable(file), file.open("rb") as content:
        return Kept(*papers.keep(settings.load().files, content))


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """An empty document shows nothing. Raises Failure."""
    try:
        if not file.stat().st_size:
            raise Failure(f"{file} is empty: give the document itself", exit_code=2)
        yield
    except OSError as error:
        raise Failure(f"{file} cannot be read ({error.strerror or error})", exit_code=2) from None


@contextmanager
def acting(login: str) -> Iterator[Acting]:
    """Raises Failure: nobody of that name works here, or what is asked for cannot be done."""
    with ledger_only() as ledger:
        now = clock_of(ledger).now()
        with ledger.writing() as session:
            try:
                yield Acting(session, naming.person(session, login), now, in_force(session).policy)
            except (CommitmentError, Unclear) as error:
                raise Failure(str(error), exit_code=2) from None
