"""`outreach replay`: the playbook, or a changed one, over past days, sending nothing."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from outreach import policy_files
from outreach.bootstrap import ledger_only
from outreach.campaigns.planning.replaying import difference, document, replay
from outreach.cli.options import DAY
from outreach.cli.output import Failure, json_option, print_json, print_table, progress_bar
from outreach.policy_files import BadPolicyFile, Documents
from outreach.rules.leaving_out import NOTHING, group

SHOWN = 20
"""contacts printed; --json has all"""


@click.command("replay")
@click.option("--from", "first", type=DAY, required=True)
@click.option("--to", "last", type=DAY, required=True)
@click.option(
    "--policy",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A changed outreach.toml, laid beside the one in force.",
)
@json_option
def replay_command(first: date, last: date, file: Path | None, as_json: bool) -> None:
    """Who would have been contacted, when and why, and what was paid. Nothing is sent or written."""
    if last < first:
        raise Failure("--to is before --from: swap them", exit_code=2)
    playbook = _read(file) if file else None
    with ledger_only() as ledger:
        with progress_bar("Replaying") as say:
            found = document(now := replay(ledger, first, last, say=say))
        if playbook:
            with progress_bar("Replaying the changed playbook") as say:
                changed = replay(ledger, first, last, document=playbook.policy, rates=playbook.rates, say=say)
            found |= {"changed": document(changed), "difference": difference(now, changed)}
    if as_json:
        print_json(found)
        return
    _print(found, "the playbook in force")
    if file:
        _print(found["changed"], f"{file.name}")
        _print_difference(found["difference"], file.name)


def _read(file: Path) -> Documents:
    try:
        return policy_files.read(file)
    except BadPolicyFile as mistake:
        raise Failure(str(mistake), exit_code=2) from None


def _print(found: Mapping[str, Any], which: str) -> None:
    click.echo(f"From {found['from']} to {found['to']} by {which}:")
    print_table(("fired", ""), list(found["fired"].items()))
    days = [(one["date"], one["calls"], one["letters"], _left_out(one["left_out"])) for one in found["days"]]
    print_table(("day", "calls", "letters", "not contacted, by rule"), days)
    _print_contacts(found["contacts"])


def _left_out(rules: Mapping[str, int]) -> str:
    """Of those of whom there was something to ask for."""
    named = (f"{rule} {count}" for rule, count in rules.items() if group(rule) != NOTHING)
    return ", ".join(named)


def _print_difference(found: Mapping[str, Any], name: str) -> None:
    click.echo(f"Contacts of both: {found['both']}. Only of the playbook in force:")
    _print_contacts(found["only_in_force"])
    click.echo(f"Only of {name}:")
    _print_contacts(found["only_changed"])


def _print_contacts(contacts: list[Mapping[str, Any]]) -> None:
    columns = ("date", "channel", "account", "step", "value", "currency", "paid_within_14_days")
    rows = [(*(one[name] for name in columns), "; ".join(one["reasons"])) for one in contacts[:SHOWN]]
    print_table((*(name.replace("_", " ") for name in columns), "why"), rows)
    if len(contacts) > SHOWN:
        click.echo(f"and {len(contacts) - SHOWN} more; --json lists them")
