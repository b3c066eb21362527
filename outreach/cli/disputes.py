"""`outreach dispute`: what they say is wrong, looked into and resolved."""

from pathlib import Path

import click

from outreach.campaigns.agreements import commitments, disputing
from outreach.campaigns.agreements.disputing import Resolution
from outreach.cli.acting import acting, by_option, keep
from outreach.cli.agreements import (
    account_option,
    every_option,
    file_option,
    locked,
    number_argument,
    show,
    told,
    why_option,
)
from outreach.cli.options import WORDS
from outreach.cli.output import json_option
from outreach.ledger import naming, undertaken
from outreach.ledger.commitments import Dispute


@click.group("dispute")
def dispute_command() -> None:
    """Disputes: each holds what is disputed, and nothing else."""


@dispute_command.command("list")
@account_option
@every_option
@json_option
def dispute_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """What is disputed, why, and by when somebody has looked into it."""
    show(undertaken.disputes, account, every, as_json)


@dispute_command.command("open")
@click.argument("account")
@click.option("--invoices", required=True, help="Numbers, separated by commas.")
@click.option("--amount", help="A part of one invoice, as 1200.50; default: the whole.")
@click.option("--reason", type=WORDS, required=True, help="What they say is wrong.")
@click.option("--owner", metavar="LOGIN", help="Who looks into it; default: the account's rep.")
@file_option
@by_option
def dispute_open_command(
    account: str,
    invoices: str,
    amount: str | None,
    reason: str,
    owner: str | None,
    document: Path | None,
    login: str,
) -> None:
    """ACCOUNT disputes these invoices, or a part of one."""
    kept = keep(document) if document else None
    with acting(login) as here:
        found = here.account(account)
        chosen = here.invoices(found, invoices)
        part = here.amount(amount, chosen[0].currency)
        owner_id = naming.person(here.session, owner).id if owner else found.rep_id
        talk = told(here, found.id, owner_id, reason)
        evidence = here.paper(kept) if kept else None
        due_on = commitments.dispute(talk, chosen, reason, part, evidence)
        commitments.write_entry(talk, "dispute opened", chosen, due_on, evidence)
    click.echo(f"In dispute, to be looked into by {due_on}.")


@dispute_command.command("resolve")
@number_argument
@click.option("--how", type=click.Choice([one.value for one in Resolution]), required=True)
@why_option
@file_option
@by_option
def dispute_resolve_command(number: int, how: str, reason: str, document: Path | None, login: str) -> None:
    """End dispute NUMBER: what it held is asked for again, at its true days past due."""
    kept = keep(document) if document else None
    with acting(login) as here:
        evidence = here.paper(kept) if kept else None
        proposed = disputing.resolve(
            here.session,
            locked(here, Dispute, number),
            Resolution(how),
            reason,
            evidence=evidence,
            by=login,
            now=here.now,
            policy=here.policy,
        )
    click.echo(f"Resolved. A day to propose for the payment: {proposed}.")
