"""`outreach import`, `contacts`, `assign`: what the organization knows, brought in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from outreach.bootstrap import clock_of, ledger_only
from outreach.campaigns.planning.settling import settle
from outreach.campaigns.suspension import daily
from outreach.cli.asking import operator
from outreach.cli.options import DAY
from outreach.cli.output import Failure, json_option, print_json, print_table, progress_bar
from outreach.intake.assigning import Assignment, assign, assign_file
from outreach.intake.contact_loading import load_contacts
from outreach.intake.importing import import_file, parse_control_total
from outreach.intake.problems import FileRefused, Problem
from outreach.intake.run import Progress
from outreach.ledger.base import Ledger

SHOWN = 20
"""problems printed; --json has the first thousand"""

file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
mapping_option = click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Columns by name (TOML)."
)


@click.command("import")
@file_argument
@click.option("--source", default="ledger", show_default=True, help="Whose file it is.")
@click.option("--as-of", type=DAY, help="The day the file speaks of; default: its title rows', else today.")
@click.option("--date-order", type=click.Choice(["ymd", "dmy", "mdy"]), help="Where two orders would fit.")
@mapping_option
@click.option("--control-total", "totals", multiple=True, metavar="CUR=AMT", help="What it must add up to.")
@click.option("--accept-closed", is_flag=True, help="Let more than 20 % of what was open vanish.")
@click.option("--dry-run", is_flag=True, help="Tell what would change; change nothing.")
@json_option
def import_command(file: Path, totals: Sequence[str], as_json: bool, **options: Any) -> None:
    """Bring FILE, the open invoices of your ledger, in. The same file twice changes nothing."""
    control_totals = _control_totals(totals)
    with at_work("Importing") as (ledger, progress):
        result = import_file(
            ledger,
            file,
            clock=clock_of(ledger),
            actor=operator(),
            control_totals=control_totals,
            progress=progress,
            **options,
        )
        if not options["dry_run"]:
            settle(ledger, clock_of(ledger).now())  # what the file tells of promises and plans
            daily.run(ledger, now=clock_of(ledger).now())
    document = result.document()
    print_json(document) if as_json else _print_import(document)


@click.command("contacts")
@file_argument
@mapping_option
@json_option
def contacts_command(file: Path, mapping: Path | None, as_json: bool) -> None:
    """Bring FILE, the people to call and write to, in.

    Its columns: account,name,role,order,purposes,phone,extension,email,country,state,postal_code,timezone,
    language,do_not_call,do_not_mail. The lowest order that fits is used.
    """
    with at_work("Reading contacts") as (ledger, progress):
        result = load_contacts(
            ledger, file, clock=clock_of(ledger), actor=operator(), mapping=mapping, progress=progress
        )
    counts = {name: getattr(result, name) for name in ("rows", "created", "updated", "unchanged")}
    if as_json:
        columns: dict[str, Any] = {"columns": result.columns}
        print_json(counts | columns | {"problems": listed(result.problems), "warnings": result.warnings})
        return
    print_table((*counts,), [(*counts.values(),)])
    print_problems(listed(result.problems), result.warnings)


@click.command("assign")
@click.argument("account", required=False)
@click.argument("rep", required=False)
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="CSV: account, rep.")
@click.option("--introduce", is_flag=True, help="Each rep introduces themselves, by mail and by phone.")
@json_option
def assign_command(
    account: str | None, rep: str | None, file: Path | None, introduce: bool, as_json: bool
) -> None:
    """Give ACCOUNT to REP, or the accounts of a file to theirs."""
    if (file is None) == (account is None or rep is None):
        raise Failure("name an account and a rep, or give --file", exit_code=2)
    with at_work("Assigning") as (ledger, _):
        how: dict[str, Any] = {"clock": clock_of(ledger), "actor": operator(), "introduce": introduce}
        if file:
            result = assign_file(ledger, file, **how)
        else:
            result = assign(ledger, [Assignment(str(account), str(rep))], **how)
    if result.problems and not file:
        problem = result.problems[0]
        raise Failure(f"{problem.value}: {problem.why}", exit_code=2)
    if as_json:
        names = ("assigned", "unchanged", "introduced")
        counts: dict[str, Any] = {name: getattr(result, name) for name in names}
        print_json(counts | {"problems": listed(result.problems)})
        return
    click.echo(f"{result.assigned} accounts given away, {result.unchanged} stay where they were.")
    if introduce:
        click.echo(f"To {result.introduced} the rep introduces themselves with the next plan.")
    print_problems(listed(result.problems), [])


def _control_totals(texts: Sequence[str]) -> dict[str, int]:
    try:
        found = dict(parse_control_total(text) for text in texts)
    except FileRefused as mistake:
        raise Failure(str(mistake), exit_code=2) from None
    if len(found) < len(texts):
        raise Failure("a currency has two control totals: give one for each", exit_code=2)
    return found


@contextmanager
def at_work(what: str) -> Iterator[tuple[Ledger, Progress]]:
    """A ledger and a bar; a file that is refused becomes its sentence."""
    with ledger_only() as ledger, progress_bar(what) as show:
        try:
            yield ledger, _named(show)
        except FileRefused as refused:
            raise Failure(str(refused)) from None


def _named(show: Callable[[int, int | None], None]) -> Progress:
    return lambda _what, done, total: show(done, total)


def listed(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Problems as JSON has them."""
    return [{"line": p.line, "column": p.column, "value": p.value, "why": p.why} for p in problems]


def _print_import(document: Mapping[str, Any]) -> None:
    totals = (
        ", ".join(f"{amount} {currency}" for currency, amount in document["open_total"].items()) or "nothing"
    )
    opened = document["open"]
    click.echo(
        f"{document['file']}, a {document['form']} as of {document['as_of']}: {document['rows']} rows, "
        f"{_counted(opened['invoices'], 'open invoice')}, {_counted(opened['credits'], 'credit')} "
        f"of {_counted(opened['accounts'], 'customer')}, {totals}."
    )
    for what in ("accounts", "invoices"):
        counts = ", ".join(f"{n} {how}" for how, n in document[what].items() if n) or "none"
        click.echo(f"{what.capitalize()}: {counts}.")
    if rules := [one for one in document["kinds_by"] if one["by"]]:
        shown = ", ".join(f"{one['invoices']} {one['kind']} ({one['by']})" for one in rules)
        click.echo(f"Kinds: {shown}.")
    _print_guess(document)
    print_problems(document["problems"], document["warnings"])


def _print_guess(document: Mapping[str, Any]) -> None:
    """What each of our columns was read from, since only a person can see that it is the wrong one."""
    click.echo(f"Dates read as {document['date_order']}, columns as below; a mapping file overrules both:")
    print_table(("our column", "header in the file"), [*document["columns"].items()])


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def print_problems(problems: Sequence[Mapping[str, object]], warnings: Sequence[str]) -> None:
    """What a person should know of a file that came in, the first problems of many."""
    for warning in warnings:
        click.echo(f"Warning: {warning}")
    if problems:
        click.echo(f"{len(problems)} rows were left out:")
        print_table(("line", "column", "value", "why"), [(*one.values(),) for one in problems[:SHOWN]])
    if len(problems) > SHOWN:
        click.echo(f"and {len(problems) - SHOWN} more; --json lists them")
