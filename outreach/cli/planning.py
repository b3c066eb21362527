"""`outreach plan`, `queue`, `why`, `calendar`, `letters`: who and when, and why."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from outreach.bootstrap import clock_of, ledger_only
from outreach.campaigns.planning.explaining import why
from outreach.campaigns.planning.planner import plan
from outreach.campaigns.planning.release import release
from outreach.campaigns.queue import queue
from outreach.cli.options import DAY, day_option
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger.base import Ledger
from outreach.ledger.policies import in_force
from outreach.mail.letter_templates import LetterError
from outreach.mail.previewing import preview

SHOWN = 20
"""lines of each kind printed; --json has all"""


@click.command("plan")
@day_option
@click.option("--dry-run", is_flag=True, help="Show what would be planned; write nothing.")
@json_option
def plan_command(day: date | None, dry_run: bool, as_json: bool) -> None:
    """Plan a day: what fires, who is called and written to, who is left out and why. Twice plans once."""
    with ledger_only() as ledger:
        now, on = clock_of(ledger).now(), _day(ledger, day)
        found = plan(ledger, day=on, now=now, dry_run=dry_run, listing=as_json or dry_run)
        result = found.to_json() | ({"changes": found.changes()} if dry_run else {})
    if as_json:
        print_json(result)
        return
    click.echo(f"Plan of {result['date']}; touches are dated {result['touch_date']}.")
    print_table(("fired", ""), sorted(result["fired"].items()))
    print_table(("touches", ""), sorted(result["touches"].items()))
    print_table(("left out", ""), sorted(result["left_out"].items()))
    if dry_run:
        _print_changes(result["changes"])


def _print_changes(changes: Mapping[str, Any]) -> None:
    """What the plan would change of what is planned already."""
    if not any(changes.values()):
        click.echo("It would change nothing of what is planned.")
    for name, title in (("fires", "would fire"), ("ends", "would end")):
        _print_some((title, "step", "about", "why", "rule"), changes[name], "account step subject why rule")
    for name, title in (("touches", "new contact"), ("drops", "contact no more")):
        _print_some((title, "channel", "date"), changes[name], "account channel date")
    hidden = sum(max(len(some) - SHOWN, 0) for some in changes.values())
    if hidden:
        click.echo(f"and {hidden} more; --json lists them")


def _print_some(columns: Sequence[str], found: Sequence[Mapping[str, Any]], names: str) -> None:
    if found:
        print_table(columns, [[one[name] for name in names.split()] for one in found[:SHOWN]])


@click.command("queue")
@click.option("--rep", required=True, help="The rep's login.")
@day_option
@json_option
def queue_command(rep: str, day: date | None, as_json: bool) -> None:
    """A rep's calls of the day, in the order to make them."""
    with ledger_only() as ledger:
        now = clock_of(ledger).now()
        with ledger.reading() as session:
            document = queue(session, rep, _day(ledger, day), now)
    if document is None:
        raise Failure(f"{rep} does not work here: see `outreach user add`", exit_code=2)
    print_json(document) if as_json else _print_queue(document)


@click.command("why")
@click.argument("account")
@day_option
@json_option
def why_command(account: str, day: date | None, as_json: bool) -> None:
    """Why this account is in the plan, or not: every rule that spoke."""
    with ledger_only() as ledger:
        now = clock_of(ledger).now()
        with ledger.reading() as session:
            document = why(session, account, _day(ledger, day), now)
    if document is None:
        raise Failure(f"there is no account {account}: use the customer number of the file", exit_code=2)
    print_json(document) if as_json else _print_why(document)


@click.command("calendar")
@click.option("--from", "first", type=DAY, required=True)
@click.option("--to", "last", type=DAY, required=True)
@json_option
def calendar_command(first: date, last: date, as_json: bool) -> None:
    """Statement and final-check dates, each with why it is that one."""
    if last < first:
        raise Failure("--to is before --from: swap them", exit_code=2)
    with ledger_only() as ledger, ledger.reading() as session:
        policy = in_force(session).policy
    fixtures = policy.business_days.fixtures(
        first, last, holiday=policy.calendar.statement_holiday, n=policy.calendar.final_check_day
    )
    if as_json:
        print_json([{"date": one.on.isoformat(), "kind": one.kind, "why": one.why} for one in fixtures])
    else:
        print_table(("date", "kind", "why"), fixtures)


@click.group("letters")
def letters_command() -> None:
    """Letters before they leave."""


@letters_command.command("preview")
@click.argument("step")
@click.option("--account", required=True)
@day_option
def letters_preview_command(step: str, account: str, day: date | None) -> None:
    """Print exactly what would go to ACCOUNT for STEP."""
    with ledger_only() as ledger, ledger.reading() as session:
        try:
            click.echo(preview(session, step, account, _day(ledger, day)))
        except LetterError as error:
            raise Failure(str(error), exit_code=2) from error


@letters_command.command("release")
@day_option
def letters_release_command(day: date | None) -> None:
    """Let the held letters of a first day leave."""
    with ledger_only() as ledger:
        count = release(ledger, day=_day(ledger, day), actor="operator", now=clock_of(ledger).now())
    click.echo(f"{count} letters may leave.")


def _day(ledger: Ledger, day: date | None) -> date:
    if day is not None:
        return day
    now = clock_of(ledger).now()
    with ledger.reading() as session:
        return in_force(session).policy.today(now)


def _print_queue(document: Mapping[str, Any]) -> None:
    click.echo(f"{document['rep']}, {document['date']}: {len(document['items'])} of {document['target']}")
    if note := document.get("note"):
        click.echo(f"{note}.")
    rows = [
        (
            item["rank"],
            item["tier"],
            item["account"],
            item["name"],
            item["value"],
            item["phone"],
            _reasons(item),
        )
        for item in document["items"]
    ]
    print_table(("rank", "tier", "account", "name", "value", "phone", "why"), rows)
    print_table(("left out", "why"), [(one["account"], one["why"]) for one in document["left_out"]])


def _reasons(item: Mapping[str, Any]) -> str:
    blocked = [f"blocked: {item['blocked']}"] if item["blocked"] else []
    return "; ".join(blocked + item["reasons"])


def _print_why(document: Mapping[str, Any]) -> None:
    asked = ", ".join(f"{amount} {currency}" for currency, amount in document["asked"].items()) or "nothing"
    click.echo(f"{document['account']} on {document['date']}: asked {asked}")
    for currency, numbers in document["numbers"].items():
        words = (
            f"{name.replace('_', ' ')} {it}" for name, it in numbers.items() if it not in (None, 0, "0.00")
        )
        click.echo(f"{currency}: {', '.join(words)}")
    firings = [
        (one["step"], one["subject"], one["cycle"], one["state"], one["rule"]) for one in document["firings"]
    ]
    print_table(("step", "about", "cycle", "state", "held by"), firings)
    rules = [(one["channel"], one["answer"], one["rule"], one["words"]) for one in document["rules"]]
    print_table(("channel", "answer", "rule", "in words"), rules)
