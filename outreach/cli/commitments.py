"""`outreach promise`, `dispute`, `payment-plan`, `issue`: what customers undertook, and what we owe them."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.orm import Session

from outreach.campaigns.agreements import commitments, disputing, issues, payment_planning, promising
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.agreements.disputing import Resolution
from outreach.campaigns.agreements.payment_planning import Request
from outreach.cli.acting import Acting, acting, by_option, keep
from outreach.cli.asking import at_desk
from outreach.cli.options import DAY, NUMBER, WORDS
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger import naming, undertaken
from outreach.ledger.commitments import Dispute, Promise
from outreach.ledger.issues import InvoiceIssue
from outreach.ledger.payment_plans import PaymentPlan
from outreach.ledger.receivables import Account
from outreach.ledger.undertaken import Line, Which
from outreach.rules import money
from outreach.rules.issues import IssueKind
from outreach.rules.payment_plans import Instalment

Row = TypeVar("Row", Promise, Dispute, PaymentPlan, InvoiceIssue)

number_argument = click.argument("number", type=NUMBER)
account_option = click.option("--account", help="Of this account only.")
every_option = click.option("--all", "every", is_flag=True, help="Those that are over, too.")
why_option = click.option("--reason", type=WORDS, required=True, help="Why: it stands in the log.")
invoices_option = click.option(
    "--invoices", help="Numbers, separated by commas; default: all that is past due."
)
file_option = click.option(
    "--document", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that shows it."
)


@click.group("promise")
def promise_command() -> None:
    """Promises to pay."""


@promise_command.command("list")
@account_option
@every_option
@json_option
def promise_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """What was promised, for when, and what became of it."""
    _show(undertaken.promises, account, every, as_json)


@promise_command.command("take")
@click.argument("account")
@click.option("--due", type=DAY, required=True, help="The day on which they will pay.")
@click.option("--amount", help="As 1200.50; default: all of it.")
@invoices_option
@click.option("--words", default="", help="What they said.")
@by_option
def promise_take_command(
    account: str, due: date, amount: str | None, invoices: str | None, words: str, login: str
) -> None:
    """Write down that ACCOUNT will pay: it is not asked for until the day after."""
    with acting(login) as here:
        found = here.account(account)
        chosen = here.invoices(found, invoices)
        if len({one.currency for one in chosen}) != 1:
            raise Failure("name what they will pay with --invoices: open ones, all of one currency", 2)
        told = _told(here, found.id, found.rep_id, words)
        minor = here.amount(amount, chosen[0].currency)
        commitments.promise(told, chosen, due, minor)
        commitments.write_entry(told, "promise taken", chosen, due)
    click.echo(f"Promised for {due}.")


@promise_command.command("agree")
@number_argument
@by_option
def promise_agree_command(number: int, login: str) -> None:
    """Agree to promise NUMBER, which lies further ahead than a rep may agree to."""
    with acting(login) as here:
        promise = _one(here, Promise, number)
        promising.agree(here.session, promise, by=here.by, now=here.now)
    click.echo(f"Agreed: it holds through {promise.grace_on}.")


@promise_command.command("withdraw")
@number_argument
@why_option
@by_option
def promise_withdraw_command(number: int, reason: str, login: str) -> None:
    """Promise NUMBER was none: what it held is asked for again."""
    with acting(login) as here:
        promise = _one(here, Promise, number)
        promising.withdraw(here.session, promise, reason, by=login, now=here.now, policy=here.policy)
    click.echo("Withdrawn: what it held is asked for again.")


@click.group("dispute")
def dispute_command() -> None:
    """Disputes: each holds what is disputed, and nothing else."""


@dispute_command.command("list")
@account_option
@every_option
@json_option
def dispute_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """What is disputed, why, and by when somebody has looked into it."""
    _show(undertaken.disputes, account, every, as_json)


@dispute_command.command("open")
@click.argument("account")
@click.option("--invoices", required=True, help="Numbers, separated by commas.")
@click.option("--amount", help="A part of one invoice, as 1200.50; default: the whole.")
@click.option("--reason", type=WORDS, required=True, help="What they say is wrong.")
@click.option("--owner", metavar="LOGIN", help="Who looks into it; default: the account's rep.")
@file_option
@by_option
def dispute_open_command(
    account: str,
    invoices: str,
    amount: str | None,
    reason: str,
    owner: str | None,
    document: Path | None,
    login: str,
) -> None:
    """ACCOUNT disputes these invoices, or a part of one."""
    kept = keep(document) if document else None
    with acting(login) as here:
        found = here.account(account)
        chosen = here.invoices(found, invoices)
        part = here.amount(amount, chosen[0].currency)
        owner_id = naming.person(here.session, owner).id if owner else found.rep_id
        told = _told(here, found.id, owner_id, reason)
        evidence = here.paper(kept) if kept else None
        due_on = commitments.dispute(told, chosen, reason, part, evidence)
        commitments.write_entry(told, "dispute opened", chosen, due_on, evidence)
    click.echo(f"In dispute, to be looked into by {due_on}.")


@dispute_command.command("resolve")
@number_argument
@click.option("--how", type=click.Choice([one.value for one in Resolution]), required=True)
@why_option
@file_option
@by_option
def dispute_resolve_command(number: int, how: str, reason: str, document: Path | None, login: str) -> None:
    """End dispute NUMBER: what it held is asked for again, at its true days past due."""
    kept = keep(document) if document else None
    with acting(login) as here:
        evidence = here.paper(kept) if kept else None
        proposed = disputing.resolve(
            here.session,
            _one(here, Dispute, number),
            Resolution(how),
            reason,
            evidence=evidence,
            by=login,
            now=here.now,
            policy=here.policy,
        )
    click.echo(f"Resolved. A day to propose for the payment: {proposed}.")


@click.group("payment-plan")
def payment_plan_command() -> None:
    """Payment plans: a rep asks for one, another person agrees to it."""


@payment_plan_command.command("list")
@account_option
@every_option
@json_option
def payment_plan_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """Plans, their instalments and what has come in."""
    _show(undertaken.plans, account, every, as_json)


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
        plan = _one(here, PaymentPlan, number)
        payment_planning.approve(here.session, plan, by=here.by, now=here.now, policy=here.policy)
    click.echo("Agreed: it holds what it covers.")


@payment_plan_command.command("refuse")
@number_argument
@why_option
@by_option
def payment_plan_refuse_command(number: int, reason: str, login: str) -> None:
    """Do not agree to plan NUMBER."""
    with acting(login) as here:
        plan = _one(here, PaymentPlan, number)
        payment_planning.refuse(here.session, plan, reason, by=here.by, now=here.now)
    click.echo("Refused.")


@payment_plan_command.command("end")
@number_argument
@why_option
@by_option
def payment_plan_end_command(number: int, reason: str, login: str) -> None:
    """Take plan NUMBER back: what it covers is asked for again."""
    with acting(login) as here:
        plan = _one(here, PaymentPlan, number)
        payment_planning.end(here.session, plan, reason, by=here.by, now=here.now, policy=here.policy)
    click.echo("Ended: what it covered is asked for again.")


@click.group("issue")
def issue_command() -> None:
    """Issues on final invoices: what we owe the customer before they can pay."""


@issue_command.command("list")
@account_option
@every_option
@json_option
def issue_list_command(account: str | None, every: bool, as_json: bool) -> None:
    """What is missing, whose it is, and by when."""
    _show(undertaken.issues, account, every, as_json)


@issue_command.command("open")
@click.argument("account")
@click.argument("invoice")
@click.option("--kind", type=click.Choice([one.value for one in IssueKind]), required=True)
@click.option("--note", default="")
@by_option
def issue_open_command(account: str, invoice: str, kind: str, note: str, login: str) -> None:
    """Open an issue on final INVOICE of ACCOUNT: its dunning waits, its aging does not."""
    with acting(login) as here:
        found = here.invoice(here.account(account), invoice)
        issue = issues.open_issue(
            here.session, found, IssueKind(kind), note, by=login, now=here.now, policy=here.policy
        )
        number, due_on = issue.id, issue.due_on
    click.echo(f"Issue {number}, due on {due_on}.")


@issue_command.command("renew")
@number_argument
@why_option
@by_option
def issue_renew_command(number: int, reason: str, login: str) -> None:
    """Let issue NUMBER hold its invoice for longer."""
    with acting(login) as here:
        issue = _one(here, InvoiceIssue, number)
        issues.renew(here.session, issue, reason, by=login, now=here.now, policy=here.policy)
        until = issue.holds_until
    click.echo(f"It holds through {until}.")


@issue_command.command("close")
@number_argument
@file_option
@by_option
def issue_close_command(number: int, document: Path | None, login: str) -> None:
    """Close issue NUMBER with the document that settles it."""
    kept = keep(document) if document else None
    with acting(login) as here:
        paper = here.paper(kept) if kept else None
        issue = _one(here, InvoiceIssue, number)
        issues.close(here.session, issue, paper, by=login, now=here.now, policy=here.policy)
    click.echo("Closed: the invoice is asked for again.")


def _told(here: Acting, account_id: int, owner_id: int | None, words: str) -> Told:
    return Told(
        session=here.session,
        account_id=account_id,
        owner_id=owner_id,
        source="supervisor" if here.by.may_decide else "call",
        words=words,
        by=here.by.login,
        on=here.policy.today(here.now),
        now=here.now,
        policy=here.policy,
    )


def _one(here: Acting, table: type[Row], number: int) -> Row:
    """By its number, its account locked. Raises Failure."""
    found = here.session.get(table, number)
    if found is None:
        raise Failure(f"there is no such number as {number}: see the list", exit_code=2)
    here.lock(here.session.get_one(Account, found.account_id))
    here.session.refresh(found)  # as it stands now that nobody else changes it
    return found


def _show(
    read: Callable[[Session, Which], list[Line]], account: str | None, every: bool, as_json: bool
) -> None:
    with at_desk() as desk, desk.ledger.reading() as session:
        number = naming.account(session, account).number if account else None
        lines = read(session, Which(number, every))
    if as_json:
        print_json(lines)
    elif lines:
        print_table(tuple(lines[0]), [tuple(map(_cell, line.values())) for line in lines])
    else:
        click.echo("There is none.")


def _cell(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(_cell_of(one) for one in value)
    return value


def _cell_of(one: object) -> str:
    if not isinstance(one, dict):
        return str(one)
    return f"{one['due_on']} {one['amount']}{' paid' if one['paid'] else ''}"


def _instalment(here: Acting, text: str, currency: str) -> Instalment:
    day, found, amount = text.partition("=")
    minor = here.amount(amount, currency) if found else None
    if minor is None:
        raise Failure(f"{text} is no instalment: write it as 2026-12-15=1200.50", exit_code=2)
    return Instalment(DAY.convert(day, None, None), minor)
