"""`outreach action-plan`: what is done about accounts more than 31 days past due."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from outreach.campaigns.agreements import action_plans as campaign
from outreach.campaigns.agreements.action_plans import Beginning
from outreach.cli.asking import at_desk, by_option
from outreach.cli.options import DAY, NUMBER
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger import action_plans
from outreach.ledger.action_plans import Progress
from outreach.rules import money

plan_argument = click.argument("plan_id", metavar="PLAN", type=NUMBER)


@click.group("action-plan")
def action_plan_command() -> None:
    """Plans for accounts that are more than 31 days past due."""


@action_plan_command.command("open")
@click.argument("account")
@click.option("--owner", required=True, metavar="LOGIN", help="Who answers for it.")
@click.option("--due", "due_on", type=DAY, required=True, help="By when it is to be paid.")
@click.option("--invoice", "invoices", multiple=True, help="Only these; default: all that late.")
@by_option
def action_plan_open_command(
    account: str, owner: str, due_on: date, invoices: Sequence[str], by: str
) -> None:
    """Begin a plan for ACCOUNT."""
    it = Beginning(account=account, owner=owner, due_on=due_on, invoices=invoices)
    with at_desk() as desk, desk.ledger.writing() as session:
        plan = campaign.begin(session, it, desk.policy, by=by, now=desk.now)
    click.echo(f"Plan {plan.id} is open: {money.words(plan.amount_minor, plan.currency)} by {plan.due_on}.")


@action_plan_command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
@json_option
def action_plan_list_command(everything: bool, as_json: bool) -> None:
    """The plans and how far each has come: applied / amount."""
    with at_desk() as desk, desk.ledger.reading() as session:
        rows = [_row(one) for one in action_plans.progress(session, everything=everything)]
    if as_json:
        print_json(rows)
        return
    columns = ("id", "account", "owner", "due_on", "amount", "applied", "currency", "progress", "next_step")
    print_table(columns, [[row[name] for name in columns] for row in rows])


@action_plan_command.command("step")
@plan_argument
@click.argument("what", required=False)
@click.option("--due", "due_on", type=DAY, help="By when; default: today.")
@click.option("--done", type=NUMBER, metavar="N", help="Step N is done.")
@by_option
def action_plan_step_command(
    plan_id: int, what: str | None, due_on: date | None, done: int | None, by: str
) -> None:
    """Add the step WHAT to PLAN, or say that one is done."""
    if (what is None) == (done is None):
        raise Failure("say what the step is, or --done N", exit_code=2)
    with at_desk() as desk, desk.ledger.writing() as session:
        if done is not None:
            campaign.finish_step(session, plan_id, done, by=by, now=desk.now)
            n = done
        else:
            due = due_on or desk.today
            n = campaign.add_step(session, plan_id, str(what), due, desk.policy, by=by, now=desk.now).n
    click.echo(f"Step {n} is {'added' if done is None else 'done'}.")


@action_plan_command.command("close")
@plan_argument
@by_option
@click.option("--reason", required=True)
def action_plan_close_command(plan_id: int, by: str, reason: str) -> None:
    """End PLAN."""
    with at_desk() as desk, desk.ledger.writing() as session:
        campaign.close(session, plan_id, by=by, why=reason, now=desk.now)
    click.echo(f"Plan {plan_id} is closed.")


def _row(it: Progress) -> dict[str, Any]:
    plan = it.plan
    steps = [
        {
            "n": step.n,
            "what": step.what,
            "due_on": step.due_on.isoformat(),
            "done_by": step.done_by,
            "done_at": step.done_at and step.done_at.isoformat(),
        }
        for step in it.steps
    ]
    return {
        "id": plan.id,
        "account": it.account.number,
        "owner": it.owner,
        "due_on": plan.due_on.isoformat(),
        "invoices": list(it.invoices),
        "currency": plan.currency,
        "amount": money.decimal(plan.amount_minor, plan.currency),
        "applied": money.decimal(it.applied_minor, plan.currency),
        "progress": f"{it.share:.4f}",
        "steps": steps,
        "next_step": next((step["what"] for step in steps if not step["done_at"]), None),
        "opened_at": plan.opened_at.isoformat(),
        "opened_by": plan.opened_by,
        "closed_at": plan.closed_at and plan.closed_at.isoformat(),
        "closed_by": plan.closed_by,
        "closed_why": plan.closed_why,
    }
