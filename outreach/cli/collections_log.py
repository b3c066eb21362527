"""`outreach log` and `outreach verify-log`."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from outreach.bootstrap import ledger_only
from outreach.cli.options import DAY
from outreach.cli.output import WIDTH, Failure, print_table
from outreach.ledger.log_reading import Selection, entries
from outreach.ledger.policies import in_force
from outreach.ledger.verification import Fault, verify, verify_anchor

COLUMNS = (
    "at",
    "account",
    "channel",
    "step",
    "actor",
    "what",
    "outcome",
    "disposition",
    "follow_up_on",
    "text",
)


@click.command("log")
@click.option("--account", help="Only this account.")
@click.option("--since", type=DAY, help="From this day on (organization's zone).")
@click.option("--until", type=DAY, help="Up to and including this day.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def log_command(
    account: str | None, since: date | None, until: date | None, form: str, out: Path | None
) -> None:
    """The collections log: everything that happened, in order."""
    with ledger_only() as ledger, ledger.reading() as session:
        zone = in_force(session).policy.organization.zone
        wanted = Selection(account, _start(since, zone), _start(until and until + timedelta(days=1), zone))
        found = entries(session, wanted)
        if form == "json":
            _write_json(found, out)
        else:
            _write_table(found, zone, out)


@click.command("verify-log")
@click.option(
    "--anchor", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An anchor's file."
)
def verify_log_command(anchor: Path | None) -> None:
    """Check every hash chain of the log; name the first bad entry of each; exit 1 if there is one."""
    with ledger_only() as ledger, ledger.reading() as session:
        faults = list(verify(session))
        if anchor:
            faults += verify_anchor(session, anchor.read_text())
    if faults:
        raise Failure("the log does not hold: " + "; ".join(_words(fault) for fault in faults))
    click.echo("The log holds: every entry stands as it was written.")


def _words(fault: Fault) -> str:
    return f"{fault.stream}, entry {fault.sequence}: {fault.why}"


def _start(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone).astimezone(UTC) if day else None


def _write_json(found: Iterator[dict[str, Any]], out: Path | None) -> None:
    text = json.dumps(list(found), indent=2, ensure_ascii=False)
    out.write_text(text + "\n", encoding="utf-8") if out else click.echo(text)


def _write_table(found: Iterator[dict[str, Any]], zone: ZoneInfo, out: Path | None) -> None:
    rows = [_row(entry, zone) for entry in found]
    if out is None:
        print_table(COLUMNS, rows)
        return
    with out.open("w", encoding="utf-8") as file:
        print_table(COLUMNS, rows, console=Console(file=file, width=WIDTH))


def _row(entry: Mapping[str, Any], zone: ZoneInfo) -> list[object]:
    at = datetime.fromisoformat(entry["at"]).astimezone(zone)
    return [f"{at:%Y-%m-%d %H:%M}", *(entry[name] for name in COLUMNS[1:])]
