"""`outreach bench`: how fast the heavy runs are on this machine, and on your database."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click

from outreach.cli.options import DAY
from outreach.cli.output import Failure, json_option, print_json, print_table


@click.group("bench")
def bench_command() -> None:
    """Measure the heavy runs."""


url_option = click.option(
    "--url", help="An empty database, as postgresql+psycopg://...; default: SQLite in a new folder."
)


@bench_command.command("plan")
@click.option("--invoices", default=1_000_000, show_default=True, type=click.IntRange(min=100))
@click.option("--accounts", default=100_000, show_default=True, type=click.IntRange(min=10))
@click.option("--reps", default=200, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=7, show_default=True)
@url_option
@json_option
def bench_plan_command(
    invoices: int, accounts: int, reps: int, seed: int, url: str | None, as_json: bool
) -> None:
    """Plan a first and an ordinary day of a large ledger, beside the bare set-based statement."""
    from bench import plan
    from bench.ledger import Shape

    shape = Shape(invoices=invoices, accounts=accounts, reps=reps, seed=seed)
    document = _run(partial(plan.run, shape, url=url))
    print_json(document) if as_json else _print_plan(document)


@bench_command.command("import")
@click.option("--rows", default=1_000_000, show_default=True, type=click.IntRange(min=100))
@url_option
@json_option
def bench_import_command(rows: int, url: str | None, as_json: bool) -> None:
    """Import a large file twice, beside a bare load, while somebody works on the pages."""
    from bench import imports

    document = _run(partial(imports.run, rows, url=url))
    print_json(document) if as_json else _print_figures(document)


@bench_command.command("letters")
@click.option("--seconds", default=5.0, show_default=True, type=click.FloatRange(min=0.5), help="Each way.")
@click.option("--accounts", default=40_000, show_default=True, type=click.IntRange(min=100))
@url_option
@json_option
def bench_letters_command(seconds: float, accounts: int, url: str | None, as_json: bool) -> None:
    """Send letters in batches of 1, 10 and 20, beside a plain loop over SendGrid's own client."""
    from bench import letters

    document = _run(partial(letters.run, seconds, accounts=accounts, url=url))
    print_json(document) if as_json else _print_figures(document)


@bench_command.command("webhooks")
@click.option("--posts", default=20_000, show_default=True, type=click.IntRange(min=100))
@url_option
@json_option
def bench_webhooks_command(posts: int, url: str | None, as_json: bool) -> None:
    """Post signed reports to the door, beside a bare Flask route behind the same server."""
    from bench import webhooks

    document = _run(partial(webhooks.run, posts, url=url))
    print_json(document) if as_json else _print_figures(document)


@bench_command.command("dial")
@click.option("--clicks", default=120, show_default=True, type=click.IntRange(min=2), help="One a rep.")
@click.option(
    "--rate", default=8.0, show_default=True, type=click.FloatRange(min=0.1), help="Clicks a second."
)
@url_option
@json_option
def bench_dial_command(clicks: int, rate: float, url: str | None, as_json: bool) -> None:
    """Click on the desk, and time until the carrier has the request."""
    from bench import dial

    document = _run(partial(dial.run, clicks, a_second=rate, url=url))
    print_json(document) if as_json else print_table(("", ""), [*_flat(document)])


@bench_command.command("order")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "first", type=DAY, required=True)
@click.option("--to", "last", type=DAY, required=True)
@json_option
def bench_order_command(file: Path, first: date, last: date, as_json: bool) -> None:
    """How much lateness each order within a tier captures: FILE, a history of paid invoices, replayed."""
    from bench import order

    document = _run(partial(order.run, file, first, last))
    print_json(document) if as_json else _print_figures(document)


def _run(bench: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    from bench.ledger import NotEmptyError

    try:
        return bench(say=lambda words: click.echo(words, err=True))
    except NotEmptyError as mistake:
        raise Failure(str(mistake), exit_code=2) from None


def _print_figures(document: dict[str, Any]) -> None:
    """Figures of one shape as a table; what stands beside them above it."""
    figures = document.pop("figures")
    for name, value in _flat(document):
        click.echo(f"{name}: {value}")
    print_table(tuple(figures[0]), [tuple(map(str, one.values())) for one in figures])


def _flat(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        words = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
        yield name.replace("_", " "), words


def _print_plan(document: dict[str, Any]) -> None:
    click.echo(f"{document['database']}: {document['size']}\n{document['data']}")
    rows = [
        (
            one["what"],
            f"{one['seconds']:.3f}",
            f"{one['cpu_seconds']:.3f}",
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
    calls = touches.get("call", came_to.get("calls", ""))
    return peak, str(written), str(calls), str(touches.get("email", ""))
