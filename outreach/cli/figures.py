"""`outreach metrics`: the figures a supervisor answers for, of any day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import click

from outreach.bootstrap import clock_of, ledger_only
from outreach.cli.asking import operator
from outreach.cli.options import DAY
from outreach.cli.output import json_option, print_json, print_table
from outreach.reports.key_figures import TITLES
from outreach.reports.printing import print_figures
from outreach.rules.money import grouped

SHOWN = 10
"""rows of a long table; --json has all"""
SHARES = {
    "kept_rate": "Promises kept",
    "connect_rate": "Answered, of the calls that rang",
    "right_party_rate": "Right person, of the calls that rang",
    "emailed_same_day": "Followed by an email that day",
    "voicemails_in_time": "Voicemails answered in time",
    "applied_within_a_business_day": "Payments applied within a business day",
}


@click.command("metrics")
@click.option("--as-of", type=DAY, help="The organization's day, as 2026-11-23; default: today.")
@click.option("--formulas", is_flag=True, help="Below each figure its formula and what stood in it.")
@json_option
def metrics_command(as_of: date | None, formulas: bool, as_json: bool) -> None:
    """Print DSO, aging, CEI, the collection rate and the day's work, and keep what was printed."""
    with ledger_only() as ledger:
        document = print_figures(ledger, as_of, now=clock_of(ledger).now(), actor=operator())
    print_json(document) if as_json else _print(document, formulas)


def _print(document: Mapping[str, Any], formulas: bool) -> None:
    click.echo(f"Figures of {document['as_of']}, by what was known on {_moment(document['known_at'])}.")
    shown = document["explained"] if formulas else {}
    _print_aging(document)
    _print_formulas(shown, "open_total", "buckets")
    for currency, figures in document["by_currency"].items():
        click.echo(f"\n{currency}")
        own = [(title, figures["explained"][name]) for name, title in TITLES.items()]
        _print_figures(own, formulas, why="see the notes")
    _print_overdue(document["over_31"], formulas)
    click.echo("\nThe day's work")
    _print_figures([(title, document["explained"][name]) for name, title in SHARES.items()], formulas)
    _print_activity(document["activity"])
    _print_formulas(shown, "customers_called", "target", "by_now", "right_party_contacts", "root_causes")
    _print_campaigns(document["campaigns"])
    _print_formulas(shown, "campaigns")
    _print_accounts(document)
    _print_formulas(shown, "not_contacted", "routinely_late")
    for note in document["notes"]:
        click.echo(f"Note: {note}")
    if document["recorded_since"]:
        _print_since(document["recorded_since"])


def _print_aging(document: Mapping[str, Any]) -> None:
    rows = [
        (currency, *(grouped(amounts[currency]) for amounts in document["buckets"].values()), grouped(total))
        for currency, total in document["open_total"].items()
    ]
    print_table(("open", *document["buckets"], "ledger"), rows)


def _print_figures(
    figures: Sequence[tuple[str, Mapping[str, Any]]], formulas: bool, why: str | None = None
) -> None:
    """`why`: what stands in the place of a reason that is told elsewhere."""
    rows = [_row(title, one, why or one["why"]) for title, one in figures]
    if not formulas:
        print_table(("figure", "value", "target", ""), rows)
        return
    for (title, value, target, verdict), (_, one) in zip(rows, figures, strict=True):
        aside = ", ".join(words for words in (target, verdict) if words)
        click.echo(f"{title}: {value}{f' ({aside})' if aside else ''}")
        click.echo(f"  = {one['formula']}")
        for name, words in one["inputs"].items():
            click.echo(f"    {name}: {words}")


def _row(title: str, one: Mapping[str, Any], why: str | None) -> tuple[str, str, str, str]:
    if one["value"] is None:
        return title, "none", one["target"] or "", why or ""
    met = {None: "", True: "met", False: "not met"}[one["met"]]
    return title, f"{one['value']:,.2f} {one['unit']}", one["target"] or "", met


def _print_formulas(explained: Mapping[str, Any], *names: str) -> None:
    """Of these figures; nothing where none were asked for."""
    for name in names if explained else ():
        click.echo(f"  {name.replace('_', ' ')} = {explained[name]['formula']}")


def _print_overdue(late: Mapping[str, Any], formulas: bool) -> None:
    verdict = "met" if late["met"] else "not met"
    about, below = grouped(late["about_usd"]), grouped(late["below"])
    click.echo(f"\nMore than 31 days past due: about {about} USD, to be below {below}: {verdict}")
    if formulas:
        click.echo(f"  = {late['formula']}; net is less unapplied, disputed and promised")
    parts = ("gross", "unapplied", "disputed", "promised", "net")
    rows = [(currency, *(grouped(late[name][currency]) for name in parts)) for currency in late["gross"]]
    if rows:
        print_table(("", *parts), rows)
    closing = late["closing"]
    if closing["accounts"]:
        count = len(closing["accounts"])
        gap = grouped(closing["gap"])
        click.echo(f"The fewest accounts that would close the gap of {gap} USD, {count}:")
        _print_records(("account", "about_usd"), closing["accounts"], SHOWN)


def _print_activity(work: Mapping[str, Any]) -> None:
    click.echo(
        f"Customers called: {work['customers_called']} of {work['target']}, {work['by_now']} by now; "
        f"{work['answered']} answered, {work['right_party_contacts']} with the right person; "
        f"{work['promises']['count']} promises, {_whole(work['promises']['amounts'])}"
    )
    _print_records(("rep", "called", "target", "by_now", "calls", "answered", "promises"), work["reps"])
    _print_records(("cause", "accounts", "currency", "amount"), work["root_causes"])


def _print_campaigns(campaigns: Sequence[Mapping[str, Any]]) -> None:
    if not campaigns:
        return
    click.echo("\nCampaigns of the last 14 days: customers who paid since, touches otherwise")
    calls = ("planned", "attempted", "reached", "promised", "kept")
    mail = ("planned", "sent", "delivered", "opened", "replied", "bounced")
    rows = [
        (
            *(one["day"], one["step"], *(one["calls"][name] for name in calls)),
            *(one["paid_within_14_days"], *(one["mail"][name] for name in mail)),
        )
        for one in campaigns
    ]
    print_table(("day", "step", *calls, "paid", "letters", *mail[1:]), rows)


def _print_accounts(document: Mapping[str, Any]) -> None:
    """Who was not contacted, and who is routinely late."""
    if document["not_contacted"]:
        click.echo("\nNot contacted")
        _print_records(("reason", "group", "accounts"), document["not_contacted"])
    if document["routinely_late"]:
        click.echo("\nRoutinely late")
        columns = ("account", "name", "due", "late", "median_days")
        _print_records(columns, document["routinely_late"], SHOWN)


def _print_since(since: Mapping[str, Any]) -> None:
    click.echo(f"\nOther figures than those printed on {_moment(since['known_at'])}. Recorded since then:")
    _print_records(("file", "source", "as_of"), since["imports"])
    columns = ("account", "invoice", "amount", "currency", "kind", "dated_on")
    _print_records(columns, since["applications"], SHOWN, since["applications_in_all"])
    _print_records(("month", "amount", "currency"), since["credit_sales"])
    if not (since["imports"] or since["applications"] or since["credit_sales"]):
        click.echo("no entry: a dispute, a promise, a rate or the policy has changed")


def _print_records(
    columns: Sequence[str], records: Sequence[Mapping[str, Any]], most: int = 1_000, count: int | None = None
) -> None:
    """These columns of the first records; nothing of none."""
    if records:
        print_table(columns, [[one[name] for name in columns] for one in records[:most]])
    left = (len(records) if count is None else count) - min(len(records), most)
    if left:
        click.echo(f"and {left} more; --json lists them")


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M %Z}"


def _whole(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in amounts.items()) or "nothing"
