"""`outreach demo` and `outreach seed`: the whole service on this machine, and nothing leaves it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click

from outreach.bootstrap import ledger_only
from outreach.cli.options import DAY, PORT
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.demo import population
from outreach.demo.day import DayStuckError
from outreach.demo.show import NotEmptyError, Show, headless, interactive
from outreach.demo.stage import StageError
from outreach.intake.problems import FileRefused
from outreach.ledger.clock import WallClock
from outreach.ledger.policies import in_force

FOLDER = Path("var/demo")
tell = partial(click.echo, err=True)


@click.command("demo")
@click.option("--once", is_flag=True, help="Play one day headless, print the summary, exit.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Work these invoices."
)
@click.option("--as-of", type=DAY, help="The day that file speaks of.")
@click.option("--port", type=PORT, default=8000, show_default=True)
@click.option(
    "--accounts", type=int, default=300, show_default=True, help="Generated customers beside the cast."
)
@click.option("--seed", type=int, default=1, show_default=True)
@json_option
def demo_command(once: bool, as_json: bool, **options: Any) -> None:
    """Run everything on loopback with pretended carriers. Needs nothing but this machine."""
    if options["as_of"] and not options["file"]:
        raise Failure("--as-of speaks of a --file: name one", exit_code=2)
    show = Show(folder=FOLDER, **options)
    try:
        if not once:
            with suppress(KeyboardInterrupt):
                interactive(show, tell)
            return
        document = headless(show, tell)
    except (DayStuckError, FileRefused, NotEmptyError, StageError) as trouble:
        raise Failure(str(trouble)) from None
    print_json(document) if as_json else _print_summary(document)
    if document["unresolved"] or document["violations"]:
        raise Failure("the day does not add up: " + "; ".join(document["violations"][:5]))


@click.command("seed")
@click.option("--accounts", type=int, default=300, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--date", "day", type=DAY, help="The day to plan for; default: today.")
def seed_command(accounts: int, seed: int, day: date | None) -> None:
    """Fill an empty database with the demo's people, the cast and generated customers."""
    clock = WallClock()
    with ledger_only() as ledger:
        with ledger.reading() as session:
            today = in_force(session).policy.today(clock.now())
        population.hire(ledger, clock)
        folder = Path("var/seed")
        folder.mkdir(parents=True, exist_ok=True)
        population.bring_cast(ledger, clock, folder, day=day or today, accounts=accounts, seed=seed)
    click.echo(f"Seeded. Everybody's password: {population.PASSWORD}")


def _print_summary(document: Mapping[str, Any]) -> None:
    for name, value in document.items():
        if isinstance(value, dict):
            print_table((name.replace("_", " "), ""), sorted(value.items()))
        elif not isinstance(value, list):
            click.echo(f"{name.replace('_', ' ')}: {value}")
    if not document["violations"]:
        click.echo(
            "It adds up: every planned touch has an end, and the carriers' own list agrees with our log."
        )
