"""What the commands about promises, disputes, payment plans and issues share."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.orm import Session

from outreach.campaigns.agreements.commitments import Told
from outreach.cli.acting import Acting
from outreach.cli.asking import at_desk
from outreach.cli.options import NUMBER, WORDS
from outreach.cli.output import Failure, print_json, print_table
from outreach.ledger import naming
from outreach.ledger.commitments import Dispute, Promise
from outreach.ledger.issues import InvoiceIssue
from outreach.ledger.payment_plans import PaymentPlan
from outreach.ledger.receivables import Account
from outreach.ledger.undertaken import Line, Which

Row = TypeVar("Row", Promise, Dispute, PaymentPlan, InvoiceIssue)

number_argument = click.argument("number", type=NUMBER)
account_option = click.option("--account", help="Of this account only.")
every_option = click.option("--all", "every", is_flag=True, help="Those that are over, too.")
why_option = click.option("--reason", type=WORDS, required=True, help="Why: it stands in the log.")
invoices_option = click.option(
    "--invoices", help="Numbers, separated by commas; default: all that is past due."
)
file_option = click.option(
    "--document", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that shows it."
)


def told(here: Acting, account_id: int, owner_id: int | None, words: str) -> Told:
    return Told(
        session=here.session,
        account_id=account_id,
        owner_id=owner_id,
        source="supervisor" if here.by.may_decide else "call",
        words=words,
        by=here.by.login,
        on=here.policy.today(here.now),
        now=here.now,
        policy=here.policy,
    )


def locked(here: Acting, table: type[Row], number: int) -> Row:
    """By its number, its account locked. Raises Failure."""
    found = here.session.get(table, number)
    if found is None:
        raise Failure(f"there is no such number as {number}: see the list", exit_code=2)
    here.lock(here.session.get_one(Account, found.account_id))
    here.session.refresh(found)  # as it stands now that nobody else changes it
    return found


def show(
    read: Callable[[Session, Which], list[Line]], account: str | None, every: bool, as_json: bool
) -> None:
    with at_desk() as desk, desk.ledger.reading() as session:
        number = naming.account(session, account).number if account else None
        lines = read(session, Which(number, every))
    if as_json:
        print_json(lines)
    elif lines:
        print_table(tuple(lines[0]), [tuple(map(_cell, line.values())) for line in lines])
    else:
        click.echo("There is none.")


def _cell(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(_cell_of(one) for one in value)
    return value


def _cell_of(one: object) -> str:
    if not isinstance(one, dict):
        return str(one)
    return f"{one['due_on']} {one['amount']}{' paid' if one['paid'] else ''}"
