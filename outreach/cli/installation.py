"""`outreach init`, `doctor`, `user`, `policy`: what an operator does once, and when something is wrong."""

import difflib
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
from sqlalchemy.orm import Session

from outreach import policy_files
from outreach.bootstrap import ledger_only
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.doctor.examining import examine
from outreach.ledger import log, policies, schema
from outreach.ledger.clock import WallClock
from outreach.ledger.passwords import PasswordTooShort
from outreach.ledger.people import ROLES, NewUser, add_user
from outreach.policy_files import Compared, compared, policy_file, rates_file


@click.command("init")
def init_command() -> None:
    """Create or upgrade the schema; load config/outreach.toml as the first policy. Idempotent."""
    with ledger_only() as ledger:
        schema.upgrade(ledger)
        with ledger.writing() as session:
            if policies.exists(session):
                click.echo("The schema is current; the policy in force stays.")
                return
            words = _load(session, policy_file(), why="outreach init")
    click.echo(f"The schema is current; {words}")


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """Check settings, database, Redis, carrier, mailer, clock and calendar: one line each."""
    findings = list(examine())
    if as_json:
        print_json([finding.document() for finding in findings])
    else:
        print_table(("", "what", "finding"), [("ok" if f.ok else "!!", f.what, f.words) for f in findings])
    ill = next((finding for finding in findings if not finding.ok), None)
    if ill:
        raise Failure(f"mend this first: {ill.what}: {ill.words}")


@click.group("user")
def user_command() -> None:
    """The people who work here."""


@user_command.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", help="As shown; default: the login.")
@click.option("--phone", help="The rep's own phone, E.164: it rings first.")
@click.option("--email")
@click.option("--timezone", help="IANA, as America/Denver; default: the organization's.")
@click.option("--hours", help="Duty hours in that zone, as 08:00-17:00.")
@click.option("--cover", help="Login of who covers for an absent rep.")
def user_add_command(login: str, role: str, **given: str | None) -> None:
    """Add a user. Asks for the password, or takes it from OUTREACH_PASSWORD."""
    password = os.environ.get("OUTREACH_PASSWORD") or click.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    new = NewUser(login=login, role=role, name=given["name"] or login, **_without(given, "name"))
    with ledger_only() as ledger:
        try:
            with ledger.writing() as session:
                add_user(
                    session, new, password, policy=policies.in_force(session).policy, now=WallClock().now()
                )
        except (ValueError, PasswordTooShort) as mistake:
            raise Failure(str(mistake), exit_code=2) from None
    click.echo(f"{login} can sign in as {role}.")


@click.group("policy")
def policy_command() -> None:
    """The business numbers in force, by version."""


@policy_command.command("show")
def policy_show_command() -> None:
    """Print the document in force."""
    with ledger_only() as ledger, ledger.reading() as session:
        click.echo(policies.document_in_force(session).document)


@policy_command.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--why", required=True, help="One sentence for the log.")
def policy_load_command(file: Path, why: str) -> None:
    """Put FILE, and the rates of the fx.toml beside it, into force as a new version."""
    with ledger_only() as ledger, ledger.writing() as session:
        words = _load(session, file, why=why)
    click.echo(words)


@policy_command.command("diff")
def policy_diff_command() -> None:
    """What differs between the version in force and config/outreach.toml with its fx.toml."""
    with ledger_only() as ledger, ledger.reading() as session:
        files = compared(policies.document_in_force(session))
    click.echo("\n".join(chain.from_iterable(map(_diff, files))) or "No difference.")


@policy_command.command("history")
@json_option
def policy_history_command(as_json: bool) -> None:
    """Who put which version into force, when and why."""
    with ledger_only() as ledger, ledger.reading() as session:
        rows = [(row.id, row.loaded_at.isoformat(), row.actor, row.why) for row in policies.history(session)]
    columns = ("version", "loaded_at", "actor", "why")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


def _diff(one: Compared) -> Iterator[str]:
    sides = (one.in_force.splitlines(), one.file.splitlines())
    return difflib.unified_diff(*sides, f"{one.name} in force", f"{one.name}, the file", lineterm="")


def _load(session: Session, file: Path, *, why: str) -> str:
    """Returns what is in force now, in words."""
    now, actor = WallClock().now(), os.environ.get("USER", "operator")
    version = policy_files.load(session, file, actor=actor, why=why, now=now)
    log.append(session, log.Entry(at=now, actor=actor, what="policy loaded", text=why, about=str(version.id)))
    words, rates = f"version {version.id}", rates_file(file)
    if rates.exists():
        return f"{file.name} and {rates.name} are in force as {words}."
    rest = "the rates in force stay" if version.rates.dates else "only USD is compared with thresholds"
    return f"{file.name} is in force as {words}; there is no {rates.name} beside it: {rest}."


def _without(given: dict[str, str | None], name: str) -> dict[str, str | None]:
    return {key: value for key, value in given.items() if key != name}
