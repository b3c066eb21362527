"""`outreach issue`: what we owe a customer before a final invoice can be paid."""

from pathlib import Path

import click

from outreach.campaigns.agreements import issues
from outreach.cli.acting import acting, by_option, keep
from outreach.cli.agreements import (
    account_option,
    every_option,
    file_option,
    locked,
    number_argument,
    show,
    why_option,
)
from outreach.cli.output import json_option
from outreach.ledger import undertaken
from outreach.ledger.issues import InvoiceIssue
from outreach.rules.issues import IssueKind


@click.group("issue")
def issue_command() -> None:
    """Issues on final invoices: what we owe the customer before they can pay."""


@issue_command.command("list")
@account_option
@every_option
@json_option
def issue_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """What is missing, whose it is, and by when."""
    show(undertaken.issues, account, every, as_json)


@issue_command.command("open")
@click.argument("account")
@click.argument("invoice")
@click.option("--kind", type=click.Choice([one.value for one in IssueKind]), required=True)
@click.option("--note", default="")
@by_option
def issue_open_command(account: str, invoice: str, kind: str, note: str, login: str) -> None:
    """Open an issue on final INVOICE of ACCOUNT: its dunning waits, its aging does not."""
    with acting(login) as here:
        found = here.invoice(here.account(account), invoice)
        issue = issues.open_issue(
            here.session, found, IssueKind(kind), note, by=login, now=here.now, policy=here.policy
        )
        number, due_on = issue.id, issue.due_on
    click.echo(f"Issue {number}, due on {due_on}.")


@issue_command.command("renew")
@number_argument
@why_option
@by_option
def issue_renew_command(number: int, reason: str, login: str) -> None:
    """Let issue NUMBER hold its invoice for longer."""
    with acting(login) as here:
        issue = locked(here, InvoiceIssue, number)
        issues.renew(here.session, issue, reason, by=login, now=here.now, policy=here.policy)
        until = issue.holds_until
    click.echo(f"It holds through {until}.")


@issue_command.command("close")
@number_argument
@file_option
@by_option
def issue_close_command(number: int, document: Path | None, login: str) -> None:
    """Close issue NUMBER with the document that settles it."""
    kept = keep(document) if document else None
    with acting(login) as here:
        paper = here.paper(kept) if kept else None
        issue = locked(here, InvoiceIssue, number)
        issues.close(here.session, issue, paper, by=login, now=here.now, policy=here.policy)
    click.echo("Closed: the invoice is asked for again.")
