"""`outreach payment-plan`: a rep asks for one, another person agrees to it."""

from collections.abc import Sequence

import click

from outreach.campaigns.agreements import payment_planning
from outreach.campaigns.agreements.payment_planning import Request
from outreach.cli.acting import Acting, acting, by_option
from outreach.cli.agreements import (
    account_option,
    every_option,
    invoices_option,
    locked,
    number_argument,
    show,
    why_option,
)
from outreach.cli.options import DAY, WORDS
from outreach.cli.output import Failure, json_option
from outreach.ledger import undertaken
from outreach.ledger.payment_plans import PaymentPlan
from outreach.rules import money
from outreach.rules.payment_plans import Instalment


@click.group("payment-plan")
def payment_plan_command() -> None:
    """Payment plans: a rep asks for one, another person agrees to it."""


@payment_plan_command.command("list")
@account_option
@every_option
@json_option
def payment_plan_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """Plans, their instalments and what has come in."""
    show(undertaken.plans, account, every, as_json)


@payment_plan_command.command("request")
@click.argument("account")
@click.option(
    "--instalment", "texts", multiple=True, required=True, metavar="DATE=AMOUNT", help="Each, in their order."
)
@invoices_option
@click.option("--reason", type=WORDS, required=True, help="Why they need it.")
@by_option
def payment_plan_request_command(
    account: str, texts: Sequence[str], invoices: str | None, reason: str, login: str
) -> None:
    """Ask for a plan for ACCOUNT. It holds nothing until a supervisor agrees."""
    with acting(login) as here:
        found = here.account(account)
        chosen = here.invoices(found, invoices)
        currency = chosen[0].currency if chosen else here.policy.organization.currency
        instalments = [_instalment(here, text, currency) for text in texts]
        asked = Request(account=found, invoices=chosen, instalments=instalments, reason=reason)
        plan = payment_planning.request(here.session, asked, by=here.by, now=here.now, policy=here.policy)
        number, covers = plan.id, money.words(plan.amount_minor, plan.currency)
    click.echo(f"Plan {number} over {covers} waits for a supervisor.")


@payment_plan_command.command("approve")
@number_argument
@by_option
def payment_plan_approve_command(number: int, login: str) -> None:
    """Agree to plan NUMBER: what it covers is not asked for as long as it is kept."""
    with acting(login) as here:
        plan = locked(here, PaymentPlan, number)
        payment_planning.approve(here.session, plan, by=here.by, now=here.now, policy=here.policy)
    click.echo("Agreed: it holds what it covers.")


@payment_plan_command.command("refuse")
@number_argument
@why_option
@by_option
def payment_plan_refuse_command(number: int, reason: str, login: str) -> None:
    """Do not agree to plan NUMBER."""
    with acting(login) as here:
        plan = locked(here, PaymentPlan, number)
        payment_planning.refuse(here.session, plan, reason, by=here.by, now=here.now)
    click.echo("Refused.")


@payment_plan_command.command("end")
@number_argument
@why_option
@by_option
def payment_plan_end_command(number: int, reason: str, login: str) -> None:
    """Take plan NUMBER back: what it covers is asked for again."""
    with acting(login) as here:
        plan = locked(here, PaymentPlan, number)
        payment_planning.end(here.session, plan, reason, by=here.by, now=here.now, policy=here.policy)
    click.echo("Ended: what it covered is asked for again.")


def _instalment(here: Acting, text: str, currency: str) -> Instalment:
    day, found, amount = text.partition("=")
    minor = here.amount(amount, currency) if found else None
    if minor is None:
        raise Failure(f"{text} is no instalment: write it as 2026-12-15=1200.50", exit_code=2)
    return Instalment(DAY.convert(day, None, None), minor)
