"""`outreach web`, `worker`, `tick`, `sandbox`: the long-running processes."""

import csv
from pathlib import Path

import click

from outreach import settings
from outreach.bootstrap import ledger_only
from outreach.cli.options import PORT
from outreach.cli.output import Failure
from outreach.ledger.destinations import without_contact
from outreach.sandbox import contacts as sandbox_people
from outreach.sandbox.server import Options
from outreach.sandbox.server import serve as serve_sandbox

DEFAULTS = Options()
file_option = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("web")
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="The address to listen on.")
def web_command(bind: str) -> None:
    """Serve the pages and the door (gunicorn, config/gunicorn.conf.py)."""
    from outreach.serving import serve

    serve("--bind", bind)


@click.command("worker")
@click.argument("queues", nargs=-1)
def worker_command(queues: tuple[str, ...]) -> None:
    """Work on QUEUES, each process on one; on all of them by default."""
    from outreach.workers import UnknownQueueError, work

    try:
        work(queues)
    except UnknownQueueError as mistake:
        raise Failure(str(mistake), exit_code=2) from None


@click.command("tick")
def tick_command() -> None:
    """Keep the timetable and the sweep. Run as many as you like: they take turns by lease."""
    from outreach.tick import run

    run()


@click.group("sandbox", invoke_without_command=True)
@click.option("--port", type=PORT, default=8010, show_default=True)
@click.option("--seed", type=int, default=DEFAULTS.seed, show_default=True)
@click.option("--script", type=file_option, help="Who behaves how (TOML).")
@click.option("--faults", type=file_option, help="What goes wrong, how often (TOML).")
@click.option(
    "--speed", type=float, default=DEFAULTS.speed, show_default=True, help="Times faster than life."
)
@click.option(
    "--truth", type=click.Path(dir_okay=False, path_type=Path), help="Keep what happened in this file."
)
@click.option(
    "--call-backs",
    type=click.FloatRange(0, 1),
    default=DEFAULTS.call_backs,
    show_default=True,
    help="Share of people not reached who call back.",
)
@click.option("--replies", is_flag=True, help="People write back to letters by themselves.")
@click.pass_context
def sandbox_command(
    context: click.Context,
    port: int,
    seed: int,
    script: Path | None,
    faults: Path | None,
    speed: float,
    truth: Path | None,
    call_backs: float,
    replies: bool,
) -> None:
    """A carrier and a mail provider on loopback, in the providers' own wire formats."""
    if context.invoked_subcommand:
        return
    chosen = settings.load()
    keys_file = chosen.var / "sandbox.json"
    try:
        serve_sandbox(
            port, seed, script, faults, speed, keys_file, truth, chosen.base_url, call_backs, replies
        )
    except (ValueError, OSError) as trouble:
        raise Failure(str(trouble)) from None


@sandbox_command.command("contacts")
@click.option("--seed", type=int, default=DEFAULTS.seed, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def sandbox_contacts_command(seed: int, out: Path) -> None:
    """Fictional numbers and addresses for accounts without any, as a file for `outreach contacts`."""
    with ledger_only() as ledger, ledger.reading() as session:
        accounts = without_contact(session)
    with out.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(sandbox_people.contacts_for(accounts, seed))
    click.echo(f"{len(accounts)} accounts without a contact; see {out}")
