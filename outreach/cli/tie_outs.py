"""`outreach tie-out`: files whose control totals differ, and a supervisor's word on them."""

from typing import Any

import click

from outreach.cli.asking import at_desk, by_option
from outreach.cli.options import NUMBER
from outreach.cli.output import json_option, print_json, print_table
from outreach.ledger import tie_outs
from outreach.ledger.imports import Import
from outreach.ledger.tie_outs import TieOut
from outreach.rules import money


@click.group("tie-out")
def tie_out_command() -> None:
    """Files that do not add up to their control total: they stop the statements."""


@tie_out_command.command("list")
@json_option
def tie_out_list_command(as_json: bool) -> None:
    """Every difference, those that wait for a supervisor first."""
    with at_desk() as desk, desk.ledger.reading() as session:
        rows = [_row(*found) for found in tie_outs.listed(session)]
    if as_json:
        print_json(rows)
    else:
        columns = ("import", "file", "as_of", "currency", "expected", "found", "acknowledged_by", "why")
        print_table(columns, [[row[name] for name in columns] for row in rows])


@tie_out_command.command("acknowledge")
@click.argument("import_id", metavar="IMPORT", type=NUMBER)
@by_option
@click.option("--reason", required=True, help="Why the difference may stand.")
def tie_out_acknowledge_command(import_id: int, by: str, reason: str) -> None:
    """Say, as a supervisor, that the difference of IMPORT is known: statements leave again."""
    with at_desk() as desk, desk.ledger.writing() as session:
        count = tie_outs.acknowledge(session, import_id, by=by, why=reason, now=desk.now)
    click.echo(f"{count} {'difference' if count == 1 else 'differences'} acknowledged.")


def _row(it: TieOut, of: Import) -> dict[str, Any]:
    return {
        "import": of.id,
        "file": of.file_name,
        "source": of.source,
        "as_of": of.as_of.isoformat(),
        "currency": it.currency,
        "expected": money.decimal(it.expected_minor, it.currency),
        "found": money.decimal(it.found_minor, it.currency),
        "acknowledged_at": it.acknowledged_at and it.acknowledged_at.isoformat(),
        "acknowledged_by": it.acknowledged_by,
        "why": it.why,
    }
