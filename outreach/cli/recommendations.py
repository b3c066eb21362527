"""`outreach recommendation`: an outside agency or a lien, from the request to the recall."""

from pathlib import Path
from typing import Any

import click

from outreach import settings
from outreach.campaigns.agreements import recommendations as campaign
from outreach.campaigns.agreements.recommendations import Wish
from outreach.cli.asking import at_desk, by_option
from outreach.cli.options import NUMBER, WORDS
from outreach.cli.output import Failure, json_option, print_json, print_table
from outreach.ledger import naming, papers, recommendations
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account
from outreach.ledger.recommendations import WHATS, Recommendation
from outreach.reports import evidence
from outreach.rules import money

id_argument = click.argument("id_", metavar="ID", type=NUMBER)
reason_option = click.option("--reason", "why", type=WORDS, required=True)


@click.group("recommendation")
def recommendation_command() -> None:
    """Accounts for an outside agency or a lien."""


@recommendation_command.command("request")
@click.argument("account")
@click.option("--what", type=click.Choice(WHATS), required=True)
@reason_option
@by_option
def recommendation_request_command(account: str, by: str, **wish: Any) -> None:
    """Recommend it for ACCOUNT; the evidence is packed as it stands now."""
    files = settings.load().files
    with at_desk() as desk:
        with desk.ledger.reading() as session:
            naming.person(session, by)
        pack = evidence.pack(desk.ledger, files, account, now=desk.now)
        row = campaign.request(desk.ledger, files, Wish(account=account, **wish), pack, by=by, now=desk.now)
    click.echo(f"Recommendation {row.id} waits for a supervisor; its evidence has {len(pack):,} bytes.")


@recommendation_command.command("approve")
@id_argument
@reason_option
@by_option
def recommendation_approve_command(id_: int, why: str, by: str) -> None:
    """Agree, as a supervisor who did not ask for it."""
    with at_desk() as desk, desk.ledger.writing() as session:
        campaign.approve(session, id_, by=by, why=why, now=desk.now)
    click.echo(f"Recommendation {id_} is approved.")


@recommendation_command.command("reject")
@id_argument
@reason_option
@by_option
def recommendation_reject_command(id_: int, why: str, by: str) -> None:
    """Do not agree, or not any more."""
    with at_desk() as desk, desk.ledger.writing() as session:
        campaign.reject(session, id_, by=by, why=why, now=desk.now)
    click.echo(f"Recommendation {id_} is rejected.")


@recommendation_command.command("place")
@id_argument
@click.option("--with", "partner", required=True, help="With whom.")
@by_option
def recommendation_place_command(id_: int, partner: str, by: str) -> None:
    """Say that it has gone out: nobody here contacts the account any more."""
    with at_desk() as desk, desk.ledger.writing() as session:
        campaign.place(session, id_, by=by, partner=partner, now=desk.now)
    click.echo(f"Recommendation {id_} is placed with {partner}: the account is not contacted any more.")


@recommendation_command.command("recall")
@id_argument
@reason_option
@by_option
def recommendation_recall_command(id_: int, why: str, by: str) -> None:
    """Take the account back."""
    with at_desk() as desk, desk.ledger.writing() as session:
        campaign.recall(session, id_, by=by, why=why, now=desk.now)
    click.echo(f"Recommendation {id_} is recalled: the account is ours to contact again.")


@recommendation_command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
@json_option
def recommendation_list_command(everything: bool, as_json: bool) -> None:
    """Where each stands."""
    with at_desk() as desk, desk.ledger.reading() as session:
        rows = [_row(*found) for found in recommendations.listed(session, everything=everything)]
    if as_json:
        print_json(rows)
    else:
        columns = ("id", "account", "what", "state", "asked_by", "approved_by", "partner", "why")
        print_table(columns, [[row[name] for name in columns] for row in rows])


@recommendation_command.command("evidence")
@id_argument
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def recommendation_evidence_command(id_: int, out: Path) -> None:
    """Write the pack of ID, as it was when it was asked for, to a file."""
    files = settings.load().files
    with at_desk() as desk, desk.ledger.reading() as session:
        found = {row.id: paper for row, _, paper in recommendations.listed(session, everything=True)}
    if id_ not in found:
        raise Failure(f"there is no recommendation {id_}: see `outreach recommendation list`", exit_code=2)
    try:
        out.write_bytes(papers.read(files, found[id_]))
    except OSError as trouble:
        raise Failure(f"cannot write to {out}: {trouble.strerror}; name another file with --out") from None


def _row(it: Recommendation, account: Account, pack: Paper) -> dict[str, Any]:
    return {
        "id": it.id,
        "account": account.number,
        "what": it.what,
        "state": it.state,
        "why": it.why,
        "past_due": {name: money.decimal(minor, name) for name, minor in sorted(it.amounts.items())},
        "evidence": {"sha256": pack.sha256, "bytes": pack.size},
        "asked_by": it.asked_by,
        "asked_at": it.asked_at.isoformat(),
        "approved_by": it.approved_by,
        "partner": it.partner,
        "moved_by": it.moved_by,
        "moved_at": it.moved_at and it.moved_at.isoformat(),
        "moved_why": it.moved_why,
    }
