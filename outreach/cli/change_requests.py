"""`outreach change`: what Billing or Sales are asked to put right."""

from datetime import date
from typing import Any

import click

from outreach.campaigns.agreements import change_requests as campaign
from outreach.campaigns.agreements.change_requests import Wish
from outreach.cli.asking import at_desk, by_option
from outreach.cli.options import DAY, NUMBER, WORDS
from outreach.cli.output import json_option, print_json, print_table
from outreach.ledger import change_requests
from outreach.ledger.change_requests import TEAMS, WHATS, ChangeRequest
from outreach.ledger.receivables import Account


@click.group("change")
def change_command() -> None:
    """Changes asked of Billing or Sales: each closes when a file shows it."""


@change_command.command("request")
@click.argument("account")
@click.option("--what", type=click.Choice(WHATS), required=True)
@click.option("--to", "value", required=True, help="What the next file is to show.")
@click.option("--team", type=click.Choice(TEAMS), required=True)
@click.option("--reason", "why", type=WORDS, required=True)
@click.option("--invoice", help="For a PO or a tax: the invoice's number.")
@click.option("--owner", metavar="LOGIN", help="Who sees to it; default: the account's rep.")
@click.option("--due", "due_on", type=DAY, help="By when; default: 5 business days.")
@by_option
def change_request_command(due_on: date | None, by: str, **wish: Any) -> None:
    """Ask for a change of ACCOUNT's PO, tax, contact or address."""
    with at_desk() as desk, desk.ledger.writing() as session:
        asked = campaign.request(session, Wish(due_on=due_on, **wish), desk.policy, by=by, now=desk.now)
    click.echo(f"Change {asked.id} is asked for, due {asked.due_on}.")


@change_command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that have ended, too.")
@json_option
def change_list_command(everything: bool, as_json: bool) -> None:
    """What is asked for, the first due first."""
    with at_desk() as desk, desk.ledger.reading() as session:
        rows = [_row(*found) for found in change_requests.listed(session, everything=everything)]
    if as_json:
        print_json(rows)
    else:
        columns = ("id", "account", "invoice", "what", "value", "team", "due_on", "state", "ended_by")
        print_table(columns, [[row[name] for name in columns] for row in rows])


@change_command.command("cancel")
@click.argument("request_id", metavar="ID", type=NUMBER)
@by_option
@click.option("--reason", type=WORDS, required=True)
def change_cancel_command(request_id: int, by: str, reason: str) -> None:
    """Take a request back."""
    with at_desk() as desk, desk.ledger.writing() as session:
        campaign.cancel(session, request_id, by=by, why=reason, now=desk.now)
    click.echo(f"Change {request_id} is canceled.")


def _row(it: ChangeRequest, account: Account, invoice: str | None) -> dict[str, Any]:
    return {
        "id": it.id,
        "account": account.number,
        "invoice": invoice,
        "what": it.what,
        "value": it.value,
        "team": it.team,
        "why": it.why,
        "due_on": it.due_on.isoformat(),
        "state": it.state,
        "asked_by": it.asked_by,
        "ended_at": it.ended_at and it.ended_at.isoformat(),
        "ended_by": it.ended_by,
        "ended_why": it.ended_why,
    }
