"""`outreach reconcile`: a customer's own list against our books."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from outreach import settings
from outreach.cli.asking import at_desk, operator
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.cli.receivables import mapping_option, print_problems
from outreach.intake.problems import FileRefused
from outreach.reports.reconciliation import reconcile


@click.command("reconcile")
@click.argument("account")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@mapping_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the workbook here too.")
@json_option
def reconcile_command(
    account: str, file: Path, mapping: Path | None, out: Path | None, as_json: bool
) -> None:
    """Put FILE, what ACCOUNT says it owes, beside our books: both, ours only, theirs only."""
    files = settings.load().files
    with at_desk() as desk:
        try:
            found, workbook = reconcile(
                desk.ledger, files, account, file, clock=desk.clock, by=operator(), mapping=mapping
            )
        except FileRefused as refused:
            raise Failure(str(refused)) from None
    if out:
        _write(out, workbook)
    print_json(found.document()) if as_json else _print(found.document())


def _write(out: Path, workbook: bytes) -> None:
    try:
        out.write_bytes(workbook)
    except OSError as trouble:
        why = trouble.strerror or trouble
        raise Failure(f"cannot write to {out}: {why}; name another file with --out") from None


def _print(document: Mapping[str, Any]) -> None:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in document["counts"].items())
    click.echo(f"{document['account']}, {document['file']}: {counts}.")
    different = [row for row in document["both"] if not row["equal"]]
    for title, rows in (
        ("different", different),
        ("ours only", document["ours_only"]),
        ("theirs only", document["theirs_only"]),
    ):
        if rows:
            click.echo(f"{title.capitalize()}:")
            print_table([name.replace("_", " ") for name in rows[0]], [[*row.values()] for row in rows])
    print_problems(document["problems"], [])
