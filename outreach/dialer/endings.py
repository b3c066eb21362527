"""The end of a call: outcome, log entry, marks and the next touch, all in one transaction (P3, P5).

Whoever calls these holds the attempt's locks (`attempts.lock`).
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.dialer import ladder
from outreach.ledger import attempts, firings, log, policies, tasks, touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.log import Entry, LogEntry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, of_family, past_due_numbers
from outreach.rules import outcomes
from outreach.rules.outcomes import Disposition, Outcome


def end(
    session: Session,
    attempt: CallAttempt,
    outcome: Outcome,
    *,
    now: datetime,
    wall: datetime,
    state: str = "ended",
    why: str | None = None,
) -> bool:
    """End the call with its one log entry, and let the retry ladder write what follows.

    `state`: ended, refused or not_placed. `why`: the evidence, in a sentence. False: it has ended already.
    """
    if not attempts.move(attempt, state, wall):
        return False
    if state != "ended":
        attempt.bridging_at = None  # a proof that nothing rang
    outcome = as_said(outcome, attempt.disposition)
    attempt.outcome, attempt.ended_at, attempt.detail = outcome, now, why or attempt.detail
    attempt.counts = outcomes.counts(outcome, bridged=attempt.bridging_at is not None)
    if outcomes.rang(outcome):
        _count_ring(session, attempt)
    note_reached(session, attempt)
    log.append(session, _entry(session, attempt, now, what="call ended", text=why))
    if doubt := tasks.by_key(session, tasks.call_in_doubt(attempt.id)):
        tasks.finish(session, doubt, by="carrier", now=now)
    ladder.follow(session, attempt, policies.in_force(session).policy, now=now)
    return True


def withdraw(session: Session, attempt: CallAttempt, why: str, *, now: datetime, wall: datetime) -> bool:
    """End a call that no worker has claimed: provably nothing left, so it may be asked for again at once."""
    if attempt.state != "requested":
        return False
    attempts.move(attempt, "not_placed", wall)
    attempt.outcome, attempt.ended_at, attempt.detail = Outcome.NOT_PLACED, now, why
    attempt.counts = False
    log.append(session, _entry(session, attempt, now, what="call withdrawn", text=why))
    if attempt.touch_id is not None:
        touches.reopen(session, attempt.touch_id, not_before=None, tried=False)
    return True


def refine(session: Session, attempt: CallAttempt, outcome: Outcome, *, now: datetime) -> None:
    """A later report knows better (`outcomes.may_refine`): a further entry, which names the first.

    A call the rep has saved keeps the course the rep gave it.
    """
    attempt.outcome = outcome
    log.append(
        session, _entry(session, attempt, now, what="call refined", refines=entry_of(session, attempt))
    )
    if attempt.disposition is None:
        ladder.follow(session, attempt, policies.in_force(session).policy, now=now)


def entry_of(session: Session, attempt: CallAttempt) -> int:
    """The sequence, in the account's stream, of the entry that told the call's end."""
    first = select(LogEntry.sequence).where(LogEntry.about == attempt.id, LogEntry.outcome.is_not(None))
    return session.execute(first.order_by(LogEntry.sequence).limit(1)).scalar_one()


def as_said(outcome: Outcome, disposition: str | None) -> Outcome:
    """The carrier's outcome, refined by the rep who was there where the table allows it (P5)."""
    if disposition is None:
        return outcome
    heard = outcomes.AS_OUTCOME.get(Disposition(disposition), Outcome.ANSWERED_HUMAN)
    return heard if outcomes.may_refine(outcome, heard) else outcome


def note_reached(session: Session, attempt: CallAttempt) -> None:
    """A conversation or a voicemail is the account's last contact; which it was the rep may have to say."""
    disposition = Disposition(attempt.disposition) if attempt.disposition else None
    if attempt.outcome is None or (disposition is None and attempt.outcome in outcomes.ANSWERED):
        return
    if not outcomes.reached(Outcome(attempt.outcome), disposition):
        return
    session.get_one(Account, attempt.account_id).reached_on = attempt.day
    if outcomes.conversation(Outcome(attempt.outcome), disposition):
        # A broken promise stands until it has been talked about (product.md 2).
        session.execute(update(Account).where(of_family(attempt.account_id)).values(broken_on=None))


def _count_ring(session: Session, attempt: CallAttempt) -> None:
    session.get_one(Account, attempt.account_id).rang_on = attempt.day
    if attempt.touch_id is not None:
        carried = touches.firings_of(session, attempt.touch_id)
        firings.count_ring(session, [firing.id for firing in carried])


def _entry(
    session: Session,
    attempt: CallAttempt,
    now: datetime,
    *,
    what: str,
    text: str | None = None,
    refines: int | None = None,
) -> Entry:
    return Entry(
        at=now,
        actor=session.get_one(User, attempt.rep_id).login,
        what=what,
        account_id=attempt.account_id,
        invoices=past_due_numbers(session, attempt.account_id, attempt.day),
        channel="call",
        direction="out",
        step=attempt.step,
        about=attempt.id,
        refines=refines,
        outcome=attempt.outcome,
        text=text,
    )
