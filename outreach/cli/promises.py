"""`outreach promise`: what customers said they will pay, and what became of it."""

from datetime import date

import click

from outreach.campaigns.agreements import commitments, promising
from outreach.cli.acting import acting, by_option
from outreach.cli.agreements import (
    account_option,
    every_option,
    invoices_option,
    locked,
    number_argument,
    show,
    told,
    why_option,
)
from outreach.cli.options import DAY
from outreach.cli.output import Failure, json_option
from outreach.ledger import undertaken
from outreach.ledger.commitments import Promise


@click.group("promise")
def promise_command() -> None:
    """Promises to pay."""


@promise_command.command("list")
@account_option
@every_option
@json_option
def promise_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """What was promised, for when, and what became of it."""
    show(undertaken.promises, account, every, as_json)


@promise_command.command("take")
@click.argument("account")
@click.option("--due", type=DAY, required=True, help="The day on which they will pay.")
@click.option("--amount", help="As 1200.50; default: all of it.")
@invoices_option
@click.option("--words", default="", help="What they said.")
@by_option
def promise_take_command(
    account: str, due: date, amount: str | None, invoices: str | None, words: str, login: str
) -> None:
    """Write down that ACCOUNT will pay: it is not asked for until the day after."""
    with acting(login) as here:
        found = here.account(account)
        chosen = here.invoices(found, invoices)
        if len({one.currency for one in chosen}) != 1:
            raise Failure("name what they will pay with --invoices: open ones, all of one currency", 2)
        talk = told(here, found.id, found.rep_id, words)
        minor = here.amount(amount, chosen[0].currency)
        commitments.promise(talk, chosen, due, minor)
        commitments.write_entry(talk, "promise taken", chosen, due)
    click.echo(f"Promised for {due}.")


@promise_command.command("agree")
@number_argument
@by_option
def promise_agree_command(number: int, login: str) -> None:
    """Agree to promise NUMBER, which lies further ahead than a rep may agree to."""
    with acting(login) as here:
        promise = locked(here, Promise, number)
        promising.agree(here.session, promise, by=here.by, now=here.now)
    click.echo(f"Agreed: it holds through {promise.grace_on}.")


@promise_command.command("withdraw")
@number_argument
@why_option
@by_option
def promise_withdraw_command(number: int, reason: str, login: str) -> None:
    """Promise NUMBER was none: what it held is asked for again."""
    with acting(login) as here:
        promise = locked(here, Promise, number)
        promising.withdraw(here.session, promise, reason, by=login, now=here.now, policy=here.policy)
    click.echo("Withdrawn: what it held is asked for again.")
