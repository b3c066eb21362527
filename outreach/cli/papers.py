"""`outreach documents` and `sales`: what else the organization has on paper, brought in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from outreach import settings
from outreach.bootstrap import clock_of
from outreach.cli.asking import operator
from outreach.cli.output import json_option, print_json, print_table
from outreach.cli.receivables import at_work, file_argument, listed, print_problems
from outreach.intake.documents import DocumentsResult, load_documents
from outreach.intake.sales import SalesResult, load_sales


@click.command("documents")
@click.argument("path", type=click.Path(path_type=Path), metavar="DIR|CSV")
@json_option
def documents_command(path: Path, as_json: bool) -> None:
    """Take in documents: a CSV that lists them, or a folder of invoices named by their numbers.

    The CSV's columns: account,invoice,kind,approved,expiry,file. Kinds: invoice, contract, eco, travel, w9,
    tax_exempt.
    """
    files = settings.load().files
    with at_work("Reading documents") as (ledger, progress):
        result = load_documents(
            ledger, files, path, clock=clock_of(ledger), actor=operator(), progress=progress
        )
    _print(result, as_json)


@click.command("sales")
@file_argument
@json_option
def sales_command(file: Path, as_json: bool) -> None:
    """Bring FILE in: credit sales by month and currency, for DSO.

    Its columns: month,currency,amount, as 2026-11,USD,120000.00.
    """
    with at_work("Reading sales") as (ledger, _):
        result = load_sales(ledger, file, clock=clock_of(ledger), actor=operator())
    _print(result, as_json)


def _print(result: DocumentsResult | SalesResult, as_json: bool) -> None:
    names: Sequence[str] = ("rows", "created", "updated", "unchanged")
    counts: dict[str, Any] = {name: getattr(result, name) for name in names}
    if as_json:
        print_json(counts | {"problems": listed(result.problems)})
        return
    print_table(names, [(*counts.values(),)])
    print_problems(listed(result.problems), [])
