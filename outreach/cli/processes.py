"""`outreach web`, `worker`, `tick`, `sandbox`: the long-running processes."""

from pathlib import Path

import click

from outreach.cli.output import Failure


@click.command("web")
def web_command() -> None:
    """Serve the pages and the door (gunicorn, config/gunicorn.conf.py)."""
    from outreach.serving import serve

    serve()


@click.command("worker")
@click.argument("queues", nargs=-1)
def worker_command(queues: tuple[str, ...]) -> None:
    """Work on QUEUEs, one process each; all of them by default."""
    from outreach.jobs import work

    work(queues)


@click.command("tick")
def tick_command() -> None:
    """Keep the timetable and the sweep. Run as many as you like: they take turns by lease."""
    from outreach.tick import run

    run()


@click.group("sandbox", invoke_without_command=True)
@click.option("--port", type=int, default=8010, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--faults", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--speed", type=float, default=None, help="How much faster than life calls go.")
@click.option(
    "--truth", type=click.Path(dir_okay=False, path_type=Path), help="Keep the list of what happened."
)
@click.pass_context
def sandbox_command(
    context: click.Context,
    port: int,
    seed: int,
    script: Path | None,
    faults: Path | None,
    speed: float | None,
    truth: Path | None,
) -> None:
    """A carrier and a mail provider on loopback, in the providers' own wire formats."""
    if context.invoked_subcommand:
        return
    from outreach import settings
    from outreach.sandbox.server import serve

    chosen = settings.load()
    raise Failure("not wired yet") if not chosen else None
    serve(port, seed)


@sandbox_command.command("contacts")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def sandbox_contacts_command(seed: int, out: Path) -> None:
    """Fictional numbers and addresses for accounts without any, as a file for `outreach contacts`."""
