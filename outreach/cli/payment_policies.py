"""`outreach payment-policy`: how a customer pays, and so when."""

from datetime import time
from typing import Any

import click

from outreach.campaigns.agreements.payment_policies import HowTheyPay, put
from outreach.cli.asking import Desk, at_desk, by_option
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger import documents, naming, payment_policies
from outreach.ledger.naming import Unclear
from outreach.ledger.payment_policies import PaymentPolicy
from outreach.rules import money
from outreach.rules.pay_runs import PayRuns
from outreach.rules.span import clock_time


@click.group("payment-policy")
def payment_policy_command() -> None:
    """How customers pay: pay runs, cut-off, terms, portal."""


@payment_policy_command.command("set")
@click.argument("account")
@click.option("--runs", required=True, help="Weekdays as mon,thu or days of the month as 15,31.")
@click.option("--cut-off-days", type=click.IntRange(0, 20), default=1, show_default=True)
@click.option("--cut-off-at", default="12:00", show_default=True, help="In the organization's zone.")
@click.option("--terms", "terms_days", type=click.IntRange(0, 365), help="Net days that they keep.")
@click.option("--portal", help="Where they want invoices uploaded, https://...")
@by_option
def payment_policy_set_command(
    account: str, runs: str, cut_off_days: int, cut_off_at: str, by: str, **more: Any
) -> None:
    """Write down how ACCOUNT pays."""
    try:
        how = HowTheyPay(runs=PayRuns.parse(runs, cut_off_days, _time(cut_off_at)), **more)
    except ValueError as mistake:
        raise Failure(str(mistake), exit_code=2) from None
    with at_desk() as desk, desk.ledger.writing() as session:
        row = put(session, account, how, by=by, now=desk.now)
        run = row.pay_runs.coming(desk.today, desk.policy.business_days)
    click.echo(f"{account} pays on {row.runs}; the next run they can still make is {run}.")


@payment_policy_command.command("show")
@click.argument("account")
@json_option
def payment_policy_show_command(account: str, as_json: bool) -> None:
    """How ACCOUNT pays, and when each of its open invoices is to be expected."""
    with at_desk() as desk:
        document = _document(desk, account)
    if as_json:
        print_json(document)
        return
    click.echo(f"{document['account']} pays on {document['runs']}; {document['words']}.")
    rows = [[*row.values()] for row in document["invoices"]]
    print_table(("invoice", "due", "expected", "open", "currency"), rows)


def _time(text: str) -> time:
    try:
        return clock_time(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time of day: write it as 12:00, up to 23:59") from None


def _document(desk: Desk, number: str) -> dict[str, Any]:
    calendar, today = desk.policy.business_days, desk.today
    with desk.ledger.reading() as session:
        account = naming.account(session, number)
        row = session.get(PaymentPolicy, account.id)
        if row is None:
            raise Unclear(f"how {number} pays is not known: see `outreach payment-policy set`")
        runs = row.pay_runs
        run = runs.coming(today, calendar)
        contracts = [one for one in documents.of_account(session, account.id) if one.kind == "contract"]
        invoices = payment_policies.open_invoices(session, account.id)
    cut_off = runs.cut_off(run, calendar)
    return {
        "account": account.number,
        "runs": row.runs,
        "cut_off_days": row.cut_off_days,
        "cut_off_at": f"{row.cut_off_at:%H:%M}",
        "terms_days": row.terms_days,
        "portal": row.portal,
        "contracts": [one.file_name for one in contracts],
        "next_run": run.isoformat(),
        "next_cut_off": cut_off.isoformat(),
        "words": runs.words(run, cut_off),
        "set_by": row.set_by,
        "set_at": row.set_at.isoformat(),
        "invoices": [
            {
                "invoice": one.number,
                "due_on": one.due_on.isoformat(),
                "expected_on": row.expected_on(one, today, calendar).isoformat(),
                "open": money.decimal(one.open_minor, one.currency),
                "currency": one.currency,
            }
            for one in invoices
        ],
    }
