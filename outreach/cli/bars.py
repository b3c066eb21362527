"""`outreach bar`: accounts that nobody may contact, by a legal hold or for insolvency."""

import click

from outreach.campaigns.agreements import barring
from outreach.campaigns.agreements.barring import Bar
from outreach.cli.acting import acting, by_option
from outreach.cli.agreements import why_option
from outreach.cli.asking import at_desk
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger import naming, receivables

bar_argument = click.argument("bar", type=click.Choice([one.value.replace(" ", "-") for one in Bar]))
COLUMNS = ("account", "name", "bar", "since")


@click.group("bar")
def bar_command() -> None:
    """Accounts that nobody may contact: legal hold, insolvency."""


@bar_command.command("begin")
@click.argument("account")
@bar_argument
@why_option
@by_option
def bar_begin_command(account: str, bar: str, reason: str, login: str) -> None:
    """Let nobody call or write to ACCOUNT and its children, but to answer them."""
    with acting(login) as here:
        found, which = naming.account(here.session, account), Bar(bar.replace("-", " "))
        changed = barring.begin(
            here.session, found, which, reason, by=here.by, now=here.now, policy=here.policy
        )
    words = {0: f"{account} was barred so already.", 1: "1 account barred."}
    click.echo(words.get(changed, f"{changed} accounts barred."))


@bar_command.command("lift")
@click.argument("account")
@bar_argument
@why_option
@by_option
def bar_lift_command(account: str, bar: str, reason: str, login: str) -> None:
    """Let ACCOUNT and its children be contacted again: a supervisor's word."""
    with acting(login) as here:
        found, which = naming.account(here.session, account), Bar(bar.replace("-", " "))
        changed = barring.lift(
            here.session, found, which, reason, by=here.by, now=here.now, policy=here.policy
        )
        if not changed:
            raise Failure(f"{account} is under no {which}: see `outreach bar list`", exit_code=2)
    click.echo(f"{changed} accounts may be contacted." if changed != 1 else "1 account may be contacted.")


@bar_command.command("list")
@json_option
def bar_list_command(as_json: bool) -> None:
    """Whom nobody may contact, why and since when."""
    with at_desk() as desk, desk.ledger.reading() as session:
        rows = [
            {"account": number, "name": name, "bar": bar, "since": since.isoformat()}
            for number, name, bar, since in receivables.barred(session)
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
