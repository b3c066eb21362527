"""`outreach bench`: how fast the heavy runs are on this machine, and on your database."""

from typing import Any

import click

from outreach.cli.output import Failure, json_option, print_json, print_table


@click.group("bench")
def bench_command() -> None:
    """Measure the heavy runs."""


@bench_command.command("plan")
@click.option("--invoices", default=1_000_000, show_default=True, type=click.IntRange(min=100))
@click.option("--accounts", default=100_000, show_default=True, type=click.IntRange(min=10))
@click.option("--reps", default=200, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=7, show_default=True)
@click.option(
    "--url", help="An empty database, as postgresql+psycopg://...; default: SQLite in a new folder."
)
@json_option
def bench_plan_command(
    invoices: int, accounts: int, reps: int, seed: int, url: str | None, as_json: bool
) -> None:
    """Plan a first and an ordinary day of a large ledger, beside the bare set-based statement."""
    from bench import plan
    from bench.ledger import Shape

    shape = Shape(invoices=invoices, accounts=accounts, reps=reps, seed=seed)
    try:
        document = plan.run(shape, url=url, say=lambda words: click.echo(words, err=True))
    except plan.NotEmptyError as mistake:
        raise Failure(str(mistake), exit_code=2) from None
    print_json(document) if as_json else _print(document)


def _print(document: dict[str, Any]) -> None:
    click.echo(f"{document['database']}: {document['size']}\n{document['data']}")
    rows = [
        (
            one["what"],
            f"{one['seconds']:.2f}",
            f"{one['cpu_seconds']:.2f}",
            f"{one['ratio']:.1f}",
            *_rest(one),
        )
        for one in document["figures"]
    ]
    print_table(("", "seconds", "cpu", "ratio", "peak MiB", "rows written", "calls", "letters"), rows)


def _rest(figure: dict[str, Any]) -> tuple[str, str, str, str]:
    came_to = figure["came_to"]
    touches = came_to.get("touches", {})
    written = came_to.get("written", "")
    peak = f"{figure['peak_mib']:.0f}"
    return peak, str(written), str(touches.get("call", "")), str(touches.get("email", ""))
