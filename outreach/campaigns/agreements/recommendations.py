"""Asking for an outside agency or a lien, deciding it, placing the account, recalling it (product.md 4).

Placement stops first-party contact: the gate asks `accounts.agency_on`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import log, naming, papers, policies, recommendations, tasks
from outreach.ledger.base import Ledger
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.naming import Unclear
from outreach.ledger.receivables import Account
from outreach.ledger.recommendations import Recommendation, What
from outreach.rules import money
from outreach.rules.recommendations import LIVE, State

RETENTION, MEDIA_TYPE = "evidence", "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is recommended, and why."""

    account: str
    what: What
    why: str


def request(
    ledger: Ledger, files: Path, wish: Wish, evidence: bytes, *, by: str, now: datetime
) -> Recommendation:
    """Write the recommendation down with its evidence, and a task for a supervisor.

    Raises Unclear where nothing is past due, or another recommendation is not over.
    """
    digest = papers.write(files, evidence)
    with ledger.writing() as session:
        naming.person(session, by)
        account = naming.account(session, wish.account)
        lock_accounts(session, [account.id])
        policy = policies.in_force(session).policy
        amounts = recommendations.past_due(session, account.id, policy.today(now))
        _check(session, account, wish, amounts)
        paper = papers.record(
            session, digest, size=len(evidence), media_type=MEDIA_TYPE, retention=RETENTION, now=now
        )
        row = Recommendation(
            account_id=account.id,
            what=wish.what,
            why=wish.why,
            amounts=amounts,
            evidence_id=paper.id,
            asked_by=by,
            asked_at=now,
        )
        session.add(row)
        session.flush()
        due_on = policy.business_days.add_business_days(policy.today(now), 1)
        _ask_supervisor(session, row, account, due_on, now)
        log.append(session, _entry(row, "recommendation requested", by, wish.why, now, evidence=digest))
    return row


def approve(session: Session, id_: int, *, by: str, why: str, now: datetime) -> None:
    """A supervisor agrees, and not the one who asked for it. Raises Unclear."""
    row = _locked(session, id_, by)
    if row.asked_by == by:
        raise Unclear("you asked for it yourself: another supervisor decides it")
    _step(session, row, "approved", by, why, now)
    row.approved_by = by


def reject(session: Session, id_: int, *, by: str, why: str, now: datetime) -> None:
    """A supervisor does not agree, or not any more. Raises Unclear."""
    _step(session, _locked(session, id_, by), "rejected", by, why, now)


def place(session: Session, id_: int, *, by: str, partner: str, now: datetime) -> None:
    """It has gone out: from here on we do not contact the account ourselves. Raises Unclear."""
    if not partner.strip():
        raise Unclear("say with whom the account is placed")
    row = _locked(session, id_, by)
    _step(session, row, "placed", by, partner, now)
    row.partner = partner
    today = policies.in_force(session).policy.today(now)
    session.get_one(Account, row.account_id).agency_on = today


def recall(session: Session, id_: int, *, by: str, why: str, now: datetime) -> None:
    """The account is ours again, and its invoices stand at their true days past due. Raises Unclear."""
    row = _locked(session, id_, by)
    _step(session, row, "recalled", by, why, now)
    session.get_one(Account, row.account_id).agency_on = None


def _check(session: Session, account: Account, wish: Wish, amounts: dict[str, int]) -> None:
    if not wish.why.strip():
        raise Unclear("say why it is recommended")
    if not amounts:
        raise Unclear(f"nothing of {account.number} is past due: there is nothing to recommend")
    live = (Recommendation.account_id == account.id, Recommendation.state.in_(LIVE))
    if known := session.scalars(select(Recommendation).where(*live)).first():
        raise Unclear(f"{account.number} has recommendation {known.id} already, which is {known.state}")


def _locked(session: Session, id_: int, by: str) -> Recommendation:
    """The recommendation, its account locked, for a supervisor to decide."""
    naming.supervisor(session, by)
    row = session.get(Recommendation, id_)
    if row is None:
        raise Unclear(f"there is no recommendation {id_}: see `outreach recommendation list`")
    lock_accounts(session, [row.account_id])
    session.refresh(row)
    return row


def _step(session: Session, row: Recommendation, state: State, by: str, why: str, now: datetime) -> None:
    if not why.strip():
        raise Unclear("say why")
    if not recommendations.move(row, state, by=by, why=why, now=now):
        raise Unclear(f"recommendation {row.id} is {row.state}: it cannot be {state}")
    if task := tasks.by_key(session, _key(row)):
        tasks.finish(session, task, by=by, now=now)
    log.append(session, _entry(row, f"recommendation {state}", by, why, now))


def _key(row: Recommendation) -> str:
    return f"recommendation:{row.id}"


def _ask_supervisor(
    session: Session, row: Recommendation, account: Account, due_on: date, now: datetime
) -> None:
    tasks.open_task(
        session,
        key=_key(row),
        kind="recommendation",
        title=f"Decide: {'an outside agency' if row.what == 'agency' else 'a lien'} for {account.name}",
        due_on=due_on,
        now=now,
        account_id=account.id,
        for_role="supervisor",
    )


def _entry(
    row: Recommendation, what: str, by: str, why: str, now: datetime, evidence: str | None = None
) -> Entry:
    amounts = ", ".join(money.words(minor, currency) for currency, minor in sorted(row.amounts.items()))
    links = {"recommendation": str(row.id)} | ({"evidence": evidence} if evidence else {})
    text = f"{row.what}, {amounts} past due: {why}"
    return Entry(at=now, actor=by, what=what, account_id=row.account_id, text=text, links=links)
