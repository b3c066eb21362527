"""`outreach log` and `outreach verify-log`."""

import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from textwrap import indent
from typing import Any, BinaryIO, TextIO
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from sqlalchemy.orm import Session

from outreach.bootstrap import ledger_only
from outreach.cli.asking import at_desk
from outreach.cli.options import DAY
from outreach.cli.output import WIDTH, Failure, print_table
from outreach.ledger import naming
from outreach.ledger.log_reading import Selection, entries, notes
from outreach.ledger.verification import Fault, verify, verify_anchor
from outreach.reports import log_export

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
FORMATS = ("table", "json", "csv", "xlsx")
STANDARD_OUTPUT = Path("-")


@click.command("log")
@click.option("--account", help="Only this account.")
@click.option("--since", type=DAY, help="From this day on (organization's zone).")
@click.option("--until", type=DAY, help="Up to and including this day.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=STANDARD_OUTPUT,
    help="Write to this file; - is standard output.",
)
def log_command(account: str | None, since: date | None, until: date | None, form: str, out: Path) -> None:
    """The collections log: everything that happened, in order; as csv or xlsx for another ledger's notes."""
    if form == "xlsx" and out == STANDARD_OUTPUT and sys.stdout.isatty():
        raise Failure("a workbook is nothing to read here: give --out FILE.xlsx", exit_code=2)
    if since and until and until < since:
        raise Failure("--until is before --since: swap them", exit_code=2)
    with at_desk() as desk, desk.ledger.reading() as session:
        zone = desk.policy.organization.zone
        number = naming.account(session, account).number if account else None
        wanted = Selection(number, _start(since, zone), _start(until and until + timedelta(days=1), zone))
        try:
            _write(session, wanted, zone, form, out)
        except OSError as trouble:
            why = trouble.strerror or trouble
            raise Failure(f"cannot write to {out}: {why}; name another file with --out") from None


@click.command("verify-log")
@click.option(
    "--anchor", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An anchor's file."
)
def verify_log_command(anchor: Path | None) -> None:
    """Check every hash chain of the log; name the first bad entry of each; exit 1 if there is one."""
    with ledger_only() as ledger, ledger.reading() as session:
        faults = list(verify(session))
        if anchor:
            faults += verify_anchor(session, anchor.read_text("utf-8", errors="replace"))
    if faults:
        raise Failure("the log does not hold: " + "; ".join(_words(fault) for fault in faults))
    click.echo("The log holds: every entry stands as it was written.")


def _words(fault: Fault) -> str:
    return f"{fault.stream}, entry {fault.sequence}: {fault.why}"


def _start(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone).astimezone(UTC) if day else None


def _write(session: Session, wanted: Selection, zone: ZoneInfo, form: str, out: Path) -> None:
    if form == "table":
        _write_table(entries(session, wanted), zone, out)
    elif form == "json":
        with _text(out) as file:
            _write_json(entries(session, wanted), file)
    elif form == "csv":
        with _text(out, log_export.ENCODING) as file:
            log_export.write_csv(log_export.lines(notes(session, wanted), zone), file)
    else:
        with _bytes(out) as workbook:
            log_export.write_workbook(log_export.lines(notes(session, wanted), zone), workbook)


@contextmanager
def _text(out: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Where text goes to, with line ends as they are written."""
    with _bytes(out) as file:
        words = io.TextIOWrapper(file, encoding=encoding, newline="")
        try:
            yield words
        finally:
            words.detach()  # flushes, and leaves the file to whoever opened it


@contextmanager
def _bytes(out: Path) -> Iterator[BinaryIO]:
    if out != STANDARD_OUTPUT:
        with out.open("wb") as file:
            yield file
        return
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def _write_json(found: Iterator[dict[str, Any]], file: TextIO) -> None:
    """One array, an entry at a time: the log may not fit into memory."""
    between = "["
    for entry in found:
        file.write(f"{between}\n" + indent(json.dumps(entry, indent=2, ensure_ascii=False), "  "))
        between = ","
    file.write("[]\n" if between == "[" else "\n]\n")


def _write_table(found: Iterator[dict[str, Any]], zone: ZoneInfo, out: Path) -> None:
    rows = [_row(entry, zone) for entry in found]
    if out == STANDARD_OUTPUT:
        print_table(COLUMNS, rows)
        return
    with out.open("w", encoding="utf-8") as file:
        print_table(COLUMNS, rows, console=Console(file=file, width=WIDTH))


def _row(entry: Mapping[str, Any], zone: ZoneInfo) -> list[object]:
    at = datetime.fromisoformat(entry["at"]).astimezone(zone)
    return [f"{at:%Y-%m-%d %H:%M}", *(entry[name] for name in COLUMNS[1:])]
