"""What a provider reports of a letter later, in our words, and what it makes of it (promises P3 and P5).

Reports come in any order, twice, early or never: states have ranks, flags only rise, a kind is logged once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import destinations, letters
from outreach.ledger.destinations import Destination
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry
from outreach.mail import answers
from outreach.rules.policy import Policy

Kind = Literal[
    "processed",
    "deferred",
    "blocked",
    "delivered",
    "bounced",
    "dropped",
    "opened",
    "complained",
    "unsubscribed",
]
Objection = Literal["bad", "suppressed", ""]

STATES: dict[Kind, str] = {
    "deferred": "deferred",
    "blocked": "deferred",  # a temporary refusal: the address is not bad
    "delivered": "delivered",
    "bounced": "bounced",
    "dropped": "dropped",
}
OBJECTIONS: dict[Kind, Objection] = {
    "bounced": "bad",
    "complained": "suppressed",
    "unsubscribed": "suppressed",
}
TASKS: dict[Kind, str] = {
    "bounced": "Find the right contact: a letter to {address} came back ({why})",
    "dropped": "{address} got no letter: the provider dropped it ({why})",
    "complained": "Find the right contact: {address} called our letter spam",
    "unsubscribed": "Find the right contact: {address} wants no more letters",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One event about one letter. What it does not say is empty."""

    kind: Kind
    at: datetime
    """when it happened, by the provider's clock"""
    address: str
    mid: str
    """our letter's id, where the provider gives it back"""
    ref: str = ""
    """the provider's id of the letter, where the report tells it for certain"""
    refs: tuple[str, ...] = ()
    """what may be that id"""
    why: str = ""
    objection: Objection = ""
    """what it says against the address, where its kind does not"""


def find(session: Session, report: Report, provider: str) -> tuple[Letter | None, bool]:
    """The letter it is about, and whether that is certain. By our id, the provider's, else the last to the
    address: asynchronous bounces come without any id (providers.md B0.8)."""
    if report.mid and (letter := session.get(Letter, report.mid)):
        return letter, True
    if report.refs and (letter := letters.by_provider_ref(session, provider, report.refs)):
        return letter, True
    if report.mid or report.refs:
        return None, False
    to = (Destination.kind == "email", Destination.address == report.address.strip().lower())
    destination = session.scalars(select(Destination.id).where(*to)).first()
    return (letters.latest_to(session, destination), False) if destination else (None, False)


def hear(
    session: Session,
    letter: Letter,
    report: Report,
    policy: Policy,
    *,
    certain: bool,
    now: datetime,
    at: datetime,
) -> None:
    """Take in one report on a letter whose locks are held. `at`: when it happened, in the business's time."""
    if letter.state == "refused":
        return
    answers.accept(session, [letter], now=now)  # whatever it says, the provider had taken the letter
    letter.provider_ref = letter.provider_ref or report.ref or None
    state = STATES.get(report.kind)
    if state and letters.move(letter, state) and state != "deferred":
        letter.ended_at = at
    _flag(letter, report.kind, at)
    _mark(session, letter, report, now)
    if report.kind != "processed" and not _logged(session, letter, report.kind):
        _write_down(session, letter, report, policy, certain, now)


def _flag(letter: Letter, kind: Kind, at: datetime) -> None:
    """The first time counts, in whatever order they come."""
    if kind == "opened":
        letter.opened_at = min(letter.opened_at or at, at)
    elif kind == "complained":
        letter.complained_at = min(letter.complained_at or at, at)


def _mark(session: Session, letter: Letter, report: Report, now: datetime) -> None:
    """What it says against the address holds for every account that uses it."""
    destination = session.get_one(Destination, letter.destination_id)
    why = report.why or report.kind
    match _objection(report):
        case "bad":
            destinations.mark_bad(destination, why, now=now)
        case "suppressed":
            destinations.suppress(destination, why, now=now)


def _objection(report: Report) -> Objection:
    return report.objection or OBJECTIONS.get(report.kind, "")


def _logged(session: Session, letter: Letter, kind: Kind) -> bool:
    entry = select(LogEntry.id).where(LogEntry.about == letter.id, LogEntry.outcome == kind)
    return session.scalars(entry.limit(1)).first() is not None


def _write_down(
    session: Session, letter: Letter, report: Report, policy: Policy, certain: bool, now: datetime
) -> None:
    guess = "" if certain else "matched by the address alone"
    words = "; ".join(part for part in (report.why, guess) if part)
    answers.log(session, [letter], f"letter {report.kind}", outcome=report.kind, now=now, text=words or None)
    if title := TASKS.get(report.kind):
        words = title.format(address=report.address, why=report.why)
        if _objection(report):
            answers.find_right_contact(session, letter, words, policy, now=now)
        else:
            answers.ask_a_person(session, letter, f"letter {report.kind}", words, policy, now=now)
