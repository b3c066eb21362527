"""`outreach suspension`: cases, what people decide about them, and the weekly meeting."""

import mimetypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from outreach import settings
from outreach.bootstrap import clock_of, ledger_only
from outreach.campaigns.suspension import daily, deciding
from outreach.campaigns.suspension.deciding import Attached, House
from outreach.cli.acting import readable
from outreach.cli.options import DAY, NUMBER, day_option
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger import people, policies, suspension_list
from outreach.ledger.base import Ledger
from outreach.ledger.scope import NotFound, Scope, scoped
from outreach.reports import meeting
from outreach.rules import money
from outreach.rules.suspension import Event, NotAllowed, State

NOTICES = {"1": Event.POSTED, "2": Event.LATER_POSTED, "final": Event.WARNING_POSTED}

by_option = click.option("--by", required=True, metavar="LOGIN", help="Who decides, or looks.")
reason_option = click.option("--reason", required=True, help="Why; it is kept for good.")
document_option = click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that shows it; by default a sheet of the case as it stands.",
)
case_argument = click.argument("case", type=NUMBER)
format_option = click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True
)


@click.group("suspension")
def suspension_command() -> None:
    """Suspension of service: recommended by a rep, approved by a supervisor, done by operations."""


@suspension_command.command("list")
@by_option
@click.option("--state", type=click.Choice([one.value for one in State if one != State.NONE]))
@json_option
def list_command(by: str, state: str | None, as_json: bool) -> None:
    """The open cases that LOGIN sees; with --state those in one state."""
    with _sight(by) as (_, scope):
        lines = suspension_list.cases(scope, [State(state)] if state else ())
    _print(lines, as_json)


@suspension_command.command("candidates")
@by_option
@json_option
def candidates_command(by: str, as_json: bool) -> None:
    """Look for candidates now, as the daily run does, and show them."""
    with ledger_only() as ledger:
        daily.run(ledger, now=clock_of(ledger).now())
    with _sight(by) as (_, scope):
        lines = suspension_list.cases(scope, [State.CANDIDATE])
    _print(lines, as_json)


def _decision(name: str, event: Event, help: str) -> None:
    """A subcommand that moves a case by one event."""

    @suspension_command.command(name, help=help)
    @case_argument
    @by_option
    @reason_option
    @document_option
    @json_option
    def command(case: int, by: str, reason: str, document: Path | None, as_json: bool) -> None:
        _decide(case, event, by, reason, document, as_json)


_decision("recommend", Event.RECOMMENDED, "Recommend that the service of CASE's account be suspended.")
_decision("approve", Event.APPROVED, "Approve what another has recommended; the first notice is due.")
_decision("withdraw", Event.WITHDRAWN, "End CASE; what was ordered of operations is called off.")
_decision("confirm", Event.CONFIRMED, "Have operations suspend the service: CASE is due and unpaid.")
_decision("reinstate", Event.RECALLED, "Have operations reinstate the service.")
_decision("suspended", Event.SUSPENDED, "Record by --document that operations have suspended the service.")
_decision("reinstated", Event.REINSTATED, "Record by --document that operations have reinstated it.")


@suspension_command.command("posted")
@case_argument
@click.option("--notice", type=click.Choice([*NOTICES]), default="1", show_default=True)
@by_option
@reason_option
@document_option
@json_option
def posted_command(
    case: int, notice: str, by: str, reason: str, document: Path | None, as_json: bool
) -> None:
    """Record that a notice went by post; the clock starts today with the first one. Needs --document."""
    _decide(case, NOTICES[notice], by, reason, document, as_json)


@suspension_command.command("agenda")
@by_option
@day_option
@format_option
@json_option
def agenda_command(by: str, day: date | None, form: str, as_json: bool) -> None:
    """What the weekly meeting goes through."""
    with _sight(by) as (today, scope):
        _export(meeting.agenda(scope, day or today), "json" if as_json else form)


@suspension_command.command("minutes")
@by_option
@click.option("--since", type=DAY, help="From this day on; default: the meeting before.")
@day_option
@format_option
@json_option
def minutes_command(by: str, since: date | None, day: date | None, form: str, as_json: bool) -> None:
    """What people decided since the meeting before, up to a day."""
    with _sight(by) as (today, scope):
        _export(meeting.minutes(scope, day or today, since), "json" if as_json else form)


def _decide(case: int, event: Event, by: str, reason: str, document: Path | None, as_json: bool) -> None:
    files = settings.load().files
    with ledger_only() as ledger:
        house = House(ledger, files, clock_of(ledger))
        with _sentences(ledger, by, case):
            state = deciding.decide(house, case, event, by=by, reason=reason, attached=_attached(document))
    print_json({"case": case, "state": state}) if as_json else click.echo(f"Case {case} is {state}.")


def _attached(document: Path | None) -> Attached | None:
    if document is None:
        return None
    with readable(document):
        if document.stat().st_size > deciding.LARGEST:
            raise Failure(f"{document.name} is too large: at most {deciding.LARGEST >> 20} MB", exit_code=2)
        content = document.read_bytes()
    kind = mimetypes.guess_type(document.name)[0]
    return Attached(document.name, content, kind or "application/octet-stream")


@contextmanager
def _sentences(ledger: Ledger, by: str, case: int) -> Iterator[None]:
    try:
        yield
    except NotAllowed as why:
        raise Failure(str(why)) from None
    except NotFound:
        with ledger.reading() as session:
            known = people.by_login(session, by)
        words = f"{by} sees no case {case}: see `outreach suspension list --by {by}`"
        raise Failure(words if known else _stranger(by), exit_code=2) from None


@contextmanager
def _sight(by: str) -> Iterator[tuple[date, Scope]]:
    """Today, and the ledger through somebody's eyes."""
    with ledger_only() as ledger:
        now = clock_of(ledger).now()
        with ledger.reading() as session:
            user = people.by_login(session, by)
            if user is None:
                raise Failure(_stranger(by), exit_code=2)
            yield policies.in_force(session).policy.today(now), scoped(session, user)


def _stranger(by: str) -> str:
    return f"{by} does not work here: see `outreach user add`"


WRITERS: dict[str, Callable[[Any], str]] = {"text": meeting.as_text, "csv": meeting.as_csv}


def _export(it: meeting.Agenda | meeting.Minutes, form: str) -> None:
    print_json(meeting.document(it)) if form == "json" else click.echo(WRITERS[form](it), nl=False)


def _print(lines: list[suspension_list.Line] | Any, as_json: bool) -> None:
    rows = [
        {
            "case": case.id,
            "state": case.state,
            "account": account.number,
            "name": account.name,
            "amount": money.decimal(case.amount_minor, case.currency),
            "unpaid": money.decimal(case.unpaid_minor, case.currency),
            "currency": case.currency,
            "deadline_on": case.deadline_on.isoformat() if case.deadline_on else None,
        }
        for case, account in lines
    ]
    if as_json:
        print_json(rows)
        return
    columns = ("case", "state", "account", "name", "amount", "unpaid", "currency", "deadline_on")
    print_table(columns, [[row[name] for name in columns] for row in rows])
