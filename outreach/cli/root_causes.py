"""`outreach root-causes`: why it is not paid, by amount."""

from datetime import date
from typing import Any

import click

from outreach.cli.asking import at_desk
from outreach.cli.options import DAY
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger import policies, root_causes
from outreach.ledger.root_causes import Sum
from outreach.rules import money
from outreach.rules.money import Rates


@click.command("root-causes")
@click.option("--from", "first", type=DAY, help="Told on this day or later.")
@click.option("--to", "last", type=DAY, help="Told on this day or before.")
@json_option
def root_causes_command(first: date | None, last: date | None, as_json: bool) -> None:
    """Why invoices are not paid, the largest amounts first; each counts once, by the newest word on it."""
    if first and last and last < first:
        raise Failure("--to is before --from: swap them", exit_code=2)
    with at_desk() as desk, desk.ledger.reading() as session:
        rates, today = policies.in_force(session).rates, desk.today
        found = sorted(root_causes.sums(session, first, last), key=lambda one: -one.about_usd(rates, today))
    rows = [_row(one, rates, today) for one in found]
    if as_json:
        span = {"from": first and first.isoformat(), "to": last and last.isoformat()}
        print_json(span | {"causes": rows})
        return
    columns = ("cause", "about_usd", "unrated", "invoices", "accounts")
    told = [
        row | {"unrated": ", ".join(f"{it} {name}" for name, it in row["unrated"].items())} for row in rows
    ]
    titles = ("cause", "about USD", "without a rate", "invoices", "customers")
    print_table(titles, [[row[name] for name in columns] for row in told])


def _row(one: Sum, rates: Rates, on: date) -> dict[str, Any]:
    return {
        "cause": one.cause,
        "accounts": one.accounts,
        "invoices": one.invoices,
        "amounts": {name: money.decimal(minor, name) for name, minor in one.amounts.items()},
        "about_usd": money.decimal(one.about_usd(rates, on), "USD"),
        "unrated": {name: money.decimal(minor, name) for name, minor in one.unrated(rates, on).items()},
    }
