"""A voicemail becomes a call we owe: in the log once, on top of the day's calls, until it is answered."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.campaigns.agreements import commitments
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.conversations.owing import Owed, owe
from outreach.dialer.voicemails import Heard, hear, lock_customer
from outreach.ledger import firings, log, policies, touches, voicemails
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.firings import Firing
from outreach.ledger.log import Entry, LogEntry
from outreach.ledger.policies import InForce
from outreach.ledger.receivables import Account, Invoice, open_of_family
from outreach.ledger.voicemails import UNANSWERED, Voicemail
from outreach.rules.policy import Policy
from outreach.rules.reading.intents import Intent
from outreach.rules.reading.origin import Origin
from outreach.rules.reading.reply import Reading, read
from outreach.rules.steps import VOICEMAIL_RETURN

CARRIER = "carrier"
"""the actor of what nobody here did"""
LONGEST_WORDS = 5000
"""characters of a transcript that are read"""


class NotThereError(Exception):
    """Nothing is changed, and why, in a sentence."""


def take_in(session: Session, heard: Heard, *, now: datetime, wall: datetime) -> Voicemail | None:
    """One report of a voicemail, and whatever follows from it. None: it must be taken in again."""
    in_force = policies.in_force(session)
    voicemail = hear(session, heard, in_force.policy, now=now, wall=wall)
    if voicemail is not None:
        _pursue(session, voicemail, in_force, now)
    return voicemail


def assign(session: Session, voicemail_id: str, account: Account, *, by: str, now: datetime) -> None:
    """A person knows who has called: from here on it is like any other. Raises NotThereError."""
    lock_customer(session, account.id)
    voicemail = voicemails.lock(session, voicemail_id)
    if voicemail is None or voicemail.state != "unassigned":
        raise NotThereError("That voicemail has an account already.")
    voicemail.account_id, voicemail.state = account.id, "waiting"
    voicemail.matched_by = f"assigned by {by}"
    _pursue(session, voicemail, policies.in_force(session), now)


def settle(session: Session, voicemail: Voicemail, why: str, *, by: str, now: datetime) -> None:
    """A person says that it needs no call any more, and why. Raises NotThereError."""
    account_id = voicemail.account_id
    lock_customer(session, account_id)
    locked = voicemails.lock(session, voicemail.id)
    if locked is None or locked.account_id != account_id or locked.state not in ("waiting", "unassigned"):
        raise NotThereError("That voicemail has been answered already.")
    locked.state = "answered"
    locked.answered_at, locked.answered_by, locked.answered_why = now, by, why
    first, _ = _entries(session, locked)
    log.append(session, _entry(locked, "voicemail answered", now, actor=by, refines=first, text=why))
    if account_id is not None:
        _end_call(session, session.get_one(Account, account_id), locked, why, now)


def heard_in(voicemail: Voicemail, policy: Policy) -> Reading:
    """What the reader of replies makes of its words, for a person to hear and decide (product.md 4)."""
    origin = Origin(policy.today(voicemail.came_at), policy.business_days)
    return read((voicemail.transcript or "")[:LONGEST_WORDS], origin)


def promise(session: Session, voicemail: Voicemail, *, by: str, now: datetime) -> None:
    """A person has listened: what it promises is a promise, and it needs no call any more.

    Raises NotThereError and CommitmentError.
    """
    settle(session, voicemail, "promise taken", by=by, now=now)
    policy = policies.in_force(session).policy
    said = heard_in(voicemail, policy)
    if voicemail.account_id is None or said.intent is not Intent.PROMISE or said.on is None:
        raise CommitmentError("It promises no day that can be read: call them back.")
    invoices = _spoken_of(session, voicemail.account_id, said, policy.today(now))
    told = Told(
        session=session,
        account_id=voicemail.account_id,
        owner_id=session.get_one(Account, voicemail.account_id).rep_id,
        source="voicemail",
        words=said.words,
        by=by,
        on=policy.today(voicemail.came_at),
        now=now,
        policy=policy,
        about=voicemail.id,
    )
    commitments.check_currency(said.amount_minor, said.currency, invoices)
    due_on = commitments.promise(told, invoices, said.on, said.amount_minor)
    commitments.write_entry(told, "promise taken", invoices, due_on)


def _spoken_of(session: Session, account_id: int, said: Reading, today: date) -> Sequence[Invoice]:
    """The invoices it names, else all that is past due."""
    family, named = open_of_family(session, account_id), {number.upper() for number in said.invoices}
    found = [one for one in family if one.number.upper() in named]
    return found or [one for one in family if one.due_on < today]


def returned(session: Session, ended: Iterable[Firing], why: str, *, by: str, now: datetime) -> None:
    """A call has ended these firings: the voicemails among them are answered. Under the account's lock."""
    ids = [firing.subject for firing in ended if firing.step == VOICEMAIL_RETURN.name]
    if ids:
        mine = update(Voicemail).where(Voicemail.id.in_(ids), UNANSWERED)
        answer = {"state": "answered", "answered_at": now, "answered_by": by, "answered_why": why}
        session.execute(mine.values(answer))


def _pursue(session: Session, voicemail: Voicemail, in_force: InForce, now: datetime) -> None:
    """Log it and owe it, once; its words as a further entry, once."""
    if voicemail.account_id is None or voicemail.state == "empty":
        return
    first, is_written = _entries(session, voicemail)
    if first is None:
        first = log.append(session, _entry(voicemail, "voicemail received", voicemail.came_at))
        owe(session, _owed(voicemail, in_force), in_force, now)
    if voicemail.transcript and not is_written:
        words = voicemail.transcript
        log.append(session, _entry(voicemail, "voicemail transcribed", now, refines=first, text=words))


def _owed(voicemail: Voicemail, in_force: InForce) -> Owed:
    there = voicemail.came_at.astimezone(in_force.policy.organization.zone)
    return Owed(
        step=VOICEMAIL_RETURN,
        item=voicemail.id,
        account_id=voicemail.account_id or 0,
        reason=f"voicemail of {there:%b} {there.day} at {there:%H:%M}",
        contact_id=voicemail.contact_id,
        destination_id=voicemail.destination_id,
    )


def _end_call(session: Session, account: Account, voicemail: Voicemail, why: str, now: datetime) -> None:
    mine = (Firing.account_id == account.id, Firing.step == VOICEMAIL_RETURN.name)
    ids = session.scalars(select(Firing.id).where(*mine, Firing.subject == voicemail.id)).all()
    today = policies.in_force(session).policy.today(now)
    touches.call_off(session, account.parent_id or account.id, ids, why, now=now)
    firings.end_side(session, ids, "call", "done", why=why, on=today)


def _entries(session: Session, voicemail: Voicemail) -> tuple[int | None, bool]:
    """The sequence of its first entry, and whether its words are in the log too."""
    query = select(LogEntry).where(LogEntry.about == voicemail.id).order_by(LogEntry.id)
    entries = session.scalars(query).all()
    first = next((entry.sequence for entry in entries if entry.refines is None), None)
    return first, any(entry.what == "voicemail transcribed" for entry in entries)


def _entry(
    voicemail: Voicemail,
    what: str,
    at: datetime,
    *,
    actor: str = CARRIER,
    refines: int | None = None,
    text: str | None = None,
) -> Entry:
    return Entry(
        at=at,
        actor=actor,
        what=what,
        account_id=voicemail.account_id,
        channel="call",
        direction="in",
        step=VOICEMAIL_RETURN.name,
        about=voicemail.id,
        refines=refines,
        links={"voicemail": voicemail.id, "recording": voicemail.ref},
        text=text,
    )
